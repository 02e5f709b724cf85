// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import { IClaimDesk } from "../interfaces/IClaimDesk.sol";
import { ICompensationDesk } from "../interfaces/ICompensationDesk.sol";
import { IRefundVault } from "../interfaces/IRefundVault.sol";
import { ITicketDesk } from "../interfaces/ITicketDesk.sol";
import { TicketClock } from "./libraries/TicketClock.sol";
import { TicketMoves } from "./libraries/TicketMoves.sol";
import { Lane } from "./types/DeskTypes.sol";
import { TicketWord } from "./types/TicketWord.sol";

/// @title CompensationDesk
/// @notice Pays customers whom the desk let wait. See ICompensationDesk.
/// @dev A breach is found in the ticket's word and paid by the vault: nobody judges.
contract CompensationDesk is ICompensationDesk, AccessManaged {
    struct Offer {
        address token;
        uint128 amount;
        uint128 dailyCap;
    }

    /// @param lane Where it happened: a ticket may be handed on later.
    struct Breach {
        uint64 time;
        uint16 lane;
        bool paid;
    }

    struct Outage {
        uint64 from;
        uint64 to;
    }

    uint256 private constant _DELAY = 48 hours;
    uint256 private constant _LONGEST_OUTAGE = 24 hours;
    /// @dev One outage in this time, so each such period since 1970 has at most one that began in it.
    uint256 private constant _PERIOD = 30 days;

    /// @inheritdoc ICompensationDesk
    IClaimDesk public immutable claims;
    ITicketDesk private immutable _desk;
    IRefundVault private immutable _vault;

    uint256 private _lastOutage;
    mapping(uint256 lane => Offer terms) private _offers;
    mapping(bytes32 ticketId => Breach breach) private _breaches;
    mapping(uint256 orderKey => bool done) private _compensated;
    mapping(uint256 period => Outage outage) private _outages;
    /// @inheritdoc ICompensationDesk
    mapping(uint256 lane => mapping(uint256 day => uint256 amount)) public paidOn;

    /// @dev A receiver who is paid cannot use the payment to act here.
    modifier unlocked() {
        if (_vault.isLocked()) revert VaultLocked();
        _;
    }

    constructor(address authority_, IClaimDesk claims_) AccessManaged(authority_) {
        if (authority_.code.length == 0) revert NoContract(authority_);
        if (address(claims_).code.length == 0) revert NoContract(address(claims_));
        (claims, _desk, _vault) = (claims_, claims_.desk(), claims_.vault());
    }

    // ------------------------------------------------------------------------------------------------- terms

    /// @inheritdoc ICompensationDesk
    function offer(uint256 number, address token, uint128 amount, uint128 dailyCap) external restricted {
        Lane memory lane = _desk.lane(number);
        if (!lane.config.gated && !lane.config.claims) revert LaneNotEligible(number);
        // Nobody's terms are changed under him, and no old breach is paid.
        if (lane.size != 0 || _offers[number].amount != 0) revert LaneInUse(number);
        if (amount == 0 || amount > dailyCap) revert InvalidTerms(amount, dailyCap);
        if (!_vault.isListed(token)) revert TokenNotListed(token);
        _offers[number] = Offer(token, amount, dailyCap);
        emit CompensationPromised(number, token, amount, dailyCap);
    }

    /// @inheritdoc ICompensationDesk
    function excludeOutage(uint64 from, uint64 to) external restricted {
        if (to <= from || to - from > _LONGEST_OUTAGE || to > block.timestamp) revert InvalidOutage(from, to);
        // Until then nothing that it excludes can have been paid.
        if (block.timestamp >= from + _DELAY) revert OutageTooOld(from);
        if (_lastOutage != 0 && from < _lastOutage + _PERIOD) revert OutageTooSoon(_lastOutage);
        _lastOutage = from;
        _outages[from / _PERIOD] = Outage(from, to);
        emit OutageExcluded(msg.sender, from, to);
    }

    // ---------------------------------------------------------------------------------------------- breaches

    /// @inheritdoc ICompensationDesk
    function note(bytes32[] calldata ticketIds) external returns (uint256 count) {
        for (uint256 i; i < ticketIds.length; ++i) {
            if (_note(ticketIds[i])) ++count;
        }
        if (count == 0) revert NothingToNote();
    }

    /// @inheritdoc ICompensationDesk
    function compensate(bytes32 ticketId) external unlocked {
        // Check.
        Breach memory breach = _breaches[ticketId];
        Offer memory terms = _offers[breach.lane];
        if (breach.time == 0 || breach.paid) revert NothingDue(ticketId);
        if (block.timestamp < breach.time + _DELAY) revert NotYetDue(ticketId, breach.time + _DELAY);
        if (_isExcluded(breach.time)) revert Excluded(ticketId);
        (bool isEligible, uint256 order) = _orderOf(ticketId, breach.lane);
        if (!isEligible) revert OrderNotEligible(ticketId);
        uint256 day = block.timestamp / 1 days;
        uint256 paidToday = paidOn[breach.lane][day] + terms.amount;
        if (paidToday > terms.dailyCap) revert DailyCapReached(breach.lane, day);
        // Effect.
        _breaches[ticketId].paid = true;
        if (order != 0) _compensated[order] = true;
        paidOn[breach.lane][day] = paidToday;
        address customer = _desk.wordOf(ticketId).customer();
        emit Compensated(ticketId, breach.lane, customer, terms.amount);
        // Interaction.
        _vault.pay(ticketId, terms.token, customer, terms.amount);
    }

    // -------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICompensationDesk
    function offerOf(uint256 lane) external view returns (address token, uint256 amount, uint256 dailyCap) {
        Offer memory terms = _offers[lane];
        return (terms.token, terms.amount, terms.dailyCap);
    }

    /// @inheritdoc ICompensationDesk
    function breachOf(bytes32 ticketId) external view returns (uint256 time, bool paid) {
        return (_breaches[ticketId].time, _breaches[ticketId].paid);
    }

    /// @inheritdoc ICompensationDesk
    function isDue(bytes32 ticketId) external view returns (bool) {
        Breach memory breach = _breaches[ticketId];
        if (breach.time == 0 || breach.paid || block.timestamp < breach.time + _DELAY) return false;
        if (_isExcluded(breach.time)) return false;
        (bool isEligible, ) = _orderOf(ticketId, breach.lane);
        Offer memory terms = _offers[breach.lane];
        uint256 paidToday = paidOn[breach.lane][block.timestamp / 1 days];
        return isEligible && paidToday + terms.amount <= terms.dailyCap;
    }

    /// @inheritdoc ICompensationDesk
    function outageOf(uint256 period) external view returns (uint256 from, uint256 to) {
        return (_outages[period].from, _outages[period].to);
    }

    // ----------------------------------------------------------------------------------------------- internal

    /// @return Whether there was something to note.
    function _note(bytes32 ticketId) private returns (bool) {
        // Its caller pays for each ticket he names.
        // slither-disable-next-line calls-loop
        TicketWord word = _desk.wordOf(ticketId);
        uint256 lane = word.lane();
        if (_breaches[ticketId].time != 0 || _offers[lane].amount == 0) return false;
        bool isLate = word.isIn(TicketMoves.AT_DESK) && TicketClock.isOverdue(word);
        uint256 time = block.timestamp;
        if (isLate && !word.breached()) time = word.dueAt() * 1 minutes;
        else if (!word.breached()) return false;
        _breaches[ticketId] = Breach(uint64(time), uint16(lane), false);
        emit BreachNoted(ticketId, lane, time);
        if (isLate) {
            bytes32[] memory one = new bytes32[](1);
            one[0] = ticketId;
            // It is overdue.
            // slither-disable-next-line calls-loop,unused-return
            _desk.expire(one);
        }
        return true;
    }

    function _isExcluded(uint256 time) private view returns (bool) {
        uint256 period = time / _PERIOD;
        return _covers(_outages[period], time) || (period != 0 && _covers(_outages[period - 1], time));
    }

    function _covers(Outage memory outage, uint256 time) private pure returns (bool) {
        return outage.from <= time && time <= outage.to;
    }

    /// @return isEligible Whether a compensation may be paid for it as far as its order goes.
    /// @return order Its order's key; 0 in a lane without claims.
    function _orderOf(bytes32 ticketId, uint256 lane) private view returns (bool isEligible, uint256 order) {
        if (!_desk.lane(lane).config.claims) return (true, 0);
        order = claims.claimOf(ticketId).order;
        return (order != 0 && !_compensated[order], order);
    }
}
