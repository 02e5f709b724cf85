// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ClaimRules } from "../libraries/ClaimRules.sol";
import { Facts, Rule, Verdict } from "../types/ClaimTypes.sol";

/// @title ClaimRulesHarness
/// @notice For tests: many claims judged in one call, each by the rule in its place.
contract ClaimRulesHarness {
    /// @return verdicts What each comes to.
    /// @return failed The rules that each does not meet.
    /// @return refundable What can still be paid for each one's reason on its order.
    function judge(
        Rule[] memory rules,
        Facts[] memory facts
    )
        external
        pure
        returns (Verdict[] memory verdicts, uint256[] memory failed, uint256[] memory refundable)
    {
        verdicts = new Verdict[](rules.length);
        (failed, refundable) = (new uint256[](rules.length), new uint256[](rules.length));
        for (uint256 i = 0; i < rules.length; ++i) {
            Facts memory each = facts[i];
            (verdicts[i], failed[i]) = ClaimRules.judge(rules[i], each);
            refundable[i] = ClaimRules.refundable(rules[i], each.price, each.paidOnOrder, each.paidForReason);
        }
    }
}
