// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Actor, Status } from "../types/DeskTypes.sol";
import { LaneWord } from "../types/LaneWord.sol";
import { TicketWord } from "../types/TicketWord.sol";
import { TicketMoves } from "./TicketMoves.sol";

/// @title TicketClock
/// @notice What an act does to a ticket's clock, its budget and its breach. Times are seconds, clocks are minutes.
/// @dev Minutes are rounded against the desk and for the customer: the desk's clocks start at the minute that has
/// begun, all others at the next one, and what is left is counted from the next one.
library TicketClock {
    /// @notice A dispute that nobody ruled on ends after 180 days.
    uint256 internal constant DISPUTE_WITHIN = 180 days / 1 minutes;

    /// @notice Whether the ticket's clock has run out.
    function isOverdue(TicketWord word) internal view returns (bool) {
        uint256 dueAt = word.dueAt();
        unchecked {
            return dueAt != 0 && block.timestamp > dueAt * 1 minutes;
        }
    }

    /// @notice Records the breach of a desk's clock that has run out, so that nobody can move his way out of one.
    function recordBreach(TicketWord word) internal view returns (TicketWord) {
        return word.isIn(TicketMoves.AT_DESK) && isOverdue(word) ? word.withBreach() : word;
    }

    /// @notice The word with its status changed to `to`, and clock and budget as this means.
    /// @param word The word before, its breach recorded.
    /// @param lane The lane whose windows count.
    /// @param kind As whom the actor acts.
    /// @param seated Whether the ticket is being taken or assigned.
    function enter(
        TicketWord word,
        LaneWord lane,
        Status to,
        Actor kind,
        bool seated
    ) internal view returns (TicketWord) {
        TicketWord next = word.withStatus(to);
        if (to == Status.Closed) return next.withDueAt(0).withBudget(0);
        if (next.isIn(TicketMoves.RUNNING)) return _run(word, next, lane, kind, seated);
        if (next.isIn(TicketMoves.STOPPED) && TicketWord.unwrap(next) != TicketWord.unwrap(word)) {
            uint256 window = to == Status.Disputed ? DISPUTE_WITHIN : lane.confirmWithin();
            return next.withBudget(_left(word, lane)).withDueAt(_nextMinute() + window);
        }
        return next;
    }

    function _run(
        TicketWord word,
        TicketWord next,
        LaneWord lane,
        Actor kind,
        bool seated
    ) private view returns (TicketWord) {
        next = next.withBudget(0);
        if (word.breached()) {
            if (seated) return next.withDueAt(_minute() + lane.resolveWithin());
            if (next.status() == Status.Escalated) return next.withDueAt(0);
        }
        if (word.isIn(TicketMoves.RUNNING)) return next;
        uint256 left = _left(word, lane);
        bool objected = kind == Actor.Customer && word.isIn(TicketMoves.ENDING);
        bool reopened = objected || word.status() == Status.Disputed;
        if (reopened && left < lane.respondWithin()) left = lane.respondWithin();
        return next.withDueAt(_minute() + left);
    }

    /// @dev Minutes left of the resolution clock, which has not begun in New and stands in the stopped states.
    function _left(TicketWord word, LaneWord lane) private view returns (uint256) {
        if (word.isIn(TicketMoves.STOPPED)) return word.budget();
        if (word.status() == Status.New) return lane.resolveWithin();
        uint256 dueAt = word.dueAt();
        uint256 next = _nextMinute();
        unchecked {
            return dueAt > next ? dueAt - next : 0;
        }
    }

    function _minute() private view returns (uint256) {
        return block.timestamp / 1 minutes;
    }

    function _nextMinute() private view returns (uint256) {
        unchecked {
            return (block.timestamp + 59) / 1 minutes;
        }
    }
}
