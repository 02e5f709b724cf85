// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Standing } from "./CertificateWord.sol";

/// @notice What agents are examined in. It never changes but for `active`.
/// @param syllabus Hash of the syllabus, never zero.
/// @param passMark Basis points of the full score that pass, 1 to 10,000.
/// @param validity Seconds a certificate is valid from the exam on.
/// @param retakeDelay Seconds after a failed exam before the next.
/// @param active Whether exams are taken.
struct Program {
    bytes32 syllabus;
    uint16 passMark;
    uint32 validity;
    uint32 retakeDelay;
    bool active;
}

/// @notice The result of one exam.
/// @param agent Who took it.
/// @param program In what.
/// @param level At which level.
/// @param score Basis points of the full score, 0 to 10,000.
/// @param takenAt When, seconds since 1970.
/// @param evidence Salted hash of the exam's record.
struct Exam {
    address agent;
    uint16 program;
    uint8 level;
    uint16 score;
    uint64 takenAt;
    bytes32 evidence;
}

/// @notice Where an agent stands in a program.
/// @param certificateId His certificate, 0 for none; it may be expired or ended.
/// @param lastExamAt The next exam lies after this: his last exam, revocation or resignation.
/// @param retakeFrom The next exam does not lie before this.
/// @param suspended He resigned while suspended: his next certificate begins suspended.
struct Candidate {
    uint32 certificateId;
    uint64 lastExamAt;
    uint64 retakeFrom;
    bool suspended;
}

/// @notice A certificate, decoded.
/// @param agent Whose it is (or was, once ended).
/// @param program In what.
/// @param level The level reached.
/// @param standing Active, Suspended, or ended.
/// @param issuedAt Start of its term: when the exam that set it was taken.
/// @param expiresAt End of its term: valid while the time is below it.
/// @param valid Whether it admits its agent now.
struct Certificate {
    address agent;
    uint256 program;
    uint256 level;
    Standing standing;
    uint256 issuedAt;
    uint256 expiresAt;
    bool valid;
}
