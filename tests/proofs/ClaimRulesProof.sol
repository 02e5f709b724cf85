// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ClaimRules } from "../../contracts/libraries/ClaimRules.sol";
import { Facts, Rule, Verdict } from "../../contracts/types/ClaimTypes.sol";
import { Symbolic } from "./Symbolic.sol";

/// @notice For every rule, every history of an order and every claim: never more than the price.
/// @dev `paidOnOrder` grows by what is Approved and by what a decision pays, and by nothing else: each check is one step of
/// the induction over any number of claims and decisions.
contract ClaimRulesProof is Symbolic {
    function check_what_is_not_denied_stays_within_the_price(Rule memory rule, Facts memory facts) external {
        _possible(rule, facts);
        (Verdict verdict, uint256 failed) = ClaimRules.judge(rule, facts);
        assert(verdict != Verdict.None && (verdict == Verdict.Denied) == (failed != 0));
        if (verdict == Verdict.Denied) return;
        assert(facts.paidOnOrder + facts.amount <= facts.price);
        assert(facts.time >= facts.purchasedAt && facts.time - facts.purchasedAt <= rule.window);
        assert(facts.amount != 0 && facts.isCustomer && !facts.live && facts.claims < 8);
        assert(rule.evidence & ~facts.evidence == 0);
    }

    function check_what_is_approved_stays_within_the_limit(Rule memory rule, Facts memory facts) external {
        _possible(rule, facts);
        (Verdict verdict, ) = ClaimRules.judge(rule, facts);
        if (verdict != Verdict.Approved) return;
        assert(!rule.review && facts.paidOnOrder + facts.amount <= rule.automaticLimit);
    }

    function check_what_is_not_denied_is_refundable(Rule memory rule, Facts memory facts) external {
        _possible(rule, facts);
        (Verdict verdict, ) = ClaimRules.judge(rule, facts);
        if (verdict == Verdict.Denied) return;
        assert(
            facts.amount <= ClaimRules.refundable(rule, facts.price, facts.paidOnOrder, facts.paidForReason)
        );
    }

    function check_what_is_refundable_stays_within_the_price(
        Rule memory rule,
        uint128 price,
        uint128 paidOnOrder,
        uint128 paidForReason
    ) external {
        prover.assume(paidOnOrder <= price);
        assert(ClaimRules.refundable(rule, price, paidOnOrder, paidForReason) <= price - paidOnOrder);
    }

    /// @dev What fits the types that the chain keeps, and what the step before left.
    function _possible(Rule memory rule, Facts memory facts) private {
        prover.assume(rule.refund <= 10_000);
        prover.assume(facts.price <= type(uint128).max && facts.amount <= type(uint128).max);
        prover.assume(facts.time <= type(uint64).max && facts.purchasedAt <= type(uint64).max);
        prover.assume(facts.paidOnOrder <= facts.price && facts.paidForReason <= facts.paidOnOrder);
    }
}
