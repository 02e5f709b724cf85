// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { MerkleProof } from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import { IRecordAnchor } from "../interfaces/IRecordAnchor.sol";

/// @title RecordAnchor
/// @notice Dates Merkle roots of records. See IRecordAnchor.
contract RecordAnchor is IRecordAnchor {
    /// @inheritdoc IRecordAnchor
    mapping(bytes32 root => uint256 time) public anchoredAt;

    /// @inheritdoc IRecordAnchor
    function anchor(bytes32 root, uint256 count) external {
        if (root == 0 || count == 0) revert EmptyRoot();
        if (anchoredAt[root] != 0) revert AlreadyAnchored(root, anchoredAt[root]);
        anchoredAt[root] = block.timestamp;
        emit Timestamped(root, uint64(block.timestamp), count, msg.sender);
    }

    /// @inheritdoc IRecordAnchor
    function verify(bytes32 root, bytes32 leaf, bytes32[] calldata proof) external view returns (uint256) {
        return MerkleProof.verifyCalldata(proof, root, leaf) ? anchoredAt[root] : 0;
    }
}
