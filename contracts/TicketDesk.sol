// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IAgentCertification } from "../interfaces/IAgentCertification.sol";
import { ITicketDesk } from "../interfaces/ITicketDesk.sol";
import { Lanes } from "./desk/Lanes.sol";
import { SignedActs } from "./desk/SignedActs.sol";
import { TicketClock } from "./libraries/TicketClock.sol";
import { TicketMoves } from "./libraries/TicketMoves.sol";
import { Actor, Status, Ticket } from "./types/DeskTypes.sol";
import { LaneWord } from "./types/LaneWord.sol";
import { MODULE_ROLE, SUPERVISOR_ROLE } from "./types/Roles.sol";
import { TicketWord } from "./types/TicketWord.sol";

/// @title TicketDesk
/// @notice Tickets, lanes and ratings of one desk: who calls, and what is read. See ITicketDesk.
/// @dev Lanes keeps terms, lines and logs; Acts judges and writes; SignedActs brings what was signed; this contract is
/// their front for who acts himself.
contract TicketDesk is SignedActs {
    constructor(address authority_, IAgentCertification certification_) Lanes(authority_, certification_) {}

    // -------------------------------------------------------------------------------------------------- acts

    /// @inheritdoc ITicketDesk
    function open(uint256 number, bytes32 entry) external returns (bytes32) {
        LaneWord lane_ = _laneOpenTo(msg.sender, number, false);
        return _open(Act(0, msg.sender, Actor.Customer, entry), msg.sender, number, lane_);
    }

    /// @inheritdoc ITicketDesk
    function take(bytes32 ticketId, uint32 certificateId, bytes32 entry) external {
        _take(Act(ticketId, msg.sender, Actor.Agent, entry), certificateId);
    }

    /// @inheritdoc ITicketDesk
    function move(bytes32 ticketId, Status to, bytes32 entry, uint256 seen) external {
        _move(Act(ticketId, msg.sender, Actor.None, entry), Status.None, to, seen);
    }

    /// @inheritdoc ITicketDesk
    function rate(bytes32 ticketId, uint256 score, bytes32 entry) external {
        _rate(Act(ticketId, msg.sender, Actor.Customer, entry), score);
    }

    /// @inheritdoc ITicketDesk
    function assign(
        bytes32[] calldata ticketIds,
        uint256[] calldata certificateIds,
        bytes32[] calldata entries
    ) external {
        _checkRole(SUPERVISOR_ROLE);
        uint256 count = ticketIds.length;
        if (certificateIds.length != count || entries.length != count) revert LengthMismatch();
        for (uint256 i; i < count; ++i) {
            _assign(Act(ticketIds[i], msg.sender, Actor.Supervisor, entries[i]), certificateIds[i]);
        }
    }

    /// @inheritdoc ITicketDesk
    function transfer(bytes32 ticketId, uint256 number, bytes32 entry) external {
        _transfer(Act(ticketId, msg.sender, Actor.None, entry), number);
    }

    /// @inheritdoc ITicketDesk
    function expire(bytes32[] calldata ticketIds) external returns (uint256 count) {
        for (uint256 i; i < ticketIds.length; ++i) {
            if (_expire(Act(ticketIds[i], msg.sender, Actor.Anyone, 0))) ++count;
        }
        if (count == 0) revert NothingOverdue();
    }

    // ----------------------------------------------------------------------------------------------- modules

    /// @inheritdoc ITicketDesk
    function openAsModule(uint256 number, address customer, bytes32 entry) external returns (bytes32) {
        _checkRole(MODULE_ROLE);
        return _open(Act(0, msg.sender, Actor.Module, entry), customer, number, _lane(number));
    }

    /// @inheritdoc ITicketDesk
    function moveAsModule(bytes32 ticketId, Status to, bytes32 entry) external {
        _checkRole(MODULE_ROLE);
        _moveAsModule(Act(ticketId, msg.sender, Actor.Module, entry), to);
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITicketDesk
    function ticket(bytes32 ticketId) external view returns (Ticket memory) {
        TicketWord word = _tickets[ticketId];
        return
            Ticket({
                customer: word.customer(),
                status: word.status(),
                rating: word.rating(),
                breached: word.breached(),
                lane: word.lane(),
                seat: word.seat(),
                dueAt: word.dueAt(),
                acts: word.acts(),
                budget: word.budget(),
                overdue: TicketClock.isOverdue(word)
            });
    }

    /// @inheritdoc ITicketDesk
    function wordOf(bytes32 ticketId) external view returns (TicketWord) {
        return _tickets[ticketId];
    }

    /// @inheritdoc ITicketDesk
    function scoreOf(uint256 certificateId) external view returns (uint256 sum, uint256 count) {
        return (_scores[certificateId].sum, _scores[certificateId].count);
    }

    /// @inheritdoc ITicketDesk
    function isLegal(Actor kind, Status from, Status to) external pure returns (bool) {
        return TicketMoves.isLegal(kind, from, to);
    }

    function _checkRole(uint64 role) private view {
        if (!_hasRole(role, msg.sender)) revert MissingRole(msg.sender, role);
    }
}
