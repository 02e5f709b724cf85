// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { CertificateWord, Standing } from "../contracts/types/CertificateWord.sol";
import { Candidate, Certificate, Exam, Program } from "../contracts/types/CertificationTypes.sol";
import { IERC5192 } from "./standards/IERC5192.sol";
import { IERC5484 } from "./standards/IERC5484.sol";
import { IERC7858 } from "./standards/IERC7858.sol";

/// @title IAgentCertification
/// @notice Who may act as an agent: programs, exams, and certificates that are soulbound, expire, and can be suspended,
/// revoked and resigned, from the same block on.
/// @dev Certificates are ERC-721 tokens (ERC-5192, ERC-5484, ERC-7858, ERC-4906) whose transfers and approvals are
/// refused. Scores are basis points, times seconds.
interface IAgentCertification is IERC5192, IERC5484, IERC7858 {
    // ------------------------------------------------------------------------------------------------ errors

    /// @notice Certificates are never transferred and nobody is approved to.
    error Soulbound();
    /// @notice No such program.
    error UnknownProgram(uint256 program);
    /// @notice The program takes no exams now.
    error ProgramInactive(uint256 program);
    /// @notice A program needs a syllabus, a pass mark of 1 to 10,000, and a validity that ends before 2106.
    error InvalidProgram();
    /// @notice A score is 0 to 10,000 basis points.
    error InvalidScore(uint256 score);
    /// @notice An exam needs an agent.
    error EmptyAgent();
    /// @notice An exam needs evidence.
    error EmptyEvidence();
    /// @notice The exam does not lie after the agent's last exam, revocation or resignation in the program.
    error ExamNotAfter(uint256 takenAt, uint256 lastExamAt);
    /// @notice The exam lies before the date from which a failed one may be retaken.
    error RetakeTooEarly(uint256 takenAt, uint256 retakeFrom);
    /// @notice The exam lies in the future.
    error ExamInFuture(uint256 takenAt);
    /// @notice What the exam proves would have expired already.
    error ExamTooOld(uint256 takenAt);
    /// @notice A certificate is not renewed at a level below the one it has.
    error LevelTooLow(uint256 level, uint256 current);
    /// @notice A failed exam is recorded by the certifier himself.
    error FailNeedsCertifier();
    /// @notice The signature's deadline has passed.
    error SignatureExpired(uint256 deadline);
    /// @notice The signature is not the certifier's, or he is none.
    error InvalidCertifier(address certifier);
    /// @notice A ticket's seat holds certificate ids up to 67,108,863.
    error TooManyCertificates();
    /// @notice A contract was expected at this address.
    error NoContract(address account);
    /// @notice No such certificate.
    error UnknownCertificate(uint256 certificateId);
    /// @notice The certificate's standing does not admit this.
    error WrongStanding(uint256 certificateId, Standing standing);
    /// @notice Only its agent resigns a certificate.
    error NotHolder(uint256 certificateId, address account);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice A program was created; it never changes but for being active.
    event ProgramCreated(uint256 indexed program, Program terms);
    /// @notice Whether the program takes exams.
    event ProgramActivitySet(uint256 indexed program, bool active);
    /// @notice An exam was recorded. `certificateId` is what it issued or renewed; 0 for a fail.
    event ExamRecorded(
        address indexed agent,
        uint256 indexed program,
        uint256 indexed certificateId,
        uint256 level,
        uint256 score,
        uint256 takenAt,
        bytes32 evidence,
        address certifier
    );
    /// @notice A certificate was issued, renewed, suspended, reinstated or ended; `word` is what it is now.
    event CertificateWritten(uint256 indexed certificateId, address indexed agent, CertificateWord word);
    /// @notice Why a certificate was revoked: the salted hash of a record.
    event CertificateRevoked(uint256 indexed certificateId, bytes32 reason);

    // ---------------------------------------------------------------------------------------------- programs

    /// @notice Creates a program. CERTIFIER.
    /// @param terms `active` says whether it takes exams from the start.
    /// @return program Its number, from 1.
    function createProgram(Program calldata terms) external returns (uint256 program);

    /// @notice Starts or stops the taking of exams; certificates stay valid. CERTIFIER.
    function setProgramActive(uint256 program, bool active) external;

    // ------------------------------------------------------------------------------------------------- exams

    /// @notice Records an exam: a pass issues or renews the certificate, a fail starts the retake delay. CERTIFIER.
    /// @return certificateId What was issued or renewed; 0 for a fail.
    ///
    /// Requirements:
    /// - the program is active, the score at most 10,000, agent and evidence are not zero
    /// - `takenAt` lies after the agent's last exam, revocation and resignation in the program, not before his retake
    ///   date, and not in the future
    /// - a pass would not be expired, and is not below the level of an unexpired certificate
    function recordExam(Exam calldata exam) external returns (uint256 certificateId);

    /// @notice Records a passed exam by the certifier's signature, so that the agent can pay for it. Anyone.
    /// @param exam The exam.
    /// @param deadline Last second at which the signature holds.
    /// @param certifier Who signed: an account, or a contract (ERC-1271), that holds CERTIFIER without delay.
    /// @param signature EIP-712, over `ExamResult(address agent,uint16 program,uint8 level,uint16 score,uint64
    /// takenAt,bytes32 evidence,uint64 deadline)`.
    /// @return certificateId What was issued or renewed.
    function recordExamFor(
        Exam calldata exam,
        uint64 deadline,
        address certifier,
        bytes calldata signature
    ) external returns (uint256 certificateId);

    // ------------------------------------------------------------------------------------------ certificates

    /// @notice Takes a certificate's effect away until it is reinstated; renewal does not lift this. CERTIFIER.
    function suspend(uint256 certificateId) external;

    /// @notice Gives a suspended certificate its effect back. CERTIFIER.
    function reinstate(uint256 certificateId) external;

    /// @notice Ends a certificate (burns the token). CERTIFIER.
    /// @param reason Salted hash of the record that says why.
    function revoke(uint256 certificateId, bytes32 reason) external;

    /// @notice The agent ends his certificate (burns the token).
    function resign(uint256 certificateId) external;

    // ------------------------------------------------------------------------------------------------- views

    /// @notice Agent, program and level of a certificate that is valid now; zeros otherwise.
    function holderIfValid(
        uint256 certificateId
    ) external view returns (address agent, uint256 program, uint256 level);

    /// @notice A certificate, decoded, ended ones too; standing None if there is none.
    function certificate(uint256 certificateId) external view returns (Certificate memory);

    /// @notice A program.
    function program(uint256 program_) external view returns (Program memory);

    /// @notice Programs created so far; they are numbered from 1.
    function programCount() external view returns (uint256);

    /// @notice Certificates issued so far; they are numbered from 1.
    function certificateCount() external view returns (uint256);

    /// @notice Where an agent stands in a program.
    function candidate(address agent, uint256 program_) external view returns (Candidate memory);
}
