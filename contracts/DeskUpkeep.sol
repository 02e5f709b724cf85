// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IClaimDesk } from "../interfaces/IClaimDesk.sol";
import { ICompensationDesk } from "../interfaces/ICompensationDesk.sol";
import { IDeskUpkeep } from "../interfaces/IDeskUpkeep.sol";
import { IRefundVault } from "../interfaces/IRefundVault.sol";
import { ITicketDesk } from "../interfaces/ITicketDesk.sol";
import { TicketClock } from "./libraries/TicketClock.sol";
import { TicketMoves } from "./libraries/TicketMoves.sol";
import { ClaimState } from "./types/ClaimTypes.sol";
import { Status } from "./types/DeskTypes.sol";
import { TicketWord } from "./types/TicketWord.sol";

/// @title DeskUpkeep
/// @notice Finds and does what is due. See IDeskUpkeep.
contract DeskUpkeep is IDeskUpkeep {
    /// @dev Payments of one token in one go; the next go takes the next.
    uint256 private constant _PAYMENTS = 20;

    ICompensationDesk public immutable compensation;
    IClaimDesk public immutable claims;
    ITicketDesk public immutable desk;
    IRefundVault public immutable vault;

    constructor(ICompensationDesk compensation_) {
        if (address(compensation_).code.length == 0) revert NoContract(address(compensation_));
        compensation = compensation_;
        claims = compensation_.claims();
        (desk, vault) = (claims.desk(), claims.vault());
    }

    /// @inheritdoc IDeskUpkeep
    function checkUpkeep(bytes calldata checkData) external view returns (bool, bytes memory) {
        (bytes32[] memory tickets, address[] memory tokens) = abi.decode(checkData, (bytes32[], address[]));
        // It begins as zeros.
        // slither-disable-next-line uninitialized-local
        uint256[5] memory counts;
        Work memory work = Work({
            expire: new bytes32[](tickets.length),
            note: new bytes32[](tickets.length),
            compensate: new bytes32[](tickets.length),
            release: new bytes32[](tickets.length),
            settle: new address[](tokens.length)
        });
        for (uint256 i; i < tickets.length; ++i) {
            (bool expires, bool notes) = _clockOf(tickets[i]);
            if (expires) work.expire[counts[0]++] = tickets[i];
            if (notes) work.note[counts[1]++] = tickets[i];
            // slither-disable-next-line calls-loop
            if (compensation.isDue(tickets[i])) work.compensate[counts[2]++] = tickets[i];
            if (_isReleasable(tickets[i])) work.release[counts[3]++] = tickets[i];
        }
        for (uint256 i; i < tokens.length; ++i) {
            if (_isCovered(tokens[i])) work.settle[counts[4]++] = tokens[i];
        }
        _cut(work, counts);
        uint256 all = counts[0] + counts[1] + counts[2] + counts[3] + counts[4];
        return (all != 0, abi.encode(work));
    }

    /// @inheritdoc IDeskUpkeep
    function performUpkeep(bytes calldata performData) external {
        _perform(abi.decode(performData, (Work)));
    }

    /// @inheritdoc IDeskUpkeep
    function perform(Work calldata work) external {
        _perform(work);
    }

    /// @dev What another keeper did in the meantime, or cannot be done, does not stop the rest.
    function _perform(Work memory work) private {
        // It begins as zeros.
        // slither-disable-next-line uninitialized-local
        uint256[5] memory done;
        // The event counts what was done, and there is no state that a call could find half written.
        // slither-disable-start calls-loop,unused-return,reentrancy-events
        if (work.expire.length != 0) {
            try desk.expire(work.expire) returns (uint256 count) {
                done[0] = count;
            } catch {}
        }
        if (work.note.length != 0) {
            try compensation.note(work.note) returns (uint256 count) {
                done[1] = count;
            } catch {}
        }
        for (uint256 i; i < work.compensate.length; ++i) {
            try compensation.compensate(work.compensate[i]) {
                ++done[2];
            } catch {}
        }
        for (uint256 i; i < work.release.length; ++i) {
            try claims.release(work.release[i]) {
                ++done[3];
            } catch {}
        }
        for (uint256 i; i < work.settle.length; ++i) {
            try vault.settle(work.settle[i], _PAYMENTS) returns (uint256 count) {
                done[4] += count;
            } catch {}
        }
        if (done[0] + done[1] + done[2] + done[3] + done[4] == 0) revert NothingToDo();
        emit UpkeepPerformed(msg.sender, done[0], done[1], done[2], done[3], done[4]);
        // slither-disable-end calls-loop,unused-return,reentrancy-events
    }

    function _clockOf(bytes32 ticketId) private view returns (bool expires, bool notes) {
        // slither-disable-next-line calls-loop
        TicketWord word = desk.wordOf(ticketId);
        bool isOverdue = TicketClock.isOverdue(word);
        bool isBreached = word.breached() || (isOverdue && word.isIn(TicketMoves.AT_DESK));
        notes = isBreached && _isPromised(word.lane()) && !_isNoted(ticketId);
        // Noting expires it too.
        expires = isOverdue && !notes;
    }

    function _isPromised(uint256 lane) private view returns (bool) {
        // slither-disable-next-line calls-loop,unused-return
        (, uint256 amount, ) = compensation.offerOf(lane);
        return amount != 0;
    }

    function _isNoted(bytes32 ticketId) private view returns (bool) {
        // slither-disable-next-line calls-loop,unused-return
        (uint256 time, ) = compensation.breachOf(ticketId);
        return time != 0;
    }

    function _isReleasable(bytes32 ticketId) private view returns (bool) {
        // slither-disable-next-line calls-loop
        if (claims.claimOf(ticketId).state != ClaimState.Review) return false;
        // slither-disable-next-line calls-loop
        return desk.wordOf(ticketId).status() == Status.Closed;
    }

    function _isCovered(address token) private view returns (bool) {
        // slither-disable-next-line calls-loop
        (uint256 head, uint256 tail) = vault.queue(token);
        if (head == tail) return false;
        // slither-disable-next-line calls-loop,unused-return
        (, , uint256 amount) = vault.pendingAt(token, head);
        // slither-disable-next-line calls-loop,unused-return
        (uint256 balance, uint256 reserved, uint256 owed, , ) = vault.books(token);
        return balance >= reserved + owed + amount;
    }

    /// @dev Lists are cut to what was found.
    function _cut(Work memory work, uint256[5] memory counts) private pure {
        bytes32[] memory expire = work.expire;
        bytes32[] memory note = work.note;
        bytes32[] memory compensate = work.compensate;
        bytes32[] memory release = work.release;
        address[] memory settle = work.settle;
        assembly ("memory-safe") {
            mstore(expire, mload(counts))
            mstore(note, mload(add(counts, 32)))
            mstore(compensate, mload(add(counts, 64)))
            mstore(release, mload(add(counts, 96)))
            mstore(settle, mload(add(counts, 128)))
        }
    }
}
