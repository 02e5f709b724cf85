// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IAgentCertification } from "../../interfaces/IAgentCertification.sol";
import { ActLog } from "../libraries/ActLog.sol";
import { FairQueue } from "../libraries/FairQueue.sol";
import { TicketClock } from "../libraries/TicketClock.sol";
import { TicketMoves } from "../libraries/TicketMoves.sol";
import { Actor, Status } from "../types/DeskTypes.sol";
import { LaneWord } from "../types/LaneWord.sol";
import { SUPERVISOR_ROLE } from "../types/Roles.sol";
import { TicketWord } from "../types/TicketWord.sol";
import { Lanes } from "./Lanes.sol";

/// @title Acts
/// @notice Every act on a ticket, whoever brings it: who he is, what he may do, and the one write of word, leaf and event.
/// @dev Calls to the certification and the access manager only read, and come before any write.
abstract contract Acts is Lanes {
    /// @dev What an act's leaf says of it besides the word.
    struct Act {
        bytes32 ticketId;
        address actor;
        Actor kind;
        bytes32 entry;
    }

    /// @dev A ticket's sum and number of ratings that count for its agent.
    struct Score {
        uint128 sum;
        uint128 count;
    }

    /// @dev `seen` of an agent who answers whatever was added since.
    uint256 private constant _SEEN_ANY = 1023;
    uint256 private constant _MAX_ACTS_IN_NEW = 50;
    uint256 private constant _MAX_ADDING_ACTS = 900;
    uint256 private constant _MAX_ACTS = 1000;
    /// @dev One below what the field holds: the last number is the customer's, for his rating.
    uint256 private constant _MAX_NOTED_ACTS = 1022;

    mapping(bytes32 ticketId => TicketWord word) internal _tickets;
    mapping(uint256 certificateId => Score score) internal _scores;

    // ------------------------------------------------------------------------------------------------ the acts

    function _open(
        Act memory act,
        address customer,
        uint256 number,
        LaneWord lane_
    ) internal returns (bytes32) {
        _checkOpening();
        if (lane_.closed()) revert LaneClosed(number);
        if (customer == address(0)) revert EmptyCustomer();
        act.ticketId = keccak256(abi.encode(customer, act.entry));
        if (!_tickets[act.ticketId].isNone()) revert TicketExists(act.ticketId);
        uint256 turn;
        (lane_, turn) = FairQueue.join(lane_);
        TicketWord word = TicketWord
            .wrap(0)
            .withCustomer(customer)
            .withStatus(Status.New)
            .withLane(number)
            .withSeat(turn)
            .withDueAt(block.timestamp / 1 minutes + lane_.respondWithin());
        _write(act, word, number, lane_);
        return act.ticketId;
    }

    function _take(Act memory act, uint256 certificateId) internal {
        TicketWord word = _ticket(act.ticketId);
        if (!word.isIn(TicketMoves.NEW)) revert IllegalMove(word.status(), Status.Open, Actor.Agent);
        LaneWord lane_ = _lanes[word.lane()];
        if (_checkAgent(act.ticketId, word, lane_, certificateId) != act.actor) {
            revert CertificateNotValid(certificateId);
        }
        lane_ = FairQueue.serve(lane_, word.lane(), _departures[word.lane()], word.seat());
        _enter(act, word, lane_, Status.Open, certificateId);
    }

    /// @param seenIn The status that the actor saw; None where he need not say, for who acts himself can look again.
    function _move(Act memory act, Status seenIn, Status to, uint256 seen) internal {
        TicketWord word = _ticket(act.ticketId);
        Status from = word.status();
        if (seenIn != Status.None) {
            if (seen != word.acts()) revert StaleTicket(seen, word.acts());
            if (seenIn != from) revert StatusChanged(seenIn, from);
        }
        Actor kind = _kindOf(word, act.actor);
        if (kind == Actor.Anyone) _refuseFormerAgent(word, act.actor);
        if (kind == Actor.Anyone || !TicketMoves.isLegal(kind, from, to)) revert IllegalMove(from, to, kind);
        bool stale = seen != word.acts();
        if (stale && (seen != _SEEN_ANY || kind != Actor.Agent)) revert StaleTicket(seen, word.acts());
        act.kind = kind;
        LaneWord lane_ = _lanes[word.lane()];
        if (lane_.claims() && TicketMoves.isEnding(to)) revert ClaimsLane(word.lane());
        _checkObjection(word, to);
        _departAndEnter(act, word, lane_, to, 0);
    }

    function _moveAsModule(Act memory act, Status to) internal {
        TicketWord word = _ticket(act.ticketId);
        Status from = word.status();
        if (act.actor == word.customer()) revert IllegalMove(from, to, Actor.Customer);
        if (!TicketMoves.isLegal(Actor.Module, from, to)) revert IllegalMove(from, to, Actor.Module);
        _checkObjection(word, to);
        // A ruling cannot be refused for want of acts: where it would reopen it closes.
        if (to == Status.Open && word.acts() >= _MAX_ACTS) to = Status.Closed;
        _departAndEnter(act, word, _lanes[word.lane()], to, 0);
    }

    function _rate(Act memory act, uint256 score) internal {
        TicketWord word = _ticket(act.ticketId);
        Status status = word.status();
        if (act.actor != word.customer()) revert NotCustomer(act.ticketId, act.actor);
        if (score == 0 || score > 5) revert InvalidScore(score);
        bool ended = status == Status.Resolved || status == Status.Closed;
        if (!ended || word.rating() != 0 || word.seat() == 0) revert NotRateable(act.ticketId);
        LaneWord lane_ = _lanes[word.lane()];
        if (lane_.gated()) {
            Score memory sum = _scores[word.seat()];
            _scores[word.seat()] = Score(sum.sum + uint128(score), sum.count + 1);
        }
        _write(act, word.withRating(score), word.lane(), lane_);
    }

    function _assign(Act memory act, uint256 certificateId) internal {
        TicketWord word = _ticket(act.ticketId);
        Status from = word.status();
        bool assignable = from == Status.Waiting || word.isIn(TicketMoves.AT_DESK);
        if (act.actor == word.customer()) revert IllegalMove(from, Status.Open, Actor.Customer);
        if (!assignable) revert IllegalMove(from, Status.Open, Actor.Supervisor);
        LaneWord lane_ = _lanes[word.lane()];
        _checkAgent(act.ticketId, word, lane_, certificateId);
        _departAndEnter(act, word, lane_, Status.Open, certificateId);
    }

    function _transfer(Act memory act, uint256 toNumber) internal {
        TicketWord word = _ticket(act.ticketId);
        Status from = word.status();
        act.kind = _transferrer(word, act.actor);
        uint256 number = word.lane();
        LaneWord lane_ = _lanes[number];
        LaneWord toLane = _lane(toNumber);
        if (lane_.claims() || toLane.claims()) revert ClaimsLane(lane_.claims() ? number : toNumber);
        bool sameGate = lane_.gated() == toLane.gated();
        bool shorter = toLane.confirmWithin() < lane_.confirmWithin();
        if (number == toNumber || !sameGate || shorter) revert NoTransfer(number, toNumber);
        _checkActs(word, Status.Escalated, act.kind);
        if (from == Status.New) lane_ = FairQueue.depart(lane_, _departures[number], word.seat());
        word = TicketClock.recordBreach(word);
        word = TicketClock.enter(word, toLane, Status.Escalated, act.kind, false);
        _write(act, word.withSeat(0).withLane(toNumber), number, lane_);
    }

    /// @return Whether the ticket was overdue.
    function _expire(Act memory act) internal returns (bool) {
        TicketWord word = _tickets[act.ticketId];
        if (!TicketClock.isOverdue(word)) return false;
        Status to = word.acts() >= _MAX_ACTS ? Status.Closed : TicketMoves.expiry(word.status());
        _departAndEnter(act, word, _lanes[word.lane()], to, 0);
        return true;
    }

    // ------------------------------------------------------------------------------------------------- the step

    /// @dev As `_enter`, for a ticket that may leave the line otherwise than by being taken.
    function _departAndEnter(
        Act memory act,
        TicketWord word,
        LaneWord lane_,
        Status to,
        uint256 certificateId
    ) private {
        if (word.isIn(TicketMoves.NEW) && to != Status.New) {
            lane_ = FairQueue.depart(lane_, _departures[word.lane()], word.seat());
            word = word.withSeat(0);
        }
        _enter(act, word, lane_, to, certificateId);
    }

    /// @param certificateId The seat's certificate where the ticket is taken or assigned, otherwise 0.
    function _enter(
        Act memory act,
        TicketWord word,
        LaneWord lane_,
        Status to,
        uint256 certificateId
    ) private {
        if (certificateId != 0) {
            word = word.withSeat(certificateId);
        } else if (to == Status.Open && word.seat() == 0) {
            to = Status.Escalated;
        }
        _checkActs(word, to, act.kind);
        word = TicketClock.recordBreach(word);
        word = TicketClock.enter(word, lane_, to, act.kind, certificateId != 0);
        _write(act, word, word.lane(), lane_);
    }

    /// @dev The one place that writes a ticket, its leaf and its event.
    function _write(Act memory act, TicketWord word, uint256 number, LaneWord lane_) private {
        if (act.entry == 0 && act.kind != Actor.Anyone) revert EmptyEntry();
        uint256 position = lane_.size();
        // Neither counter comes near 256 bits: each field refuses what it cannot hold.
        unchecked {
            word = word.withActs(word.acts() + 1);
            lane_ = lane_.withSize(position + 1);
        }
        bytes32 leaf = ActLog.leafHash(act.ticketId, word, act.actor, act.kind, act.entry, block.timestamp);
        _tickets[act.ticketId] = word;
        _lanes[number] = lane_;
        ActLog.append(_peaks[number], position, leaf);
        emit ActLogged(act.ticketId, number, act.actor, act.kind, word, act.entry, position, block.timestamp);
    }

    // ------------------------------------------------------------------------------------------------- the checks

    function _ticket(bytes32 ticketId) internal view returns (TicketWord word) {
        word = _tickets[ticketId];
        if (word.isNone()) revert UnknownTicket(ticketId);
    }

    function _kindOf(TicketWord word, address actor) private view returns (Actor) {
        if (actor == word.customer()) return Actor.Customer;
        if (_isAgent(word, actor)) return Actor.Agent;
        return _hasRole(SUPERVISOR_ROLE, actor) ? Actor.Supervisor : Actor.Anyone;
    }

    function _transferrer(TicketWord word, address actor) private view returns (Actor) {
        Status from = word.status();
        if (actor == word.customer()) revert IllegalMove(from, Status.Escalated, Actor.Customer);
        bool agent = _isAgent(word, actor);
        if (agent && (from == Status.Open || from == Status.OnHold)) return Actor.Agent;
        bool supervisor = _hasRole(SUPERVISOR_ROLE, actor);
        if (supervisor && word.isIn(TicketMoves.AT_DESK)) return Actor.Supervisor;
        if (agent) revert IllegalMove(from, Status.Escalated, Actor.Agent);
        if (supervisor) revert IllegalMove(from, Status.Escalated, Actor.Supervisor);
        _refuseFormerAgent(word, actor);
        revert IllegalMove(from, Status.Escalated, Actor.Anyone);
    }

    function _isAgent(TicketWord word, address actor) private view returns (bool) {
        if (word.isIn(TicketMoves.NEW) || word.seat() == 0) return false;
        // His program and level mattered when he was seated.
        // slither-disable-next-line unused-return
        (address agent, , ) = certification.holderIfValid(word.seat());
        return agent == actor;
    }

    /// @dev Tells the holder of the seat that his certificate is why he may not act.
    function _refuseFormerAgent(TicketWord word, address actor) private view {
        if (word.isIn(TicketMoves.NEW) || word.seat() == 0) return;
        if (certification.certificate(word.seat()).agent == actor) revert CertificateNotValid(word.seat());
    }

    /// @return agent Whom the certificate admits to the lane.
    function _checkAgent(
        bytes32 ticketId,
        TicketWord word,
        LaneWord lane_,
        uint256 certificateId
    ) private view returns (address agent) {
        uint256 program;
        uint256 level;
        // `assign` loops over what its caller, a supervisor, passes.
        // slither-disable-next-line calls-loop
        (agent, program, level) = certification.holderIfValid(certificateId);
        if (agent == address(0)) revert CertificateNotValid(certificateId);
        if (program != lane_.program() || level < lane_.level())
            revert NotQualified(certificateId, program, level);
        if (agent == word.customer()) revert OwnTicket(ticketId);
    }

    function _checkObjection(TicketWord word, Status to) private view {
        bool leaves = word.isIn(TicketMoves.ENDING) && to != Status.Closed;
        if (leaves && TicketClock.isOverdue(word)) revert ObjectionWindowOver(word.dueAt());
    }

    /// @dev A ticket can always be ended: what keeps or reopens it stops before the counter does.
    function _checkActs(TicketWord word, Status to, Actor kind) private pure {
        uint256 acts = word.acts();
        if (acts < _MAX_ACTS_IN_NEW || kind == Actor.Anyone) return;
        if (to == word.status()) {
            uint256 most = _MAX_ADDING_ACTS;
            if (to == Status.New) most = _MAX_ACTS_IN_NEW;
            if (to == Status.Closed) most = _MAX_NOTED_ACTS;
            if (acts >= most) revert TooManyActs(acts);
        } else if (acts >= _MAX_ACTS) {
            bool ends = TicketMoves.isEnding(to) || to == Status.Disputed || to == Status.Closed;
            if (!ends) revert TooManyActs(acts);
        }
    }
}
