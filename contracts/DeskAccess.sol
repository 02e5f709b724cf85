// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title DeskAccess
/// @notice The AccessManager of one organisation: it holds the roles of every contract of its desk.
contract DeskAccess is AccessManager {
    constructor(address admin) AccessManager(admin) {}

    /// @notice A delay that is raised holds at once, so that the delays are in force before a handover. Lowering one
    /// still takes as long as what it is lowered by.
    function minSetback() public pure override returns (uint32) {
        return 0;
    }
}
