// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IAccessManager } from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import { IERC4906 } from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import { IERC165 } from "@openzeppelin/contracts/interfaces/IERC165.sol";
import { IERC721 } from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import { ERC721 } from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { IAgentCertification } from "../interfaces/IAgentCertification.sol";
import { IERC5192 } from "../interfaces/standards/IERC5192.sol";
import { IERC5484 } from "../interfaces/standards/IERC5484.sol";
import { IERC7858 } from "../interfaces/standards/IERC7858.sol";
import { CertificateMetadata } from "./libraries/CertificateMetadata.sol";
import { Signatures } from "./libraries/Signatures.sol";
import { CertificateWord, Standing } from "./types/CertificateWord.sol";
import { Candidate, Certificate, Exam, Program } from "./types/CertificationTypes.sol";
import { CERTIFIER_ROLE } from "./types/Roles.sol";

/// @title AgentCertification
/// @notice Who may act as an agent. See IAgentCertification.
contract AgentCertification is IAgentCertification, IERC4906, ERC721, AccessManaged, EIP712 {
    bytes32 private constant _EXAM_RESULT_TYPEHASH = keccak256(
        "ExamResult(address agent,uint16 program,uint8 level,uint16 score,uint64 takenAt,bytes32 evidence,uint64 deadline)"
    );

    /// @dev A ticket's seat holds a certificate's id in 26 bits.
    uint256 private constant _MAX_CERTIFICATES = (1 << 26) - 1;
    uint256 private constant _FULL_SCORE = 10_000;

    /// @inheritdoc IAgentCertification
    uint256 public programCount;
    /// @inheritdoc IAgentCertification
    uint256 public certificateCount;

    mapping(uint256 program => Program terms) private _programs;
    mapping(uint256 certificateId => CertificateWord word) private _certificates;
    mapping(address agent => mapping(uint256 program => Candidate state)) private _candidates;
    mapping(address agent => uint256 count) private _held;

    constructor(
        address authority_
    ) ERC721("proofdesk certificate", "PROOF") AccessManaged(authority_) EIP712("proofdesk", "1") {
        if (authority_.code.length == 0) revert NoContract(authority_);
    }

    // ---------------------------------------------------------------------------------------------- programs

    /// @inheritdoc IAgentCertification
    function createProgram(Program calldata terms) external restricted returns (uint256 number) {
        bool markable = terms.passMark != 0 && terms.passMark <= _FULL_SCORE;
        bool datable = terms.validity != 0 && block.timestamp + terms.validity <= type(uint32).max;
        if (terms.syllabus == 0 || !markable || !datable) revert InvalidProgram();
        number = ++programCount;
        if (number > type(uint16).max) revert InvalidProgram();
        _programs[number] = terms;
        emit ProgramCreated(number, terms);
    }

    /// @inheritdoc IAgentCertification
    function setProgramActive(uint256 number, bool active) external restricted {
        if (_programs[number].syllabus == 0) revert UnknownProgram(number);
        _programs[number].active = active;
        emit ProgramActivitySet(number, active);
    }

    // ------------------------------------------------------------------------------------------------- exams

    /// @inheritdoc IAgentCertification
    function recordExam(Exam calldata exam) external restricted returns (uint256 certificateId) {
        Program storage terms = _checkExam(exam);
        if (exam.score >= terms.passMark) return _pass(exam, terms, msg.sender);
        Candidate storage state = _candidates[exam.agent][exam.program];
        state.lastExamAt = exam.takenAt;
        state.retakeFrom = exam.takenAt + terms.retakeDelay;
        _emitExam(exam, 0, msg.sender);
    }

    /// @inheritdoc IAgentCertification
    function recordExamFor(
        Exam calldata exam,
        uint64 deadline,
        address certifier,
        bytes calldata signature
    ) external returns (uint256 certificateId) {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        Program storage terms = _checkExam(exam);
        if (exam.score < terms.passMark) revert FailNeedsCertifier();
        (bool member, uint32 delay) = IAccessManager(authority()).hasRole(CERTIFIER_ROLE, certifier);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_EXAM_RESULT_TYPEHASH, exam, deadline)));
        if (!member || delay != 0 || !Signatures.isValid(certifier, digest, signature)) {
            revert InvalidCertifier(certifier);
        }
        return _pass(exam, terms, certifier);
    }

    // ------------------------------------------------------------------------------------------ certificates

    /// @inheritdoc IAgentCertification
    function suspend(uint256 certificateId) external restricted {
        _changeStanding(certificateId, Standing.Active, Standing.Suspended);
    }

    /// @inheritdoc IAgentCertification
    function reinstate(uint256 certificateId) external restricted {
        _changeStanding(certificateId, Standing.Suspended, Standing.Active);
    }

    /// @inheritdoc IAgentCertification
    function revoke(uint256 certificateId, bytes32 reason) external restricted {
        _end(certificateId, Standing.Revoked);
        emit CertificateRevoked(certificateId, reason);
    }

    /// @inheritdoc IAgentCertification
    function resign(uint256 certificateId) external {
        if (_requireOwned(certificateId) != msg.sender) revert NotHolder(certificateId, msg.sender);
        _end(certificateId, Standing.Resigned);
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IAgentCertification
    function holderIfValid(uint256 certificateId) external view returns (address, uint256, uint256) {
        CertificateWord word = _certificates[certificateId];
        if (!_isValid(word)) return (address(0), 0, 0);
        return (word.agent(), word.program(), word.level());
    }

    /// @inheritdoc IAgentCertification
    function certificate(uint256 certificateId) public view returns (Certificate memory) {
        CertificateWord word = _certificates[certificateId];
        return
            Certificate({
                agent: word.agent(),
                program: word.program(),
                level: word.level(),
                standing: word.standing(),
                issuedAt: word.issuedAt(),
                expiresAt: word.expiresAt(),
                valid: _isValid(word)
            });
    }

    /// @inheritdoc IAgentCertification
    function program(uint256 number) external view returns (Program memory) {
        return _programs[number];
    }

    /// @inheritdoc IAgentCertification
    function candidate(address agent, uint256 number) external view returns (Candidate memory) {
        return _candidates[agent][number];
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 certificateId) public view override returns (string memory) {
        _requireOwned(certificateId);
        return CertificateMetadata.uri(certificateId, certificate(certificateId));
    }

    /// @inheritdoc IERC721
    function balanceOf(address owner) public view override(ERC721, IERC721) returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(address(0));
        return _held[owner];
    }

    /// @inheritdoc IERC5192
    function locked(uint256 certificateId) external view returns (bool) {
        _requireOwned(certificateId);
        return true;
    }

    /// @inheritdoc IERC5484
    function burnAuth(uint256 certificateId) external view returns (BurnAuth) {
        _requireOwned(certificateId);
        return BurnAuth.Both;
    }

    /// @inheritdoc IERC7858
    function expiryType() external pure returns (EXPIRY_TYPE) {
        return EXPIRY_TYPE.TIME_BASED;
    }

    /// @inheritdoc IERC7858
    function isTokenExpired(uint256 certificateId) external view returns (bool) {
        return block.timestamp >= _term(certificateId).expiresAt();
    }

    /// @inheritdoc IERC7858
    function startTime(uint256 certificateId) external view returns (uint256) {
        return _term(certificateId).issuedAt();
    }

    /// @inheritdoc IERC7858
    function endTime(uint256 certificateId) external view returns (uint256) {
        return _term(certificateId).expiresAt();
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return
            interfaceId == type(IERC5192).interfaceId ||
            interfaceId == type(IERC5484).interfaceId ||
            interfaceId == type(IERC7858).interfaceId ||
            interfaceId == bytes4(0x49064906) || // ERC-4906 has events only
            super.supportsInterface(interfaceId);
    }

    // --------------------------------------------------------------------------------------------- soulbound

    /// @inheritdoc IERC721
    function approve(address, uint256) public pure override(ERC721, IERC721) {
        revert Soulbound();
    }

    /// @inheritdoc IERC721
    function setApprovalForAll(address, bool) public pure override(ERC721, IERC721) {
        revert Soulbound();
    }

    /// @inheritdoc IERC721
    function transferFrom(address, address, uint256) public pure override(ERC721, IERC721) {
        revert Soulbound();
    }

    /// @dev Ownership is the certificate's own word; ERC721's owners and balances stay empty.
    function _ownerOf(uint256 certificateId) internal view override returns (address) {
        CertificateWord word = _certificates[certificateId];
        return _isLive(word) ? word.agent() : address(0);
    }

    // ---------------------------------------------------------------------------------------------- internal

    function _checkExam(Exam calldata exam) private view returns (Program storage terms) {
        terms = _programs[exam.program];
        if (terms.validity == 0) revert UnknownProgram(exam.program);
        if (!terms.active) revert ProgramInactive(exam.program);
        if (exam.score > _FULL_SCORE) revert InvalidScore(exam.score);
        if (exam.agent == address(0)) revert EmptyAgent();
        if (exam.evidence == 0) revert EmptyEvidence();
        if (exam.takenAt > block.timestamp) revert ExamInFuture(exam.takenAt);
        Candidate storage state = _candidates[exam.agent][exam.program];
        if (exam.takenAt <= state.lastExamAt) revert ExamNotAfter(exam.takenAt, state.lastExamAt);
        if (exam.takenAt < state.retakeFrom) revert RetakeTooEarly(exam.takenAt, state.retakeFrom);
    }

    function _pass(
        Exam calldata exam,
        Program storage terms,
        address certifier
    ) private returns (uint256 id) {
        uint256 expiresAt = uint256(exam.takenAt) + terms.validity;
        if (expiresAt <= block.timestamp) revert ExamTooOld(exam.takenAt);
        Candidate storage state = _candidates[exam.agent][exam.program];
        id = state.certificateId;
        CertificateWord word = _certificates[id];
        bool renewal = _isLive(word);
        if (renewal) {
            bool current = block.timestamp < word.expiresAt();
            if (current && exam.level < word.level()) revert LevelTooLow(exam.level, word.level());
        } else {
            id = ++certificateCount;
            if (id > _MAX_CERTIFICATES) revert TooManyCertificates();
            Standing standing = state.suspended ? Standing.Suspended : Standing.Active;
            state.suspended = false;
            word = CertificateWord.wrap(0).withHolder(exam.agent, exam.program).withStanding(standing);
            ++_held[exam.agent];
        }
        (state.certificateId, state.lastExamAt, state.retakeFrom) = (uint32(id), exam.takenAt, 0);
        _write(id, word.withLevel(exam.level).withTerm(exam.takenAt, expiresAt));
        _emitExam(exam, id, certifier);
        emit TokenExpiryUpdated(id, exam.takenAt, expiresAt);
        if (renewal) {
            emit MetadataUpdate(id);
        } else {
            emit Transfer(address(0), exam.agent, id);
            emit Issued(certifier, exam.agent, id, BurnAuth.Both);
            emit Locked(id);
        }
    }

    function _changeStanding(uint256 certificateId, Standing from, Standing to) private {
        CertificateWord word = _certificates[certificateId];
        if (word.standing() == Standing.None) revert UnknownCertificate(certificateId);
        if (word.standing() != from) revert WrongStanding(certificateId, word.standing());
        _write(certificateId, word.withStanding(to));
        emit MetadataUpdate(certificateId);
    }

    /// @dev The candidate's clock moves too, so that no exam from before the end can be used after it; and a suspension
    /// outlives a resignation, so that leaving does not shed it.
    function _end(uint256 certificateId, Standing standing) private {
        CertificateWord word = _certificates[certificateId];
        if (word.standing() == Standing.None) revert UnknownCertificate(certificateId);
        if (!_isLive(word)) revert WrongStanding(certificateId, word.standing());
        address agent = word.agent();
        Candidate storage state = _candidates[agent][word.program()];
        state.lastExamAt = uint64(block.timestamp);
        state.suspended = standing == Standing.Resigned && word.standing() == Standing.Suspended;
        --_held[agent];
        _write(certificateId, word.withStanding(standing));
        emit Transfer(agent, address(0), certificateId);
    }

    function _write(uint256 certificateId, CertificateWord word) private {
        _certificates[certificateId] = word;
        emit CertificateWritten(certificateId, word.agent(), word);
    }

    function _emitExam(Exam calldata exam, uint256 certificateId, address certifier) private {
        emit ExamRecorded(
            exam.agent,
            exam.program,
            certificateId,
            exam.level,
            exam.score,
            exam.takenAt,
            exam.evidence,
            certifier
        );
    }

    function _term(uint256 certificateId) private view returns (CertificateWord) {
        _requireOwned(certificateId);
        return _certificates[certificateId];
    }

    function _isLive(CertificateWord word) private pure returns (bool) {
        return word.standing() == Standing.Active || word.standing() == Standing.Suspended;
    }

    function _isValid(CertificateWord word) private view returns (bool) {
        return word.isActive() && block.timestamp < word.expiresAt();
    }
}
