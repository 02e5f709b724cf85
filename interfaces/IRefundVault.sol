// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title IRefundVault
/// @notice The one contract that holds customers' money: ETH (the zero address) and listed ERC-20 tokens. What it holds of
/// a token is reserved, owed, or free; what was decided and is not covered waits in a queue beside them. Modules say who is
/// paid; nobody else can.
/// @dev `reserved + owed` never exceeds the balance. Amounts are in the token's smallest units.
interface IRefundVault is IERC5267 {
    // ------------------------------------------------------------------------------------------------ errors

    /// @notice Only a member of MODULE without delay moves customers' money.
    error NotAModule(address account);
    /// @notice A payment is under way: nothing else happens in it.
    error VaultLocked();
    /// @notice The token is not on the treasurer's list.
    error TokenNotListed(address token);
    /// @notice A listed token is a contract that answers `balanceOf`.
    error NotAToken(address token);
    /// @notice Of `amount`, only `arrived` arrived: tokens that take a fee are refused.
    error TokenTookFee(address token, uint256 amount, uint256 arrived);
    /// @notice ETH is deposited as the transaction's value, tokens without any.
    error WrongValue(uint256 amount, uint256 value);
    /// @notice More than is free.
    error NotFree(address token, uint256 amount, uint256 free);
    /// @notice Nothing is owed to this account.
    error NothingOwed(address token, address account);
    /// @notice Money goes neither to the zero address nor from the vault to itself.
    error InvalidReceiver(address to);
    /// @notice No payment is pending, or there is not enough to make the next one.
    error NothingToSettle(address token);
    /// @notice The receiver, or the token, refused the money.
    error PaymentRefused(address token, address to, uint256 amount);
    /// @notice The transaction has too little gas for a payment, which may use `needed`.
    error NotEnoughGas(uint256 needed);
    /// @notice An amount is below 2^128.
    error AmountTooLarge(uint256 amount);
    /// @notice The claim has a reservation already.
    error AlreadyReserved(bytes32 id);
    /// @notice The account did not sign this: not by its key, and, if it is a contract, not by ERC-1271.
    error InvalidSignature(address signer);
    /// @notice The signature's deadline has passed.
    error SignatureExpired(uint256 deadline);
    /// @notice A contract was expected at this address.
    error NoContract(address account);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice Money came in.
    event Deposited(address indexed token, address indexed from, uint256 amount);
    /// @notice Money is kept for a claim.
    event Reserved(address indexed module, bytes32 indexed id, address indexed token, uint256 amount);
    /// @notice It is no longer kept for it.
    event Released(address indexed module, bytes32 indexed id, address indexed token, uint256 amount);
    /// @notice A payment was made.
    event Paid(bytes32 indexed id, address indexed token, address indexed to, uint256 amount);
    /// @notice A payment was refused by its receiver or its token: it waits for `withdraw`.
    event Owed(bytes32 indexed id, address indexed token, address indexed to, uint256 amount);
    /// @notice A payment is not covered: it waits in the queue at `position`.
    event Pending(
        bytes32 indexed id,
        address indexed token,
        address indexed to,
        uint256 amount,
        uint256 position
    );
    /// @notice What was owed went out.
    event Withdrawn(address indexed token, address indexed account, address indexed to, uint256 amount);
    /// @notice The treasurer took out what was free.
    event TreasuryWithdrawn(address indexed token, address indexed to, uint256 amount);
    /// @notice A token was put on the list, or taken from it.
    event TokenListed(address indexed token, bool listed);

    // ----------------------------------------------------------------------------------------------- deposits

    /// @notice Puts money in; anyone may. ETH may also be sent plainly.
    /// @param token The token; the zero address for ETH.
    /// @param amount How much. For ETH, the transaction's value.
    ///
    /// Requirements:
    /// - the token is listed, and all of `amount` arrives
    function deposit(address token, uint256 amount) external payable;

    // ------------------------------------------------------------------------------------------------ modules

    /// @notice Keeps money for what is not decided yet: all of `amount`, or none where less is free. MODULE.
    /// @param id What it is kept for; the module's own, each is reserved once at a time.
    /// @return Whether it is kept.
    function reserve(bytes32 id, address token, uint256 amount) external returns (bool);

    /// @notice Gives a reservation of the caller's up; nothing happens where there is none. A module can still do it when it is
    /// none any more.
    function release(bytes32 id) external;

    /// @notice Pays: at once where it is covered, otherwise in the queue's order; what its receiver refuses is owed to him.
    /// MODULE.
    /// @dev Comes last in the transaction.
    /// @param id What it is for.
    /// @param to Who is paid.
    function pay(bytes32 id, address token, address to, uint256 amount) external;

    /// @notice As `pay`, from what is reserved under `id`, which is given up: those who wait in the queue have no part in it.
    /// MODULE.
    function payReserved(bytes32 id, address token, address to, uint256 amount) external;

    // ------------------------------------------------------------------------------------------------ anybody

    /// @notice Makes pending payments in their order, as far as there is money, and gas: the next begins with twice what it needs.
    /// @param max At most so many.
    /// @return count How many left the queue: paid, or refused and now owed.
    ///
    /// Requirements:
    /// - at least one can be made
    function settle(address token, uint256 max) external returns (uint256 count);

    /// @notice Takes out all that is owed to the caller.
    /// @param to Where it goes; he whose address refused it may name another.
    /// @return amount How much.
    function withdraw(address token, address to) external returns (uint256 amount);

    /// @notice As `withdraw`, for an account that signed it: EIP-712 typed data `Withdraw(address account,address
    /// token,address to,uint256 nonce,uint64 deadline)`.
    /// @dev `nonce` is the account's `nonces`, which each use raises.
    function withdrawFor(
        address account,
        address token,
        address to,
        uint64 deadline,
        bytes calldata signature
    ) external returns (uint256 amount);

    // ---------------------------------------------------------------------------------------------- treasurer

    /// @notice Takes out what is free. TREASURER, under the manager's delay.
    function withdrawFree(address token, address to, uint256 amount) external;

    /// @notice Lets a token be deposited and policies be made of it. TREASURER.
    function listToken(address token) external;

    /// @notice No more policies and deposits of this token; what was promised in it stands. TREASURER.
    function delistToken(address token) external;

    // -------------------------------------------------------------------------------------------------- views

    /// @notice The books of a token.
    /// @return balance What the vault holds, up to 2^128 - 1.
    /// @return reserved Of it, kept for what is not decided.
    /// @return owed Of it, refused by its receivers.
    /// @return pending Decided, not covered, in the queue; not part of the balance.
    /// @return free The rest of the balance; nothing while anything is pending.
    function books(
        address token
    ) external view returns (uint256 balance, uint256 reserved, uint256 owed, uint256 pending, uint256 free);

    /// @notice What is owed to an account.
    function owedTo(address token, address account) external view returns (uint256);

    /// @notice What a module keeps under an id.
    function reservedFor(address module, bytes32 id) external view returns (address token, uint256 amount);

    /// @notice The queue of a token: positions from `head` to before `tail` wait.
    function queue(address token) external view returns (uint256 head, uint256 tail);

    /// @notice A waiting payment.
    function pendingAt(
        address token,
        uint256 position
    ) external view returns (bytes32 id, address to, uint256 amount);

    /// @notice Whether policies and deposits of a token are taken; ETH's always are.
    function isListed(address token) external view returns (bool);

    /// @notice Whether a payment is under way.
    function isLocked() external view returns (bool);

    /// @notice What the account's next `withdrawFor` names.
    function nonces(address account) external view returns (uint256);
}
