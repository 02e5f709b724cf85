// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Status } from "../types/DeskTypes.sol";
import { LaneWord } from "../types/LaneWord.sol";
import { TicketWord } from "../types/TicketWord.sol";

/// @title WordHarness
/// @notice For tests: the packed words field by field, numbered from 0 in the order of their bits.
contract WordHarness {
    /// @notice Every field of a ticket's word.
    function ticketFields(TicketWord word) external pure returns (uint256[9] memory) {
        return
            [
                uint256(uint160(word.customer())),
                uint256(word.status()),
                word.rating(),
                word.breached() ? 1 : 0,
                word.lane(),
                word.seat(),
                word.dueAt(),
                word.acts(),
                word.budget()
            ];
    }

    /// @notice A ticket's word with another value of one field; a breach can only be set.
    function withTicketField(
        TicketWord word,
        uint256 field,
        uint256 value
    ) external pure returns (TicketWord) {
        if (field == 0) return word.withCustomer(address(uint160(value)));
        if (field == 1) return word.withStatus(Status(value));
        if (field == 2) return word.withRating(value);
        if (field == 3) return word.withBreach();
        if (field == 4) return word.withLane(value);
        if (field == 5) return word.withSeat(value);
        if (field == 6) return word.withDueAt(value);
        if (field == 7) return word.withActs(value);
        return word.withBudget(value);
    }

    /// @notice Every field of a lane's word.
    function laneFields(LaneWord word) external pure returns (uint256[13] memory) {
        return
            [
                word.turns(),
                word.served(),
                word.departed(),
                word.respondWithin(),
                word.resolveWithin(),
                word.confirmWithin(),
                word.program(),
                word.level(),
                word.article(),
                word.gated() ? 1 : 0,
                word.claims() ? 1 : 0,
                word.closed() ? 1 : 0,
                word.size()
            ];
    }

    /// @notice A lane's word with other values of fields: one of 0–2, 8 and 11–12, windows from 3, program from 6, gates
    /// from 9. Closing can only be set.
    function withLaneField(
        LaneWord word,
        uint256 field,
        uint256[3] calldata values
    ) external pure returns (LaneWord) {
        if (field == 0) return word.withTurns(values[0]);
        if (field == 1) return word.withServed(values[0]);
        if (field == 2) return word.withDeparted(values[0]);
        if (field == 3) return word.withWindows(values[0], values[1], values[2]);
        if (field == 6) return word.withProgram(values[0], values[1]);
        if (field == 8) return word.withArticle(values[0]);
        if (field == 9) return word.withGates(values[0] != 0, values[1] != 0);
        if (field == 11) return word.withClosed();
        return word.withSize(values[0]);
    }
}
