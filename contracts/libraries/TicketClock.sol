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
        return dueAt != 0 && block.timestamp > dueAt * 1 minutes;
    }

    /// @notice Records the breach of a desk's clock that has run out, so that nobody can move his way out of one.
    function recordBreach(TicketWord word) internal view returns (TicketWord) {
        Status from = word.status();
        bool desks = from == Status.New || TicketMoves.isRunning(from);
        return desks && isOverdue(word) ? word.withBreach() : word;
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
        Status from = word.status();
        word = word.withStatus(to);
        if (to == Status.Closed) return word.withDueAt(0).withBudget(0);
        if (TicketMoves.isStopped(to)) {
            if (to == from) return word;
            uint256 window = to == Status.Disputed ? DISPUTE_WITHIN : lane.confirmWithin();
            return word.withBudget(_left(word, from, lane)).withDueAt(_nextMinute() + window);
        }
        if (TicketMoves.isRunning(to)) return _run(word, from, lane, to, kind, seated);
        return word;
    }

    function _run(
        TicketWord word,
        Status from,
        LaneWord lane,
        Status to,
        Actor kind,
        bool seated
    ) private view returns (TicketWord) {
        uint256 left = _left(word, from, lane);
        word = word.withBudget(0);
        if (word.breached()) {
            if (seated) return word.withDueAt(_minute() + lane.resolveWithin());
            if (to == Status.Escalated) return word.withDueAt(0);
        }
        if (TicketMoves.isRunning(from)) return word;
        bool reopened = kind == Actor.Customer && TicketMoves.isEnding(from);
        if ((reopened || from == Status.Disputed) && left < lane.respondWithin()) left = lane.respondWithin();
        return word.withDueAt(_minute() + left);
    }

    /// @dev Minutes left of the resolution clock, which has not begun in New and stands in the stopped states.
    function _left(TicketWord word, Status from, LaneWord lane) private view returns (uint256) {
        if (from == Status.New) return lane.resolveWithin();
        if (!TicketMoves.isRunning(from)) return word.budget();
        uint256 dueAt = word.dueAt();
        uint256 next = _nextMinute();
        return dueAt > next ? dueAt - next : 0;
    }

    function _minute() private view returns (uint256) {
        return block.timestamp / 1 minutes;
    }

    function _nextMinute() private view returns (uint256) {
        return (block.timestamp + 59) / 1 minutes;
    }
}
