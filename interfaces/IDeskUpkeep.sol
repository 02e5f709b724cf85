// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IDeskUpkeep
/// @notice All that is due on a desk, done in one transaction by whoever comes: its own keeper, or Chainlink Automation
/// (AutomationCompatibleInterface).
/// @dev It holds nothing and may nothing: every step is open to anyone in the contracts themselves.
interface IDeskUpkeep {
    /// @notice What is to be done; tickets and tokens with nothing due are skipped.
    /// @param expire Tickets whose clock ran out.
    /// @param note Tickets of lanes that promise a compensation, whose breach is to be noted.
    /// @param compensate Tickets whose compensation is due.
    /// @param release Tickets that were Closed with a claim under review.
    /// @param settle Tokens with pending payments that are covered.
    struct Work {
        bytes32[] expire;
        bytes32[] note;
        bytes32[] compensate;
        bytes32[] release;
        address[] settle;
    }

    /// @notice Nothing of it was due, or all of it was done already.
    error NothingToDo();
    /// @notice A contract was expected at this address.
    error NoContract(address account);

    /// @notice What was done.
    event UpkeepPerformed(
        address indexed keeper,
        uint256 expired,
        uint256 noted,
        uint256 compensated,
        uint256 released,
        uint256 settled
    );

    /// @notice Whether anything is due of these tickets and tokens.
    /// @param checkData `abi.encode(bytes32[] ticketIds, address[] tokens)`
    /// @return upkeepNeeded Whether anything is.
    /// @return performData What `performUpkeep` takes.
    function checkUpkeep(
        bytes calldata checkData
    ) external view returns (bool upkeepNeeded, bytes memory performData);

    /// @notice Does what is still due of it.
    /// @param performData `abi.encode(Work)`
    ///
    /// Requirements:
    /// - at least one thing is due
    function performUpkeep(bytes calldata performData) external;

    /// @notice As `performUpkeep`, with the work spelt out.
    function perform(Work calldata work) external;
}
