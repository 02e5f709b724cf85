// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Bits } from "../libraries/Bits.sol";
import { Status } from "./DeskTypes.sol";

/// @notice Everything the chain keeps of a ticket, in one storage word.
/// @dev
///   bits     field
///   0–159    customer
///   160–163  status
///   164–166  rating, 0 = none, 1–5
///   167      breached
///   168–177  lane
///   178–203  seat: in New the queue turn; later the agent's certificate id; 0 = no agent
///   204–229  dueAt, minutes since 1970; 0 = no clock
///   230–239  acts
///   240–255  budget: resolution minutes left while its clock is stopped
type TicketWord is uint256;

using TicketWordLibrary for TicketWord global;

library TicketWordLibrary {
    uint256 private constant _STATUS = 160;
    uint256 private constant _RATING = 164;
    uint256 private constant _BREACHED = 167;
    uint256 private constant _LANE = 168;
    uint256 private constant _SEAT = 178;
    uint256 private constant _DUE_AT = 204;
    uint256 private constant _ACTS = 230;
    uint256 private constant _BUDGET = 240;

    function isNone(TicketWord word) internal pure returns (bool) {
        return TicketWord.unwrap(word) == 0;
    }

    function customer(TicketWord word) internal pure returns (address) {
        return address(uint160(TicketWord.unwrap(word)));
    }

    function status(TicketWord word) internal pure returns (Status) {
        return Status(_get(word, _STATUS, 4));
    }

    /// @dev Sets of statuses are unions of `1 << status`: one look at the word, whatever the set.
    function isIn(TicketWord word, uint256 statuses) internal pure returns (bool) {
        return (statuses >> _get(word, _STATUS, 4)) & 1 != 0;
    }

    function rating(TicketWord word) internal pure returns (uint256) {
        return _get(word, _RATING, 3);
    }

    function breached(TicketWord word) internal pure returns (bool) {
        return _get(word, _BREACHED, 1) != 0;
    }

    function lane(TicketWord word) internal pure returns (uint256) {
        return _get(word, _LANE, 10);
    }

    function seat(TicketWord word) internal pure returns (uint256) {
        return _get(word, _SEAT, 26);
    }

    function dueAt(TicketWord word) internal pure returns (uint256) {
        return _get(word, _DUE_AT, 26);
    }

    function acts(TicketWord word) internal pure returns (uint256) {
        return _get(word, _ACTS, 10);
    }

    function budget(TicketWord word) internal pure returns (uint256) {
        return _get(word, _BUDGET, 16);
    }

    function withCustomer(TicketWord word, address value) internal pure returns (TicketWord) {
        return _set(word, 0, 160, uint160(value));
    }

    function withStatus(TicketWord word, Status value) internal pure returns (TicketWord) {
        return _set(word, _STATUS, 4, uint256(value));
    }

    function withRating(TicketWord word, uint256 value) internal pure returns (TicketWord) {
        return _set(word, _RATING, 3, value);
    }

    function withBreach(TicketWord word) internal pure returns (TicketWord) {
        return _set(word, _BREACHED, 1, 1);
    }

    function withLane(TicketWord word, uint256 value) internal pure returns (TicketWord) {
        return _set(word, _LANE, 10, value);
    }

    function withSeat(TicketWord word, uint256 value) internal pure returns (TicketWord) {
        return _set(word, _SEAT, 26, value);
    }

    function withDueAt(TicketWord word, uint256 value) internal pure returns (TicketWord) {
        return _set(word, _DUE_AT, 26, value);
    }

    function withActs(TicketWord word, uint256 value) internal pure returns (TicketWord) {
        return _set(word, _ACTS, 10, value);
    }

    function withBudget(TicketWord word, uint256 value) internal pure returns (TicketWord) {
        return _set(word, _BUDGET, 16, value);
    }

    function _get(TicketWord word, uint256 offset, uint256 bits) private pure returns (uint256) {
        return Bits.get(TicketWord.unwrap(word), offset, bits);
    }

    function _set(
        TicketWord word,
        uint256 offset,
        uint256 bits,
        uint256 value
    ) private pure returns (TicketWord) {
        return TicketWord.wrap(Bits.set(TicketWord.unwrap(word), offset, bits, value));
    }
}
