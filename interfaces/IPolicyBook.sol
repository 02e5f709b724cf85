// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Reason, Rule, Term } from "../contracts/types/ClaimTypes.sol";
import { IRefundVault } from "./IRefundVault.sol";
import { ITicketDesk } from "./ITicketDesk.sol";

/// @title IPolicyBook
/// @notice The rules that claims are judged by, and who signs for what. Neither is ever changed: rules are published by
/// their content, and an office is held once.
/// @dev Amounts are in the smallest units of the policy's token, times seconds.
interface IPolicyBook {
    // ------------------------------------------------------------------------------------------------ errors

    /// @notice A policy has at most one rule a reason, in the reasons' order, at least one in all.
    error RulesOutOfOrder(uint256 index);
    /// @notice A rule's window is at least 1 second, its refund at most 10,000 basis points.
    error InvalidRule(Reason reason);
    /// @notice A rule's lane is a claims lane of the desk.
    error NotAClaimsLane(uint256 lane);
    /// @notice The token is not on the vault's list.
    error TokenNotListed(address token);
    /// @notice These rules are published already.
    error PolicyExists(bytes32 policyId);
    /// @notice No such policy on this desk.
    error UnknownPolicy(bytes32 policyId);
    /// @notice An evidence kind is 0 to 15.
    error UnknownKind(uint256 kind);
    /// @notice Nobody is at the zero address.
    error EmptyAccount();
    /// @notice The account has, or had, this office: each address has it once.
    error AlreadyAppointed(address account);
    /// @notice The account is not in this office.
    error NotInOffice(address account);

    /// @notice A contract was expected at this address.
    error NoContract(address account);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice Rules that never change.
    event PolicyPublished(bytes32 indexed policyId, address indexed token, Rule[] rules);
    /// @notice The account may sign receipts from now on.
    event MerchantAppointed(address indexed account);
    /// @notice The account may no longer sign receipts.
    event MerchantDismissed(address indexed account);
    /// @notice The account may sign evidence of a kind from now on.
    event PartyAccredited(address indexed account, uint256 indexed kind);
    /// @notice The account may no longer sign evidence of a kind.
    event PartyDismissed(address indexed account, uint256 indexed kind);

    // ----------------------------------------------------------------------------------------------- policies

    /// @notice Publishes rules, for ever. CLAIMS_EDITOR.
    /// @param token What prices and refunds are in; the zero address for ETH.
    /// @param rules One a reason, in the reasons' order.
    /// @return policyId `keccak256(abi.encode(token, rules))`.
    function publishPolicy(address token, Rule[] calldata rules) external returns (bytes32 policyId);

    /// @notice Lets an account sign receipts. CLAIMS_EDITOR.
    function appointMerchant(address account) external;

    /// @notice Lets it sign no more. CLAIMS_EDITOR.
    function dismissMerchant(address account) external;

    /// @notice Lets an account sign evidence of a kind. CLAIMS_EDITOR.
    function accredit(address account, uint256 kind) external;

    /// @notice Lets it sign no more of that kind. CLAIMS_EDITOR.
    function discredit(address account, uint256 kind) external;

    // -------------------------------------------------------------------------------------------------- views

    /// @notice A policy's token; reverts if there is no such policy.
    function tokenOf(bytes32 policyId) external view returns (address);

    /// @notice A policy's rule for a reason; its window is 0 if it has none.
    function ruleOf(bytes32 policyId, Reason reason) external view returns (Rule memory);

    /// @notice What a claim is judged by.
    /// @return token The policy's token; reverts if there is no such policy.
    /// @return lane Where the claim becomes a ticket: the rule's, or the first rule's where there is none for the reason.
    /// @return rule The rule; its window is 0 if the policy has none for the reason.
    function termsFor(
        bytes32 policyId,
        Reason reason
    ) external view returns (address token, uint256 lane, Rule memory rule);

    /// @notice Whether an account was in office at the date that an item states, and when it signed it at the latest.
    /// @param kind The evidence's, or 255 for receipts.
    function wasInOffice(
        address account,
        uint256 kind,
        uint256 statedAt,
        uint256 signedBy
    ) external view returns (bool);

    /// @notice When an account may sign receipts.
    function merchantTerm(address account) external view returns (Term memory);

    /// @notice When an account may sign evidence of a kind.
    function partyTerm(address account, uint256 kind) external view returns (Term memory);

    /// @notice Where claims are tickets.
    function desk() external view returns (ITicketDesk);

    /// @notice What pays them.
    function vault() external view returns (IRefundVault);
}
