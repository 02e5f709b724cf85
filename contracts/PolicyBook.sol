// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import { IPolicyBook } from "../interfaces/IPolicyBook.sol";
import { IRefundVault } from "../interfaces/IRefundVault.sol";
import { ITicketDesk } from "../interfaces/ITicketDesk.sol";
import { ClaimRules } from "./libraries/ClaimRules.sol";
import { Reason, Rule, Term } from "./types/ClaimTypes.sol";

/// @title PolicyBook
/// @notice The rules that claims are judged by, and who signs for what. See IPolicyBook.
contract PolicyBook is IPolicyBook, AccessManaged {
    struct Policy {
        address token;
        uint16 lane;
        bool published;
    }

    uint256 private constant _KINDS = 16;
    /// @dev The kind under which merchants are kept.
    uint256 private constant _MERCHANT = type(uint8).max;

    /// @inheritdoc IPolicyBook
    ITicketDesk public immutable desk;
    /// @inheritdoc IPolicyBook
    IRefundVault public immutable vault;

    mapping(bytes32 policyId => Policy terms) private _policies;
    mapping(bytes32 policyId => mapping(Reason reason => Rule rule)) private _rules;
    mapping(uint256 kind => mapping(address account => Term term)) private _terms;

    constructor(address authority_, ITicketDesk desk_, IRefundVault vault_) AccessManaged(authority_) {
        _checkContract(authority_);
        _checkContract(address(desk_));
        _checkContract(address(vault_));
        (desk, vault) = (desk_, vault_);
    }

    // ----------------------------------------------------------------------------------------------- policies

    /// @inheritdoc IPolicyBook
    function publishPolicy(
        address token,
        Rule[] calldata rules
    ) external restricted returns (bytes32 policyId) {
        if (!vault.isListed(token)) revert TokenNotListed(token);
        policyId = keccak256(abi.encode(token, rules));
        if (_policies[policyId].published) revert PolicyExists(policyId);
        if (rules.length == 0) revert RulesOutOfOrder(0);
        Reason last = Reason.None;
        for (uint256 i; i < rules.length; ++i) {
            Rule calldata rule = rules[i];
            if (rule.reason <= last) revert RulesOutOfOrder(i);
            last = rule.reason;
            if (rule.window == 0 || rule.refund > ClaimRules.FULL_REFUND) revert InvalidRule(rule.reason);
            // At most one rule a reason.
            // slither-disable-next-line calls-loop
            if (!desk.lane(rule.lane).config.claims) revert NotAClaimsLane(rule.lane);
            _rules[policyId][rule.reason] = rule;
        }
        // A claim for no reason of the policy is a ticket too.
        _policies[policyId] = Policy(token, rules[0].lane, true);
        emit PolicyPublished(policyId, token, rules);
    }

    /// @inheritdoc IPolicyBook
    function tokenOf(bytes32 policyId) external view returns (address) {
        return _policy(policyId).token;
    }

    /// @inheritdoc IPolicyBook
    function termsFor(
        bytes32 policyId,
        Reason reason
    ) external view returns (address token, uint256 lane, Rule memory rule) {
        Policy storage policy = _policy(policyId);
        rule = _rules[policyId][reason];
        return (policy.token, rule.window == 0 ? policy.lane : rule.lane, rule);
    }

    /// @inheritdoc IPolicyBook
    function ruleOf(bytes32 policyId, Reason reason) external view returns (Rule memory) {
        return _rules[policyId][reason];
    }

    // ------------------------------------------------------------------------------------------------ offices

    /// @inheritdoc IPolicyBook
    function appointMerchant(address account) external restricted {
        _appoint(account, _MERCHANT);
        emit MerchantAppointed(account);
    }

    /// @inheritdoc IPolicyBook
    function dismissMerchant(address account) external restricted {
        _dismiss(account, _MERCHANT);
        emit MerchantDismissed(account);
    }

    /// @inheritdoc IPolicyBook
    function accredit(address account, uint256 kind) external restricted {
        if (kind >= _KINDS) revert UnknownKind(kind);
        _appoint(account, kind);
        emit PartyAccredited(account, kind);
    }

    /// @inheritdoc IPolicyBook
    function discredit(address account, uint256 kind) external restricted {
        if (kind >= _KINDS) revert UnknownKind(kind);
        _dismiss(account, kind);
        emit PartyDismissed(account, kind);
    }

    /// @inheritdoc IPolicyBook
    function merchantTerm(address account) external view returns (Term memory) {
        return _terms[_MERCHANT][account];
    }

    /// @inheritdoc IPolicyBook
    function partyTerm(address account, uint256 kind) external view returns (Term memory) {
        if (kind >= _KINDS) revert UnknownKind(kind);
        return _terms[kind][account];
    }

    /// @inheritdoc IPolicyBook
    function wasInOffice(
        address account,
        uint256 kind,
        uint256 statedAt,
        uint256 signedBy
    ) external view returns (bool) {
        Term storage term = _terms[kind][account];
        (uint256 since, uint256 until) = (term.since, term.until);
        if (since == 0 || statedAt < since || signedBy < since) return false;
        return statedAt < until && signedBy < until;
    }

    // ----------------------------------------------------------------------------------------------- internal

    function _policy(bytes32 policyId) private view returns (Policy storage policy) {
        policy = _policies[policyId];
        if (!policy.published) revert UnknownPolicy(policyId);
    }

    function _appoint(address account, uint256 kind) private {
        if (account == address(0)) revert EmptyAccount();
        if (_terms[kind][account].since != 0) revert AlreadyAppointed(account);
        _terms[kind][account] = Term(uint64(block.timestamp), type(uint64).max);
    }

    function _dismiss(address account, uint256 kind) private {
        Term storage term = _terms[kind][account];
        if (term.since == 0 || term.until <= block.timestamp) revert NotInOffice(account);
        term.until = uint64(block.timestamp);
    }

    function _checkContract(address account) private view {
        if (account.code.length == 0) revert NoContract(account);
    }
}
