// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { IClaimDesk } from "../../interfaces/IClaimDesk.sol";
import { IPolicyBook } from "../../interfaces/IPolicyBook.sol";
import { IRecordAnchor } from "../../interfaces/IRecordAnchor.sol";
import { Signatures } from "../libraries/Signatures.sol";
import {
    Attestation,
    DECIDE_CLAIM_TYPEHASH,
    DecideClaim,
    EVIDENCE_TYPEHASH,
    Evidence,
    FILE_CLAIM_TYPEHASH,
    FileClaim,
    RECEIPT_TYPEHASH,
    Receipt
} from "../types/ClaimTypes.sol";

/// @title Attestations
/// @notice Whether receipts, evidence, claims and decisions are whose they say they are: typed data, signatures, offices.
abstract contract Attestations is IClaimDesk, EIP712 {
    uint256 private constant _KINDS = 16;
    /// @dev The kind under which the book keeps merchants.
    uint256 private constant _MERCHANT = type(uint8).max;
    /// @dev Kinds from here on the customer may declare himself.
    uint256 private constant _FIRST_DECLARED_KIND = 12;

    /// @inheritdoc IClaimDesk
    IPolicyBook public immutable policies;
    /// @inheritdoc IClaimDesk
    IRecordAnchor public immutable anchor;

    constructor(IPolicyBook policies_, IRecordAnchor anchor_) EIP712("proofdesk", "1") {
        if (address(policies_).code.length == 0) revert NoContract(address(policies_));
        if (address(anchor_).code.length == 0) revert NoContract(address(anchor_));
        (policies, anchor) = (policies_, anchor_);
    }

    /// @return hash The receipt's struct hash.
    function _checkReceipt(
        Receipt calldata receipt,
        Attestation calldata merchant
    ) internal view returns (bytes32 hash) {
        // The receipt names its merchant: a signature that two of them would accept is good for one.
        if (merchant.signer != receipt.merchant) revert InvalidSignature(merchant.signer);
        hash = _hashReceipt(receipt);
        _checkSigned(hash, merchant, _MERCHANT, receipt.purchasedAt);
    }

    /// @return kinds The kinds that are there, a bit each.
    /// @return hashes The struct hashes of the evidence, hashed together.
    function _checkEvidence(
        FileClaim calldata claim,
        Attestation[] calldata parties
    ) internal view returns (uint256 kinds, bytes32) {
        Evidence[] calldata pieces = claim.evidence;
        uint256 count = pieces.length;
        if (parties.length != count || count > _KINDS) revert EvidenceMismatch();
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            Evidence calldata evidence = pieces[i];
            Attestation calldata party = parties[i];
            uint256 kind = evidence.kind;
            if (kind >= _KINDS) revert UnknownKind(kind);
            if (evidence.orderId != claim.receipt.orderId) revert EvidenceOfOtherOrder(i, evidence.orderId);
            if (evidence.issuedAt > block.timestamp) revert EvidenceInFuture(i, evidence.issuedAt);
            if (kinds & (1 << kind) != 0) revert EvidenceMismatch();
            kinds |= 1 << kind;
            hashes[i] = keccak256(abi.encode(EVIDENCE_TYPEHASH, evidence));
            bool isDeclared = kind >= _FIRST_DECLARED_KIND && party.signer == claim.customer;
            if (!isDeclared) _checkSigned(hashes[i], party, kind, evidence.issuedAt);
        }
        return (kinds, _hashAll(hashes));
    }

    function _checkClaimant(
        FileClaim calldata claim,
        bytes32 receiptHash,
        bytes32 evidenceHash,
        bytes calldata signature
    ) internal view {
        bytes32 hash = keccak256(
            abi.encode(
                FILE_CLAIM_TYPEHASH,
                claim.customer,
                receiptHash,
                claim.reason,
                claim.amount,
                evidenceHash,
                claim.entry,
                claim.deadline
            )
        );
        _checkSignature(claim.customer, hash, signature);
    }

    function _checkDecision(DecideClaim calldata decision, bytes calldata signature) internal view {
        if (block.timestamp > decision.deadline) revert SignatureExpired(decision.deadline);
        bytes32 hash = keccak256(abi.encode(DECIDE_CLAIM_TYPEHASH, decision));
        _checkSignature(decision.actor, hash, signature);
    }

    function _hashReceipt(Receipt calldata receipt) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT_TYPEHASH, receipt));
    }

    /// @return hash Of the words one after another, where they lie.
    function _hashAll(bytes32[] memory words) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(words, 32), mul(mload(words), 32))
        }
    }

    function _checkSigned(
        bytes32 hash,
        Attestation calldata attestation,
        uint256 kind,
        uint256 statedAt
    ) private view {
        bytes32 digest = _hashTypedDataV4(hash);
        (address signer, bytes calldata signature) = (attestation.signer, attestation.signature);
        bool isByKey = _isByKey(signer, digest, signature);
        uint256 signedBy = block.timestamp;
        if (attestation.root != 0) {
            // The signature is part of the leaf: that a text was there says nothing of who had signed it.
            bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(digest, keccak256(signature)))));
            // slither-disable-next-line calls-loop
            uint256 anchoredAt = anchor.verify(attestation.root, leaf, attestation.path);
            if (anchoredAt == 0) revert NotAnchored(attestation.root);
            // A smart account may accept today what was anchored before it did: its word counts from now.
            if (isByKey) signedBy = anchoredAt;
        }
        // slither-disable-next-line calls-loop
        if (!policies.wasInOffice(signer, kind, statedAt, signedBy))
            revert SignerNotInOffice(signer, kind, statedAt);
        if (!isByKey && !Signatures.isValid(signer, digest, signature)) revert InvalidSignature(signer);
    }

    /// @dev As Signatures asks first, whose code is TicketDesk's too and has no room for a second way in.
    function _isByKey(address signer, bytes32 digest, bytes calldata signature) private pure returns (bool) {
        if (signature.length != 65) return false;
        // From where it lies: what would be copied is paid for.
        (bytes32 r, bytes32 s) = (bytes32(signature[:32]), bytes32(signature[32:64]));
        // slither-disable-next-line unused-return
        (address key, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, uint8(signature[64]), r, s);
        return failure == ECDSA.RecoverError.NoError && key == signer;
    }

    function _checkSignature(address signer, bytes32 hash, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, _hashTypedDataV4(hash), signature)) revert InvalidSignature(signer);
    }
}
