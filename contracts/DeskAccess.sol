// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManager } from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @title DeskAccess
/// @notice The AccessManager of one organisation: it holds the roles of every contract of its desk.
contract DeskAccess is AccessManager {
    constructor(address admin) AccessManager(admin) {}

    /// @notice A delay that is raised holds at once, so that the delays are in force before a handover. Lowering one
    /// still takes as long as what it is lowered by.
    function minSetback() public pure override returns (uint32) {
        return 0;
    }

    /// @notice As the AccessManager, but that nobody may `execute` a contract's `setAuthority`: it obeys the manager, whose
    /// word ADMIN could then speak at once. `updateAuthority`, with its delay, stays the only way.
    function canCall(
        address caller,
        address target,
        bytes4 selector
    ) public view override returns (bool immediate, uint32 delay) {
        if (selector == IAccessManaged.setAuthority.selector) return (false, 0);
        return super.canCall(caller, target, selector);
    }
}
