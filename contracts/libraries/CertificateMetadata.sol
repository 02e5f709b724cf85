// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Base64 } from "@openzeppelin/contracts/utils/Base64.sol";
import { Strings } from "@openzeppelin/contracts/utils/Strings.sol";

import { Standing } from "../types/CertificateWord.sol";
import { Certificate } from "../types/CertificationTypes.sol";

/// @title CertificateMetadata
/// @notice A certificate's ERC-721 metadata as a data URI, so that it needs no server.
library CertificateMetadata {
    using Strings for uint256;

    /// @notice The data URI of a certificate's JSON document.
    function uri(
        uint256 certificateId,
        Certificate memory certificate
    ) internal pure returns (string memory) {
        bytes memory json = abi.encodePacked(
            '{"name":"proofdesk certificate #',
            certificateId.toString(),
            '","description":"Soulbound proof that an agent passed the exam of a program.","attributes":[',
            _number("program", "", certificate.program),
            ",",
            _number("level", "", certificate.level),
            ",",
            _number("issued", '"display_type":"date",', certificate.issuedAt),
            ",",
            _number("expires", '"display_type":"date",', certificate.expiresAt),
            ',{"trait_type":"standing","value":"',
            certificate.standing == Standing.Active ? "active" : "suspended",
            '"}]}'
        );
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    function _number(
        string memory name,
        string memory display,
        uint256 value
    ) private pure returns (string memory) {
        return string.concat('{"trait_type":"', name, '",', display, '"value":', value.toString(), "}");
    }
}
