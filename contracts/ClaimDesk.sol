// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IAccessManager } from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import { IAgentCertification } from "../interfaces/IAgentCertification.sol";
import { IClaimDesk } from "../interfaces/IClaimDesk.sol";
import { IPolicyBook } from "../interfaces/IPolicyBook.sol";
import { IRecordAnchor } from "../interfaces/IRecordAnchor.sol";
import { IRefundVault } from "../interfaces/IRefundVault.sol";
import { ITicketDesk } from "../interfaces/ITicketDesk.sol";
import { Attestations } from "./claims/Attestations.sol";
import { ClaimRules } from "./libraries/ClaimRules.sol";
import {
    Attestation,
    Claim,
    ClaimState,
    DecideClaim,
    Facts,
    FileClaim,
    Order,
    Reason,
    Receipt,
    Rule,
    Verdict
} from "./types/ClaimTypes.sol";
import { Status } from "./types/DeskTypes.sol";
import { SUPERVISOR_ROLE } from "./types/Roles.sol";
import { TicketWord } from "./types/TicketWord.sol";

/// @title ClaimDesk
/// @notice Files, judges, decides and pays claims. See IClaimDesk.
/// @dev PolicyBook keeps rules and offices, Attestations knows whose a signature is, ClaimRules judges; this contract keeps
/// orders and claims. Orders' keys and receipts' hashes are kept by their upper bits, 112 and 104: merchants sign both, so a
/// customer would have to hit a given one.
contract ClaimDesk is Attestations, AccessManaged {
    /// @dev What a claim is judged by, and what came of it.
    struct Judged {
        bytes32 orderKey;
        bytes32 receiptHash;
        address token;
        uint256 lane;
        Order order;
        Verdict verdict;
        uint256 failed;
        uint256 amount;
    }

    /// @dev `seen` of an agent who answers whatever was added since.
    uint256 private constant _SEEN_ANY = 1023;

    mapping(uint112 orderKey => Order order) private _orders;
    mapping(uint112 orderKey => mapping(Reason reason => uint256 amount)) private _paid;
    mapping(bytes32 ticketId => Claim claim) private _claims;

    /// @inheritdoc IClaimDesk
    ITicketDesk public immutable desk;
    /// @inheritdoc IClaimDesk
    IRefundVault public immutable vault;
    /// @dev Whose certificates the desk accepts.
    IAgentCertification private immutable _certification;

    /// @dev A receiver who is paid cannot use the payment to act here.
    modifier unlocked() {
        if (vault.isLocked()) revert VaultLocked();
        _;
    }

    constructor(
        address authority_,
        IPolicyBook policies_,
        IRecordAnchor anchor_
    ) AccessManaged(authority_) Attestations(policies_, anchor_) {
        if (authority_.code.length == 0) revert NoContract(authority_);
        (desk, vault) = (policies_.desk(), policies_.vault());
        _certification = desk.certification();
    }

    // ------------------------------------------------------------------------------------------------- filing

    /// @inheritdoc IClaimDesk
    function fileClaim(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties
    ) external unlocked returns (bytes32) {
        if (msg.sender != claim.customer) revert NotClaimant(claim.customer, msg.sender);
        (Judged memory judged, ) = _judge(claim, merchant, parties);
        return _file(claim, judged);
    }

    /// @inheritdoc IClaimDesk
    function fileClaimFor(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties,
        bytes calldata signature
    ) external unlocked returns (bytes32) {
        (Judged memory judged, bytes32 evidenceHash) = _judge(claim, merchant, parties);
        _checkClaimant(claim, judged.receiptHash, evidenceHash, signature);
        return _file(claim, judged);
    }

    /// @inheritdoc IClaimDesk
    function preview(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties
    ) external view returns (Verdict verdict, uint256 amount, uint256 failed) {
        (Judged memory judged, ) = _judge(claim, merchant, parties);
        return (judged.verdict, judged.amount, judged.failed);
    }

    function _judge(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties
    ) private view returns (Judged memory judged, bytes32 evidenceHash) {
        if (block.timestamp > claim.deadline) revert SignatureExpired(claim.deadline);
        Receipt calldata receipt = claim.receipt;
        Reason reason = claim.reason;
        (address token, uint256 lane, Rule memory rule) = policies.termsFor(receipt.policyId, reason);
        (judged.token, judged.lane) = (token, lane);
        judged.receiptHash = _checkReceipt(receipt, merchant);
        judged.orderKey = _orderKey(receipt.merchant, receipt.orderId);
        judged.order = _orders[_upper(judged.orderKey)];
        if (judged.order.claims != 0 && judged.order.receipt != _short(judged.receiptHash))
            revert OtherReceipt(receipt.orderId);
        uint256 kinds;
        (kinds, evidenceHash) = _checkEvidence(claim, parties);
        Facts memory facts = Facts({
            paidOnOrder: judged.order.paid,
            paidForReason: _paidFor(_upper(judged.orderKey), judged.order, reason),
            claims: judged.order.claims,
            live: judged.order.live & _bit(reason) != 0,
            isCustomer: claim.customer == receipt.customer,
            price: receipt.price,
            purchasedAt: receipt.purchasedAt,
            amount: claim.amount,
            evidence: kinds,
            time: block.timestamp
        });
        (judged.verdict, judged.failed) = ClaimRules.judge(rule, facts);
        // A claim that meets every rule asks for no more than can be paid.
        if (judged.verdict != Verdict.Denied) judged.amount = facts.amount;
    }

    function _file(FileClaim calldata claim, Judged memory judged) private returns (bytes32 ticketId) {
        (address customer, bytes32 entry, Verdict verdict) = (claim.customer, claim.entry, judged.verdict);
        (Reason reason, uint128 amount) = (claim.reason, claim.amount);
        ticketId = _hashPair(customer, entry);
        // Effect. A stranger's claim leaves the order as it is, or he could use its claims up.
        if (judged.failed & ClaimRules.NOT_THE_CUSTOMER == 0) _keep(ticketId, reason, amount, judged);
        else _claims[ticketId] = Claim(amount, reason, ClaimState.Denied, 0);
        emit ClaimFiled(
            ticketId,
            judged.orderKey,
            claim.receipt.policyId,
            judged.receiptHash,
            reason,
            amount,
            verdict,
            judged.failed
        );
        // Interaction. The desk and the vault are contracts of ours; the customer is called last, by the vault.
        // The ticket's id is known; what cannot be kept is decided and paid all the same.
        // slither-disable-start unused-return
        desk.openAsModule(judged.lane, customer, entry);
        if (verdict == Verdict.Denied) {
            desk.moveAsModule(ticketId, Status.Rejected, entry);
        } else if (verdict == Verdict.Review) {
            vault.reserve(ticketId, judged.token, judged.amount);
        } else {
            desk.moveAsModule(ticketId, Status.Resolved, entry);
            vault.pay(ticketId, judged.token, customer, judged.amount);
        }
        // slither-disable-end unused-return
    }

    function _keep(bytes32 ticketId, Reason reason, uint128 amount, Judged memory judged) private {
        uint112 key = _upper(judged.orderKey);
        Order memory order = judged.order;
        if (order.claims < ClaimRules.MAX_CLAIMS) ++order.claims;
        order.receipt = _short(judged.receiptHash);
        // Of what is paid at once nothing remains to keep but what the order got.
        if (judged.verdict == Verdict.Approved) {
            _book(key, order, reason, amount);
        } else {
            bool isReview = judged.verdict == Verdict.Review;
            if (isReview) order.live |= uint8(_bit(reason));
            ClaimState state = isReview ? ClaimState.Review : ClaimState.Denied;
            _claims[ticketId] = Claim(amount, reason, state, key);
        }
        _orders[key] = order;
    }

    // ----------------------------------------------------------------------------------------------- deciding

    /// @inheritdoc IClaimDesk
    function decide(
        bytes32 ticketId,
        Receipt calldata receipt,
        uint128 amount,
        bytes32 entry,
        uint256 seen
    ) external unlocked {
        TicketWord word = _checkDecider(ticketId, msg.sender);
        bool isAny = seen == _SEEN_ANY && word.status() != Status.Escalated;
        if (!isAny && seen != word.acts()) revert StaleTicket(seen, word.acts());
        _decide(DecideClaim(msg.sender, ticketId, amount, entry, 0, 0), receipt, word);
    }

    /// @inheritdoc IClaimDesk
    function decideFor(
        DecideClaim calldata decision,
        Receipt calldata receipt,
        bytes calldata signature
    ) external unlocked {
        _checkDecision(decision, signature);
        TicketWord word = _checkDecider(decision.ticketId, decision.actor);
        if (decision.seen != word.acts()) revert StaleTicket(decision.seen, word.acts());
        _decide(decision, receipt, word);
    }

    /// @inheritdoc IClaimDesk
    function release(bytes32 ticketId) external unlocked {
        Claim memory claim = _claims[ticketId];
        bool isReleasable =
            claim.state == ClaimState.Review && desk.wordOf(ticketId).status() == Status.Closed;
        if (!isReleasable) revert NotReleasable(ticketId);
        _claims[ticketId].state = ClaimState.Refused;
        _orders[claim.order].live &= ~uint8(_bit(claim.reason));
        emit ClaimReleased(ticketId);
        vault.release(ticketId);
    }

    function _decide(DecideClaim memory decision, Receipt calldata receipt, TicketWord word) private {
        (bytes32 ticketId, uint128 amount) = (decision.ticketId, decision.amount);
        // Check.
        Claim memory claim = _claims[ticketId];
        bool isKept = claim.state != ClaimState.None;
        if (!isKept && !_isPaidInFull(receipt, word)) revert UnknownClaim(ticketId);
        uint256 bound = amount == 0 ? 0 : _bound(claim, receipt);
        if (amount > bound) revert OverBound(amount, bound);
        // Effect.
        ClaimState state = isKept ? _settleClaim(ticketId, claim, amount) : ClaimState.Paid;
        emit ClaimDecided(ticketId, decision.actor, amount, state);
        // Interaction. As in filing, the customer is called last.
        desk.moveAsModule(
            ticketId,
            state == ClaimState.Paid ? Status.Resolved : Status.Rejected,
            decision.entry
        );
        if (amount == 0) vault.release(ticketId);
        else vault.payReserved(ticketId, policies.tokenOf(receipt.policyId), word.customer(), amount);
    }

    /// @return What the claim has come to.
    function _settleClaim(bytes32 ticketId, Claim memory claim, uint128 amount) private returns (ClaimState) {
        Order memory order = _orders[claim.order];
        if (claim.state == ClaimState.Review) {
            claim.state = ClaimState.Refused;
            order.live &= ~uint8(_bit(claim.reason));
        }
        if (amount != 0) {
            claim.state = ClaimState.Paid;
            claim.remaining -= amount;
            _book(claim.order, order, claim.reason, amount);
        }
        if (claim.order != 0) _orders[claim.order] = order;
        _claims[ticketId] = claim;
        return claim.state;
    }

    function _checkDecider(bytes32 ticketId, address account) private view returns (TicketWord word) {
        word = desk.wordOf(ticketId);
        Status status = word.status();
        bool isDecider = account != word.customer();
        if (status == Status.Escalated) {
            (bool member, uint32 delay) = IAccessManager(authority()).hasRole(SUPERVISOR_ROLE, account);
            isDecider = isDecider && member && delay == 0;
        } else {
            bool isWorkedOn = status == Status.Open || status == Status.Waiting || status == Status.OnHold;
            isDecider = isDecider && isWorkedOn && account == _agentOf(word);
        }
        if (!isDecider) revert NotDecider(account, status);
    }

    function _agentOf(TicketWord word) private view returns (address agent) {
        // His program and level mattered when he was seated.
        // slither-disable-next-line unused-return
        (agent, , ) = _certification.holderIfValid(word.seat());
    }

    // -------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IClaimDesk
    function boundOf(bytes32 ticketId, Receipt calldata receipt) external view returns (uint256) {
        return _bound(_claims[ticketId], receipt);
    }

    /// @inheritdoc IClaimDesk
    function orderOf(address merchant, bytes32 orderId) external view returns (Order memory) {
        return _orders[_upper(_orderKey(merchant, orderId))];
    }

    /// @inheritdoc IClaimDesk
    function paidFor(address merchant, bytes32 orderId, Reason reason) external view returns (uint256) {
        uint112 key = _upper(_orderKey(merchant, orderId));
        return _paidFor(key, _orders[key], reason);
    }

    /// @inheritdoc IClaimDesk
    function claimOf(bytes32 ticketId) external view returns (Claim memory) {
        return _claims[ticketId];
    }

    // ----------------------------------------------------------------------------------------------- internal

    function _bound(Claim memory claim, Receipt calldata receipt) private view returns (uint256) {
        if (claim.state == ClaimState.None || claim.state == ClaimState.Denied) return 0;
        uint112 key = _upper(_orderKey(receipt.merchant, receipt.orderId));
        Order memory order = _orders[key];
        if (claim.order != key || order.receipt != _short(_hashReceipt(receipt)))
            revert OtherReceipt(receipt.orderId);
        Rule memory rule = policies.ruleOf(receipt.policyId, claim.reason);
        uint256 paidForReason = _paidFor(key, order, claim.reason);
        uint256 bound = ClaimRules.refundable(rule, receipt.price, order.paid, paidForReason);
        return claim.remaining < bound ? claim.remaining : bound;
    }

    /// @dev Nothing is kept of a claim that got all when it was filed, but its order and whose that is.
    function _isPaidInFull(Receipt calldata receipt, TicketWord word) private view returns (bool) {
        Order memory order = _orders[_upper(_orderKey(receipt.merchant, receipt.orderId))];
        bool isIts = order.paid != 0 && order.receipt == _short(_hashReceipt(receipt));
        return isIts && receipt.customer == word.customer() && desk.lane(word.lane()).config.claims;
    }

    /// @dev Nearly all orders are paid for one reason only: then its part is the whole, and needs no slot.
    function _book(uint112 key, Order memory order, Reason reason, uint128 amount) private {
        if (order.paid == 0) {
            order.paidReason = reason;
        } else if (order.paidReason != reason && order.paidReason != Reason.None) {
            _paid[key][order.paidReason] = order.paid;
            order.paidReason = Reason.None;
        }
        if (order.paidReason == Reason.None) _paid[key][reason] += amount;
        order.paid += amount;
    }

    function _paidFor(uint112 key, Order memory order, Reason reason) private view returns (uint256) {
        if (order.paid == 0 || order.paidReason == reason) return order.paid;
        return order.paidReason == Reason.None ? _paid[key][reason] : 0;
    }

    function _orderKey(address merchant, bytes32 orderId) private pure returns (bytes32) {
        return _hashPair(merchant, orderId);
    }

    /// @return `keccak256(abi.encode(account, value))`, without the memory for it.
    function _hashPair(address account, bytes32 value) private pure returns (bytes32) {
        return Hashes.efficientKeccak256(bytes32(uint256(uint160(account))), value);
    }

    function _upper(bytes32 hash) private pure returns (uint112) {
        return uint112(uint256(hash) >> 144);
    }

    function _short(bytes32 hash) private pure returns (uint104) {
        return uint104(uint256(hash) >> 152);
    }

    function _bit(Reason reason) private pure returns (uint256) {
        return 1 << uint256(reason);
    }
}
