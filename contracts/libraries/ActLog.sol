// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Actor } from "../types/DeskTypes.sol";
import { TicketWord } from "../types/TicketWord.sol";

/// @dev Levels of a tree as large as a lane's word can count.
uint256 constant LOG_LEVELS = 40;

/// @title ActLog
/// @notice A transparency log: the Merkle tree of RFC 9162 (SHA-256), of which only the peaks are kept, the roots of
/// its complete subtrees. `peaks[k]` is the one of 2^k leaves, meaningful while bit k of the size is set.
/// @dev Inclusion and consistency proofs are the RFC's, so that any verifier of Certificate Transparency checks them.
library ActLog {
    /// @notice The hash of an act's leaf: SHA-256 of a zero byte and the leaf's 125 bytes of data.
    /// @dev Assembly, here and in `_node`, because every act pays for it: 0.9 % of a move.
    function leafHash(
        bytes32 ticketId,
        TicketWord word,
        address actor,
        Actor kind,
        bytes32 entry,
        uint256 time
    ) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore8(data, 0)
            mstore(add(data, 1), ticketId)
            mstore(add(data, 33), word)
            mstore(add(data, 65), shl(96, actor))
            mstore8(add(data, 85), kind)
            mstore(add(data, 86), entry)
            mstore(add(data, 118), shl(192, time))
            if iszero(staticcall(gas(), 2, data, 126, 0, 32)) {
                revert(0, 0)
            }
            hash := mload(0)
        }
    }

    /// @notice Appends a leaf to a log of `size` leaves.
    function append(bytes32[LOG_LEVELS] storage peaks, uint256 size, bytes32 leaf) internal {
        uint256 level;
        for (; size & 1 == 1; size >>= 1) {
            leaf = _node(_peak(peaks, level), leaf);
            unchecked {
                ++level;
            }
        }
        assert(level < LOG_LEVELS);
        assembly ("memory-safe") {
            sstore(add(peaks.slot, level), leaf)
        }
    }

    /// @notice The tree hash of a log of `size` leaves (RFC 9162, 2.1.1).
    function root(bytes32[LOG_LEVELS] storage peaks, uint256 size) internal view returns (bytes32 hash) {
        if (size == 0) return sha256("");
        uint256 level;
        for (; size & 1 == 0; size >>= 1) ++level;
        hash = peaks[level];
        while (size > 1) {
            size >>= 1;
            ++level;
            if (size & 1 == 1) hash = _node(peaks[level], hash);
        }
    }

    /// @notice The peaks in use, largest first.
    function list(
        bytes32[LOG_LEVELS] storage peaks,
        uint256 size
    ) internal view returns (bytes32[] memory hashes) {
        uint256 count = 0;
        for (uint256 rest = size; rest != 0; rest &= rest - 1) ++count;
        hashes = new bytes32[](count);
        for (uint256 level; count != 0; ++level) {
            if ((size >> level) & 1 == 1) hashes[--count] = peaks[level];
        }
    }

    /// @notice RFC 9162, 2.1.3.2: whether `leaf` is leaf `position` of the log with this size and root.
    function verifyInclusion(
        uint256 position,
        uint256 size,
        bytes32 leaf,
        bytes32[] calldata proof,
        bytes32 root_
    ) internal view returns (bool) {
        if (position >= size) return false;
        uint256 last = size - 1;
        for (uint256 i; i < proof.length; ++i) {
            if (last == 0) return false;
            if (position & 1 == 1 || position == last) {
                leaf = _node(proof[i], leaf);
                for (; position & 1 == 0 && position != 0; position >>= 1) last >>= 1;
            } else {
                leaf = _node(leaf, proof[i]);
            }
            position >>= 1;
            last >>= 1;
        }
        return last == 0 && leaf == root_;
    }

    /// @notice RFC 9162, 2.1.4.2: whether the log with size and root `second` continues the one with `first`. Every log
    /// continues the empty one.
    function verifyConsistency(
        uint256 first,
        uint256 second,
        bytes32 firstRoot,
        bytes32 secondRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (first > second) return false;
        if (first == second) return proof.length == 0 && firstRoot == secondRoot;
        if (first == 0) return proof.length == 0 && firstRoot == sha256("");
        // A complete first tree is itself the first node of the path, and the RFC leaves it out.
        uint256 i = first & (first - 1) == 0 ? 0 : 1;
        if (proof.length < 1) return false;
        bytes32 left = i == 0 ? firstRoot : proof[0];
        bytes32 both = left;
        uint256 node = first - 1;
        uint256 last = second - 1;
        for (; node & 1 == 1; node >>= 1) last >>= 1;
        for (; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                left = _node(proof[i], left);
                both = _node(proof[i], both);
                for (; node & 1 == 0 && node != 0; node >>= 1) last >>= 1;
            } else {
                both = _node(both, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && left == firstRoot && both == secondRoot;
    }

    /// @dev Assembly spares the checks of an index that cannot exceed the size's bits.
    function _peak(bytes32[LOG_LEVELS] storage peaks, uint256 level) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := sload(add(peaks.slot, level))
        }
    }

    function _node(bytes32 left, bytes32 right) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore8(data, 1)
            mstore(add(data, 1), left)
            mstore(add(data, 33), right)
            if iszero(staticcall(gas(), 2, data, 65, 0, 32)) {
                revert(0, 0)
            }
            hash := mload(0)
        }
    }
}
