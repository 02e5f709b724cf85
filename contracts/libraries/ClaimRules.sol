// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Facts, Rule, Verdict } from "../types/ClaimTypes.sol";

/// @title ClaimRules
/// @notice The judgement of a claim: the same answer for the same facts, whoever asks. It reads and writes nothing.
/// @dev The failed rules are a mask; bit 16 + k says that evidence of kind k is missing.
library ClaimRules {
    uint256 internal constant REASON_NOT_COVERED = 1 << 0;
    uint256 internal constant DATE_IN_FUTURE = 1 << 1;
    uint256 internal constant OUT_OF_WINDOW = 1 << 2;
    uint256 internal constant NOT_THE_CUSTOMER = 1 << 3;
    uint256 internal constant NOTHING_ASKED = 1 << 4;
    uint256 internal constant OVER_REFUND = 1 << 5;
    uint256 internal constant OVER_PRICE = 1 << 6;
    uint256 internal constant TOO_MANY_CLAIMS = 1 << 7;
    uint256 internal constant CLAIM_UNDER_REVIEW = 1 << 8;
    uint256 internal constant EVIDENCE_MISSING = 16;

    /// @notice Claims of its customer that an order takes.
    uint256 internal constant MAX_CLAIMS = 8;
    uint256 internal constant FULL_REFUND = 10_000;

    /// @param rule The policy's for the claim's reason; its window is 0 where the policy has none.
    /// @return verdict Approved, Denied or Review.
    /// @return failed Every rule that the claim does not meet; 0 unless it is Denied.
    function judge(
        Rule memory rule,
        Facts memory facts
    ) internal pure returns (Verdict verdict, uint256 failed) {
        failed = _failed(rule, facts);
        if (failed != 0) return (Verdict.Denied, failed);
        bool automatic = !rule.review && facts.paidOnOrder + facts.amount <= rule.automaticLimit;
        return (automatic ? Verdict.Approved : Verdict.Review, 0);
    }

    /// @notice What can still be paid for this reason on the order: never more than the rule's part of the price, nor than
    /// is left of the price.
    function refundable(
        Rule memory rule,
        uint256 price,
        uint256 paidOnOrder,
        uint256 paidForReason
    ) internal pure returns (uint256) {
        uint256 forReason = _left((price * rule.refund) / FULL_REFUND, paidForReason);
        uint256 onOrder = _left(price, paidOnOrder);
        return forReason < onOrder ? forReason : onOrder;
    }

    function _failed(Rule memory rule, Facts memory facts) private pure returns (uint256 failed) {
        if (facts.purchasedAt > facts.time) failed |= DATE_IN_FUTURE;
        if (!facts.isCustomer) failed |= NOT_THE_CUSTOMER;
        if (facts.amount == 0) failed |= NOTHING_ASKED;
        if (facts.amount > _left(facts.price, facts.paidOnOrder)) failed |= OVER_PRICE;
        if (facts.claims >= MAX_CLAIMS) failed |= TOO_MANY_CLAIMS;
        if (facts.live) failed |= CLAIM_UNDER_REVIEW;
        if (rule.window == 0) return failed | REASON_NOT_COVERED;
        if (facts.time > facts.purchasedAt + rule.window) failed |= OUT_OF_WINDOW;
        uint256 refund = (facts.price * rule.refund) / FULL_REFUND;
        if (facts.amount > _left(refund, facts.paidForReason)) failed |= OVER_REFUND;
        failed |= (rule.evidence & ~facts.evidence) << EVIDENCE_MISSING;
    }

    function _left(uint256 whole, uint256 taken) private pure returns (uint256) {
        return whole > taken ? whole - taken : 0;
    }
}
