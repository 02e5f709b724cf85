// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { RefundVault } from "../../contracts/RefundVault.sol";
import { Symbolic } from "./Symbolic.sol";

/// @dev Everybody holds every role: what holds then holds whoever may do what.
contract Permissive {
    function hasRole(uint64, address) external pure returns (bool, uint32) {
        return (true, 0);
    }

    function canCall(address, address, bytes4) external pure returns (bool, uint32) {
        return (true, 0);
    }
}

/// @dev Takes money or refuses it, as it likes.
contract Receiver is Symbolic {
    receive() external payable {
        if (unknown.createBool("refuses")) revert();
    }
}

/// @dev Tells what it has; moves what it likes, or nothing, and says yes or no as it likes.
contract Wayward is Symbolic {
    uint256 private _balance;

    constructor(uint256 balance) {
        _balance = balance;
    }

    function balanceOf(address) external view returns (uint256) {
        return _balance;
    }

    function transfer(address, uint256) external returns (bool) {
        if (unknown.createBool("reverts")) revert();
        uint256 moved = unknown.createUint(120, "moved");
        prover.assume(moved <= _balance);
        _balance -= moved;
        return unknown.createBool("answer");
    }
}

abstract contract RefundVaultProof is Symbolic {
    struct Books {
        uint256 balance;
        uint256 reserved;
        uint256 owed;
        uint256 pending;
        uint256 free;
    }

    uint256 private constant _STATUS_SLOT = 4;

    RefundVault internal _vault;
    address internal _token;
    address private _receiver;

    /// @return The token that is proved, of which the vault has an unknown amount below 2^120.
    function _funded() internal virtual returns (address);

    function setUp() external {
        _vault = new RefundVault(address(new Permissive()));
        _receiver = address(new Receiver());
        _token = _funded();
        unknown.enableSymbolicStorage(address(_vault));
    }

    function check_free_is_promised_to_nobody() external {
        Books memory books = _solvent();
        assert(books.free <= _left(books.balance, books.reserved + books.owed));
    }

    function check_paying_what_is_left_keeps_promises(
        uint128 balance,
        uint136 promised,
        uint128 amount
    ) external pure {
        if (amount == 0 || amount > _left(balance, promised)) return;
        assert(amount <= balance && promised <= balance - amount);
        assert(uint256(promised) + amount <= balance);
    }

    function check_pay(bytes32 id, uint256 amount) external {
        prover.assume(amount != 0);
        Books memory before = _solvent();
        _vault.pay(id, _token, _receiver, amount);
        Books memory afterwards = _books();
        assert(afterwards.reserved == before.reserved);
        if (_isPaidOrOwed(before, afterwards, amount)) assert(amount <= before.free);
    }

    function check_payReserved(bytes32 id, uint256 amount) external {
        prover.assume(amount != 0);
        Books memory before = _solvent();
        (address token, uint256 kept) = _vault.reservedFor(address(this), id);
        prover.assume(token == _token);
        _vault.payReserved(id, _token, _receiver, amount);
        Books memory afterwards = _books();
        assert(afterwards.reserved == before.reserved - kept);
        if (_isPaidOrOwed(before, afterwards, amount)) {
            assert(amount <= _left(before.balance, afterwards.reserved + before.owed));
        }
    }

    function check_settle() external {
        Books memory before = _solvent();
        (uint256 head, ) = _vault.queue(_token);
        (, address to, uint256 amount) = _vault.pendingAt(_token, head);
        prover.assume(amount != 0 && to == _receiver);
        _vault.settle(_token, 1);
        Books memory afterwards = _books();
        assert(afterwards.reserved == before.reserved);
        assert(afterwards.pending == before.pending - amount);
        assert(amount <= _left(before.balance, before.reserved + before.owed));
        if (afterwards.owed == before.owed) assert(afterwards.balance == before.balance - amount);
        else assert(afterwards.balance == before.balance && afterwards.owed == before.owed + amount);
    }

    function check_reserve(bytes32 id, uint256 amount) external {
        Books memory before = _solvent();
        bool kept = _vault.reserve(id, _token, amount);
        Books memory afterwards = _books();
        assert(afterwards.balance == before.balance && afterwards.owed == before.owed);
        assert(afterwards.reserved == (kept ? before.reserved + amount : before.reserved));
        if (kept) assert(amount <= before.free && amount != 0);
    }

    function check_release(bytes32 id) external {
        Books memory before = _solvent();
        _vault.release(id);
        Books memory afterwards = _books();
        assert(afterwards.balance == before.balance && afterwards.owed == before.owed);
        assert(afterwards.reserved <= before.reserved);
    }

    function check_withdraw() external {
        Books memory before = _solvent();
        uint256 amount = _vault.withdraw(_token, _receiver);
        Books memory afterwards = _books();
        assert(afterwards.balance == before.balance - amount && amount <= before.balance);
        assert(afterwards.owed == before.owed - uint128(amount) && uint128(amount) <= before.owed);
        assert(afterwards.reserved == before.reserved);
    }

    function check_withdrawFree(uint256 amount) external {
        prover.assume(amount != 0);
        Books memory before = _solvent();
        _vault.withdrawFree(_token, _receiver, amount);
        Books memory afterwards = _books();
        assert(amount <= before.free);
        assert(afterwards.balance == before.balance - amount);
        assert(afterwards.owed == before.owed && afterwards.reserved == before.reserved);
    }

    function check_nothing_happens_while_it_is_locked(address account) external {
        prover.store(address(_vault), bytes32(_STATUS_SLOT), bytes32(uint256(2)));
        Books memory before = _books();
        uint256 owed = _vault.owedTo(_token, account);
        (bool done, ) = address(_vault).call(unknown.createCalldata("RefundVault"));
        Books memory afterwards = _books();
        assert(afterwards.balance >= before.balance && afterwards.reserved == before.reserved);
        assert(afterwards.owed == before.owed && afterwards.pending == before.pending);
        assert(_vault.owedTo(_token, account) == owed || !done);
    }

    /// @return Whether it was paid or is owed; otherwise it waits.
    function _isPaidOrOwed(
        Books memory before,
        Books memory afterwards,
        uint256 amount
    ) private pure returns (bool) {
        if (afterwards.pending != before.pending) {
            assert(afterwards.pending == before.pending + amount);
            assert(afterwards.balance == before.balance && afterwards.owed == before.owed);
            return false;
        }
        if (afterwards.owed == before.owed) assert(afterwards.balance == before.balance - amount);
        else assert(afterwards.balance == before.balance && afterwards.owed == before.owed + amount);
        return true;
    }

    function _solvent() private returns (Books memory books) {
        books = _books();
        prover.assume(books.reserved + books.owed <= books.balance);
    }

    function _books() private view returns (Books memory books) {
        (books.balance, books.reserved, books.owed, books.pending, books.free) = _vault.books(_token);
    }

    function _left(uint256 whole, uint256 taken) private pure returns (uint256) {
        return whole > taken ? whole - taken : 0;
    }
}

contract EtherProof is RefundVaultProof {
    function _funded() internal override returns (address) {
        prover.deal(address(_vault), unknown.createUint(120, "balance"));
        return address(0);
    }
}

contract TokenProof is RefundVaultProof {
    function _funded() internal override returns (address) {
        return address(new Wayward(unknown.createUint(120, "balance")));
    }
}
