// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IClaimDesk } from "./IClaimDesk.sol";

/// @title ICompensationDesk
/// @notice A late desk pays: what a lane promises for a breach goes to the ticket's customer, 48 hours after it.
/// @dev Only gated and claims lanes, so that nobody farms it with tickets of his own. Times are seconds.
interface ICompensationDesk {
    // ------------------------------------------------------------------------------------------------ errors

    /// @notice Compensation is promised in gated and claims lanes only.
    error LaneNotEligible(uint256 lane);
    /// @notice It is promised once, and before the lane's first ticket.
    error LaneInUse(uint256 lane);
    /// @notice The amount is at least 1 and at most the daily cap.
    error InvalidTerms(uint256 amount, uint256 dailyCap);
    /// @notice The token is not on the vault's list.
    error TokenNotListed(address token);
    /// @notice None of the tickets has a breach that was not noted yet.
    error NothingToNote();
    /// @notice Nothing is due: the breach was not noted, its lane promises nothing, or it was paid already.
    error NothingDue(bytes32 ticketId);
    /// @notice The compensation is due at `dueAt`.
    error NotYetDue(bytes32 ticketId, uint256 dueAt);
    /// @notice The breach lies in an outage that the guardian excluded.
    error Excluded(bytes32 ticketId);
    /// @notice Another ticket of the same order was compensated, or the claim is of nobody's order.
    error OrderNotEligible(bytes32 ticketId);
    /// @notice The lane's cap for today is used up; try tomorrow.
    error DailyCapReached(uint256 lane, uint256 day);
    /// @notice An outage ends after it began, at most 24 hours later, and not in the future.
    error InvalidOutage(uint256 from, uint256 to);
    /// @notice An outage is excluded within 48 hours after it began.
    error OutageTooOld(uint256 from);
    /// @notice One outage is excluded in 30 days.
    error OutageTooSoon(uint256 lastFrom);
    /// @notice The vault is making a payment: nothing else happens in it.
    error VaultLocked();
    /// @notice A contract was expected at this address.
    error NoContract(address account);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice What a lane pays for a breach, for ever.
    event CompensationPromised(uint256 indexed lane, address indexed token, uint256 amount, uint256 dailyCap);
    /// @notice A ticket's breach is known to have happened at `time`: when its clock ran out, or, where another act recorded it,
    /// when it was noted.
    event BreachNoted(bytes32 indexed ticketId, uint256 indexed lane, uint256 time);
    /// @notice A customer was paid for a breach (or the vault owes it to him, or will pay in its order).
    event Compensated(
        bytes32 indexed ticketId,
        uint256 indexed lane,
        address indexed customer,
        uint256 amount
    );
    /// @notice Breaches in these hours are not compensated.
    event OutageExcluded(address indexed guardian, uint256 from, uint256 to);

    // ---------------------------------------------------------------------------------------------- functions

    /// @notice Promises a compensation for a lane's breaches; it never changes. CLAIMS_EDITOR.
    /// @param lane A gated or a claims lane that had no ticket yet.
    /// @param token The zero address for ETH.
    /// @param amount What a breach pays.
    /// @param dailyCap What the lane pays in a day of UTC at most.
    function offer(uint256 lane, address token, uint128 amount, uint128 dailyCap) external;

    /// @notice Anyone: expires overdue tickets and notes when their clocks ran out; notes breaches that others recorded. Tickets
    /// with nothing to note are skipped.
    /// @return count How many were noted.
    function note(bytes32[] calldata ticketIds) external returns (uint256 count);

    /// @notice Anyone: pays a ticket's customer for its breach, once a ticket and once an order, 48 hours after the breach.
    function compensate(bytes32 ticketId) external;

    /// @notice Excludes an outage of at most 24 hours, once in 30 days. GUARDIAN.
    function excludeOutage(uint64 from, uint64 to) external;

    // -------------------------------------------------------------------------------------------------- views

    /// @notice What a lane promises; amount 0 if nothing.
    function offerOf(uint256 lane) external view returns (address token, uint256 amount, uint256 dailyCap);

    /// @notice When a ticket was breached, 0 if it is not noted, and whether it was compensated.
    function breachOf(bytes32 ticketId) external view returns (uint256 time, bool paid);

    /// @notice Whether `compensate` would pay now.
    function isDue(bytes32 ticketId) external view returns (bool);

    /// @notice What a lane paid on a day, counted from 1970.
    function paidOn(uint256 lane, uint256 day) external view returns (uint256);

    /// @notice The outage that began in a 30-day period counted from 1970; zeros if none.
    function outageOf(uint256 period) external view returns (uint256 from, uint256 to);

    /// @notice Whose claims, desk and vault it works with.
    function claims() external view returns (IClaimDesk);
}
