// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IAccessManager } from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { Nonces } from "@openzeppelin/contracts/utils/Nonces.sol";
import { ReentrancyGuard } from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import { IRefundVault } from "../interfaces/IRefundVault.sol";
import { Signatures } from "./libraries/Signatures.sol";
import { Transfers } from "./libraries/Transfers.sol";
import { MODULE_ROLE } from "./types/Roles.sol";

/// @title RefundVault
/// @notice Holds customers' money, and pays whom the desk's modules name. See IRefundVault.
/// @dev The balance is always asked of the token, never kept: money that comes by itself is free, and money that a token
/// takes away leaves payments pending, not the books wrong.
contract RefundVault is IRefundVault, AccessManaged, EIP712, Nonces, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @dev What a token's balance is promised to; `reserved + owed` never exceeds it.
    struct Promised {
        uint128 reserved;
        uint128 owed;
    }

    /// @dev Payments that wait for money, in their order.
    struct Queue {
        uint48 head;
        uint48 tail;
        uint160 pending;
    }

    struct Reservation {
        address token;
        uint128 amount;
    }

    struct Payment {
        bytes32 id;
        address to;
        uint128 amount;
    }

    bytes32 private constant _WITHDRAW_TYPEHASH = keccak256(
        "Withdraw(address account,address token,address to,uint256 nonce,uint64 deadline)"
    );

    mapping(address token => Promised) private _promised;
    mapping(address token => Queue) private _queues;
    mapping(address token => mapping(uint256 position => Payment)) private _waiting;
    mapping(address token => mapping(address account => uint256 amount)) private _owed;
    mapping(address module => mapping(bytes32 id => Reservation)) private _reservations;
    mapping(address token => bool listed) private _listed;

    modifier onlyModule() {
        _checkModule();
        _;
    }

    modifier unlocked() {
        if (_reentrancyGuardEntered()) revert VaultLocked();
        _;
    }

    constructor(address authority_) AccessManaged(authority_) EIP712("proofdesk", "1") {
        if (authority_.code.length == 0) revert NoContract(authority_);
    }

    // ----------------------------------------------------------------------------------------------- deposits

    receive() external payable {
        emit Deposited(Transfers.ETHER, msg.sender, msg.value);
    }

    /// @inheritdoc IRefundVault
    function deposit(address token, uint256 amount) external payable nonReentrant {
        if (!isListed(token)) revert TokenNotListed(token);
        if (msg.value != (token == Transfers.ETHER ? amount : 0)) revert WrongValue(amount, msg.value);
        if (token != Transfers.ETHER) {
            uint256 before = Transfers.holding(token);
            IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
            uint256 held = Transfers.holding(token);
            uint256 arrived = held > before ? held - before : 0;
            if (arrived != amount) revert TokenTookFee(token, amount, arrived);
        }
        emit Deposited(token, msg.sender, amount);
    }

    // ------------------------------------------------------------------------------------------------ modules

    /// @inheritdoc IRefundVault
    function reserve(bytes32 id, address token, uint256 amount) external onlyModule unlocked returns (bool) {
        if (_reservations[msg.sender][id].amount != 0) revert AlreadyReserved(id);
        if (amount == 0 || amount > _free(token)) return false;
        _reservations[msg.sender][id] = Reservation(token, _small(amount));
        _promised[token].reserved += uint128(amount);
        emit Reserved(msg.sender, id, token, amount);
        return true;
    }

    /// @inheritdoc IRefundVault
    function release(bytes32 id) external unlocked {
        _release(id);
    }

    /// @inheritdoc IRefundVault
    function pay(bytes32 id, address token, address to, uint256 amount) external onlyModule nonReentrant {
        _payOrEnqueue(token, Payment(id, to, _small(amount)), _free(token));
    }

    /// @inheritdoc IRefundVault
    function payReserved(
        bytes32 id,
        address token,
        address to,
        uint256 amount
    ) external onlyModule nonReentrant {
        Reservation memory reservation = _release(id);
        bool isReserved = reservation.token == token && reservation.amount >= amount;
        uint256 available = isReserved ? _uncommitted(token) : _free(token);
        _payOrEnqueue(token, Payment(id, to, _small(amount)), available);
    }

    // ------------------------------------------------------------------------------------------------ anybody

    /// @inheritdoc IRefundVault
    function settle(address token, uint256 max) external nonReentrant returns (uint256 count) {
        Queue storage line = _queues[token];
        uint256 tail = line.tail;
        for (uint256 position = line.head; position < tail && count < max; ++position) {
            Payment memory payment = _waiting[token][position];
            // What was paid before stays paid: the next begins with twice what it needs, or not at all.
            if (count != 0 && gasleft() < 2 * Transfers.gasOf(token)) break;
            if (payment.amount > _uncommitted(token)) break;
            delete _waiting[token][position];
            (line.head, line.pending) = (uint48(position + 1), line.pending - payment.amount);
            ++count;
            _pay(token, payment);
        }
        if (count == 0) revert NothingToSettle(token);
    }

    /// @inheritdoc IRefundVault
    function withdraw(address token, address to) external nonReentrant returns (uint256) {
        return _withdraw(msg.sender, token, to);
    }

    /// @inheritdoc IRefundVault
    function withdrawFor(
        address account,
        address token,
        address to,
        uint64 deadline,
        bytes calldata signature
    ) external nonReentrant returns (uint256) {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 hash = keccak256(
            abi.encode(_WITHDRAW_TYPEHASH, account, token, to, _useNonce(account), deadline)
        );
        if (!Signatures.isValid(account, _hashTypedDataV4(hash), signature)) revert InvalidSignature(account);
        return _withdraw(account, token, to);
    }

    // ---------------------------------------------------------------------------------------------- treasurer

    /// @inheritdoc IRefundVault
    function withdrawFree(address token, address to, uint256 amount) external restricted nonReentrant {
        if (amount > _free(token)) revert NotFree(token, amount, _free(token));
        _send(token, to, amount);
        emit TreasuryWithdrawn(token, to, amount);
    }

    /// @inheritdoc IRefundVault
    function listToken(address token) external restricted {
        if (!Transfers.isToken(token)) revert NotAToken(token);
        _listed[token] = true;
        emit TokenListed(token, true);
    }

    /// @inheritdoc IRefundVault
    function delistToken(address token) external restricted {
        if (!_listed[token]) revert TokenNotListed(token);
        _listed[token] = false;
        emit TokenListed(token, false);
    }

    // -------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IRefundVault
    function books(
        address token
    ) external view returns (uint256 balance, uint256 reserved, uint256 owed, uint256 pending, uint256 free) {
        Promised memory promised = _promised[token];
        return (
            Transfers.balance(token),
            promised.reserved,
            promised.owed,
            _queues[token].pending,
            _free(token)
        );
    }

    /// @inheritdoc IRefundVault
    function owedTo(address token, address account) external view returns (uint256) {
        return _owed[token][account];
    }

    /// @inheritdoc IRefundVault
    function reservedFor(address module, bytes32 id) external view returns (address token, uint256 amount) {
        Reservation memory reservation = _reservations[module][id];
        return (reservation.token, reservation.amount);
    }

    /// @inheritdoc IRefundVault
    function queue(address token) external view returns (uint256 head, uint256 tail) {
        return (_queues[token].head, _queues[token].tail);
    }

    /// @inheritdoc IRefundVault
    function pendingAt(
        address token,
        uint256 position
    ) external view returns (bytes32 id, address to, uint256 amount) {
        Payment memory payment = _waiting[token][position];
        return (payment.id, payment.to, payment.amount);
    }

    /// @inheritdoc IRefundVault
    function isListed(address token) public view returns (bool) {
        return token == Transfers.ETHER || _listed[token];
    }

    /// @inheritdoc IRefundVault
    function isLocked() external view returns (bool) {
        return _reentrancyGuardEntered();
    }

    /// @inheritdoc IRefundVault
    function nonces(address account) public view override(IRefundVault, Nonces) returns (uint256) {
        return Nonces.nonces(account);
    }

    // ----------------------------------------------------------------------------------------------- internal

    /// @dev What is promised to nobody.
    function _uncommitted(address token) private view returns (uint256) {
        Promised memory promised = _promised[token];
        uint256 held = Transfers.balance(token);
        uint256 committed = uint256(promised.reserved) + promised.owed;
        return held > committed ? held - committed : 0;
    }

    /// @dev Nothing is free while somebody waits.
    function _free(address token) private view returns (uint256) {
        return _queues[token].pending == 0 ? _uncommitted(token) : 0;
    }

    function _release(bytes32 id) private returns (Reservation memory reservation) {
        reservation = _reservations[msg.sender][id];
        if (reservation.amount == 0) return reservation;
        delete _reservations[msg.sender][id];
        _promised[reservation.token].reserved -= reservation.amount;
        emit Released(msg.sender, id, reservation.token, reservation.amount);
    }

    function _payOrEnqueue(address token, Payment memory payment, uint256 available) private {
        _checkReceiver(payment.to);
        if (payment.amount <= available) return _pay(token, payment);
        Queue memory line = _queues[token];
        _waiting[token][line.tail] = payment;
        _queues[token] = Queue(line.head, line.tail + 1, line.pending + payment.amount);
        emit Pending(payment.id, token, payment.to, payment.amount, line.tail);
    }

    /// @dev For what is covered. Nobody who is paid can make it revert: what he refuses is owed to him.
    function _pay(address token, Payment memory payment) private {
        uint256 needed = Transfers.gasOf(token);
        // What is left after the call's 63/64 is enough for the payment.
        if (gasleft() < needed + needed / 32) revert NotEnoughGas(needed);
        if (_attempt(token, payment.to, payment.amount)) {
            emit Paid(payment.id, token, payment.to, payment.amount);
            return;
        }
        _owed[token][payment.to] += payment.amount;
        _promised[token].owed += payment.amount;
        emit Owed(payment.id, token, payment.to, payment.amount);
    }

    function _withdraw(address account, address token, address to) private returns (uint256 amount) {
        amount = _owed[token][account];
        if (amount == 0) revert NothingOwed(token, account);
        _owed[token][account] = 0;
        _promised[token].owed -= uint128(amount);
        _send(token, to, amount);
        emit Withdrawn(token, account, to, amount);
    }

    function _send(address token, address to, uint256 amount) private {
        _checkReceiver(to);
        if (!_attempt(token, to, amount)) revert PaymentRefused(token, to, amount);
    }

    function _attempt(address token, address to, uint256 amount) private returns (bool done) {
        if (token == Transfers.ETHER) return Transfers.sendEther(to, amount);
        // A call of its own, so that a transfer that took another amount than it should is undone.
        bytes memory order = abi.encodeCall(this.push, (token, to, amount));
        uint256 limit = Transfers.gasOf(token);
        assembly ("memory-safe") {
            done := call(limit, address(), 0, add(order, 32), mload(order), 0, 0)
        }
    }

    /// @notice A transfer of tokens that takes exactly `amount` from the vault, or reverts. The vault's own.
    function push(address token, address to, uint256 amount) external {
        if (msg.sender != address(this)) revert NotAModule(msg.sender);
        uint256 before = Transfers.holding(token);
        bool done = Transfers.sendToken(token, to, amount);
        if (!done || before - Transfers.holding(token) != amount) revert PaymentRefused(token, to, amount);
    }

    function _checkModule() private view {
        (bool member, uint32 delay) = IAccessManager(authority()).hasRole(MODULE_ROLE, msg.sender);
        if (!member || delay != 0) revert NotAModule(msg.sender);
    }

    function _checkReceiver(address to) private view {
        if (to == address(0) || to == address(this)) revert InvalidReceiver(to);
    }

    function _small(uint256 amount) private pure returns (uint128) {
        if (amount > type(uint128).max) revert AmountTooLarge(amount);
        return uint128(amount);
    }
}
