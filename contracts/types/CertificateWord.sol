// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Bits } from "../libraries/Bits.sol";

/// @notice What a certificate is worth. The numbers are stored and never change.
enum Standing {
    None,
    Active,
    Suspended,
    Revoked,
    Resigned
}

/// @notice Everything the chain keeps of a certificate, in one storage word.
/// @dev
///   bits     field
///   0–159    agent
///   160–175  program
///   176–183  level
///   184–191  standing
///   192–223  issuedAt, seconds since 1970
///   224–255  expiresAt, seconds since 1970
type CertificateWord is uint256;

using CertificateWordLibrary for CertificateWord global;

library CertificateWordLibrary {
    uint256 private constant _PROGRAM = 160;
    uint256 private constant _LEVEL = 176;
    uint256 private constant _STANDING = 184;
    uint256 private constant _ISSUED_AT = 192;
    uint256 private constant _EXPIRES_AT = 224;

    function agent(CertificateWord word) internal pure returns (address) {
        return address(uint160(CertificateWord.unwrap(word)));
    }

    function program(CertificateWord word) internal pure returns (uint256) {
        return _get(word, _PROGRAM, 16);
    }

    function level(CertificateWord word) internal pure returns (uint256) {
        return _get(word, _LEVEL, 8);
    }

    function standing(CertificateWord word) internal pure returns (Standing) {
        return Standing(_get(word, _STANDING, 8));
    }

    function isActive(CertificateWord word) internal pure returns (bool) {
        return _get(word, _STANDING, 8) == uint256(Standing.Active);
    }

    function issuedAt(CertificateWord word) internal pure returns (uint256) {
        return _get(word, _ISSUED_AT, 32);
    }

    function expiresAt(CertificateWord word) internal pure returns (uint256) {
        return _get(word, _EXPIRES_AT, 32);
    }

    function withHolder(
        CertificateWord word,
        address agent_,
        uint256 program_
    ) internal pure returns (CertificateWord) {
        return _set(_set(word, 0, 160, uint160(agent_)), _PROGRAM, 16, program_);
    }

    function withLevel(CertificateWord word, uint256 value) internal pure returns (CertificateWord) {
        return _set(word, _LEVEL, 8, value);
    }

    function withStanding(CertificateWord word, Standing value) internal pure returns (CertificateWord) {
        return _set(word, _STANDING, 8, uint256(value));
    }

    function withTerm(
        CertificateWord word,
        uint256 issuedAt_,
        uint256 expiresAt_
    ) internal pure returns (CertificateWord) {
        return _set(_set(word, _ISSUED_AT, 32, issuedAt_), _EXPIRES_AT, 32, expiresAt_);
    }

    function _get(CertificateWord word, uint256 offset, uint256 bits) private pure returns (uint256) {
        return Bits.get(CertificateWord.unwrap(word), offset, bits);
    }

    function _set(
        CertificateWord word,
        uint256 offset,
        uint256 bits,
        uint256 value
    ) private pure returns (CertificateWord) {
        return CertificateWord.wrap(Bits.set(CertificateWord.unwrap(word), offset, bits, value));
    }
}
