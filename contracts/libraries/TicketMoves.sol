// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Actor, Status } from "../types/DeskTypes.sol";

/// @title TicketMoves
/// @notice Which move is legal for whom. It only reads; the whole table is five constants.
/// @dev
///                 take, assign                     Waiting <──> Open <──> OnHold       the agent's work
///      open ──> New ──────────> Open                 │           │          │
///                │               │                   │ silence   │          │
///                │  unanswered   │ too late          v           v          │
///                └──────────> Escalated <──────── Resolved    Rejected <────┘         inside the objection window:
///                                │  ^                │ │         │ │                  customer, agent: back to Open
///                                │  └────────────────┼─┼─────────┘ │                  customer: Rejected ─> Escalated
///                     supervisor v                   v v           v                  module: ─> Disputed
///                    Open, Resolved, Rejected       Closed      Disputed ──> Open, Closed
///
/// One constant a kind of actor; in it 16 bits a row: bit `16 · from + to`. Moves of kind Anyone are `expire`'s.
/// `take`, `assign` and `transfer` are functions of their own and not in the table.
library TicketMoves {
    uint256 internal constant NEW = 1 << 1;
    uint256 private constant _OPEN = 1 << 2;
    uint256 private constant _WAITING = 1 << 3;
    uint256 private constant _ON_HOLD = 1 << 4;
    uint256 private constant _RESOLVED = 1 << 5;
    uint256 private constant _REJECTED = 1 << 6;
    uint256 private constant _ESCALATED = 1 << 7;
    uint256 private constant _DISPUTED = 1 << 8;
    uint256 private constant _CLOSED = 1 << 9;

    /// @notice The desk works, its resolution clock runs.
    uint256 internal constant RUNNING = _OPEN | _ON_HOLD | _ESCALATED;
    /// @notice The clock is the desk's, to answer or to resolve.
    uint256 internal constant AT_DESK = NEW | RUNNING;
    /// @notice The desk has answered, the objection window runs.
    uint256 internal constant ENDING = _RESOLVED | _REJECTED;
    /// @notice Others are waited for, the resolution clock stands.
    uint256 internal constant STOPPED = _WAITING | ENDING | _DISPUTED;

    uint256 private constant _FROM_NEW = 16;
    uint256 private constant _FROM_OPEN = 32;
    uint256 private constant _FROM_WAITING = 48;
    uint256 private constant _FROM_ON_HOLD = 64;
    uint256 private constant _FROM_RESOLVED = 80;
    uint256 private constant _FROM_REJECTED = 96;
    uint256 private constant _FROM_ESCALATED = 112;
    uint256 private constant _FROM_DISPUTED = 128;
    uint256 private constant _FROM_CLOSED = 144;

    uint256 internal constant CUSTOMER =
        ((NEW | _CLOSED) << _FROM_NEW) |
            ((_OPEN | _CLOSED) << _FROM_OPEN) |
            ((_OPEN | _CLOSED) << _FROM_WAITING) |
            ((_ON_HOLD | _CLOSED) << _FROM_ON_HOLD) |
            ((_OPEN | _CLOSED) << _FROM_RESOLVED) |
            ((_ESCALATED | _CLOSED) << _FROM_REJECTED) |
            ((_ESCALATED | _CLOSED) << _FROM_ESCALATED) |
            (_DISPUTED << _FROM_DISPUTED);

    uint256 internal constant AGENT =
        ((_OPEN | _WAITING | _ON_HOLD | _RESOLVED | _REJECTED | _ESCALATED) << _FROM_OPEN) |
            ((_OPEN | _RESOLVED) << _FROM_WAITING) |
            ((_OPEN | _RESOLVED) << _FROM_ON_HOLD) |
            (_OPEN << _FROM_RESOLVED) |
            (_OPEN << _FROM_REJECTED) |
            (_DISPUTED << _FROM_DISPUTED);

    uint256 internal constant SUPERVISOR =
        ((NEW | _REJECTED | _ESCALATED) << _FROM_NEW) |
            ((_OPEN | _ESCALATED | _REJECTED) << _FROM_OPEN) |
            (_ESCALATED << _FROM_WAITING) |
            (_ESCALATED << _FROM_ON_HOLD) |
            (_OPEN << _FROM_REJECTED) |
            ((_ESCALATED | _RESOLVED | _REJECTED) << _FROM_ESCALATED) |
            (_DISPUTED << _FROM_DISPUTED) |
            (_CLOSED << _FROM_CLOSED);

    uint256 internal constant MODULE =
        ((_RESOLVED | _REJECTED) << _FROM_NEW) |
            ((_RESOLVED | _REJECTED) << _FROM_OPEN) |
            ((_RESOLVED | _REJECTED) << _FROM_WAITING) |
            ((_RESOLVED | _REJECTED) << _FROM_ON_HOLD) |
            (_DISPUTED << _FROM_RESOLVED) |
            (_DISPUTED << _FROM_REJECTED) |
            ((_RESOLVED | _REJECTED | _DISPUTED) << _FROM_ESCALATED) |
            ((_OPEN | _CLOSED) << _FROM_DISPUTED);

    uint256 internal constant ANYONE =
        (_ESCALATED << _FROM_NEW) |
            (_ESCALATED << _FROM_OPEN) |
            (_RESOLVED << _FROM_WAITING) |
            (_ESCALATED << _FROM_ON_HOLD) |
            (_CLOSED << _FROM_RESOLVED) |
            (_CLOSED << _FROM_REJECTED) |
            (_ESCALATED << _FROM_ESCALATED) |
            (_ESCALATED << _FROM_DISPUTED);

    /// @notice Whether the table admits the move.
    function isLegal(Actor kind, Status from, Status to) internal pure returns (bool) {
        return (_table(kind) >> ((uint256(from) << 4) | uint256(to))) & 1 != 0;
    }

    /// @notice Where an overdue clock leads.
    function expiry(Status from) internal pure returns (Status) {
        if (from == Status.Waiting) return Status.Resolved;
        if (from == Status.Resolved || from == Status.Rejected) return Status.Closed;
        return Status.Escalated;
    }

    /// @notice Resolved and Rejected: the desk has answered, the objection window runs.
    function isEnding(Status status) internal pure returns (bool) {
        return (ENDING >> uint256(status)) & 1 != 0;
    }

    function _table(Actor kind) private pure returns (uint256) {
        if (kind == Actor.Agent) return AGENT;
        if (kind == Actor.Customer) return CUSTOMER;
        if (kind == Actor.Supervisor) return SUPERVISOR;
        if (kind == Actor.Module) return MODULE;
        if (kind == Actor.Anyone) return ANYONE;
        return 0;
    }
}
