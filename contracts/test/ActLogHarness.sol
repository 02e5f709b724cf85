// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { ActLog, LOG_LEVELS } from "../libraries/ActLog.sol";
import { Actor } from "../types/DeskTypes.sol";
import { TicketWord } from "../types/TicketWord.sol";

/// @notice ActLog by itself: a log that takes any leaf hash, many a call.
contract ActLogHarness {
    /// @dev As the arguments of ActLog.verifyInclusion.
    struct Inclusion {
        uint256 position;
        uint256 size;
        bytes32 leaf;
        bytes32[] proof;
        bytes32 root;
    }

    /// @dev As the arguments of ActLog.verifyConsistency.
    struct Consistency {
        uint256 first;
        uint256 second;
        bytes32 firstRoot;
        bytes32 secondRoot;
        bytes32[] proof;
    }

    uint256 public size;
    bytes32[LOG_LEVELS] private _peaks;

    function append(bytes32[] calldata leaves) external {
        for (uint256 i; i < leaves.length; ++i) _append(leaves[i]);
    }

    /// @return roots The root after each append. Called without a transaction, it leaves the log as it was.
    function rootsAfter(bytes32[] calldata leaves) external returns (bytes32[] memory roots) {
        roots = new bytes32[](leaves.length);
        for (uint256 i; i < leaves.length; ++i) {
            _append(leaves[i]);
            roots[i] = root();
        }
    }

    function root() public view returns (bytes32) {
        return ActLog.root(_peaks, size);
    }

    function peaks() external view returns (bytes32[] memory) {
        return ActLog.list(_peaks, size);
    }

    function leafHash(
        bytes32 ticketId,
        TicketWord word,
        address actor,
        Actor kind,
        bytes32 entry,
        uint256 time
    ) external view returns (bytes32) {
        return ActLog.leafHash(ticketId, word, actor, kind, entry, time);
    }

    function verifyInclusions(Inclusion[] calldata claims) external view returns (bool[] memory holds) {
        holds = new bool[](claims.length);
        for (uint256 i; i < claims.length; ++i) {
            Inclusion calldata claim = claims[i];
            holds[i] = ActLog.verifyInclusion(
                claim.position,
                claim.size,
                claim.leaf,
                claim.proof,
                claim.root
            );
        }
    }

    function verifyConsistencies(Consistency[] calldata claims) external view returns (bool[] memory holds) {
        holds = new bool[](claims.length);
        for (uint256 i; i < claims.length; ++i) {
            Consistency calldata claim = claims[i];
            holds[i] = ActLog.verifyConsistency(
                claim.first,
                claim.second,
                claim.firstRoot,
                claim.secondRoot,
                claim.proof
            );
        }
    }

    function _append(bytes32 leaf) private {
        ActLog.append(_peaks, size, leaf);
        ++size;
    }
}
