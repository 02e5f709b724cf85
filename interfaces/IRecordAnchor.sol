// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IRecordAnchor
/// @notice Dates records: the block time of a Merkle root shows that its leaves existed then. Open to everybody.
/// @dev Trees are those of OpenZeppelin's merkle-tree library: sorted pairs, Keccak-256, leaves hashed twice.
interface IRecordAnchor {
    /// @notice The root stands here already, since `time`.
    error AlreadyAnchored(bytes32 root, uint256 time);
    /// @notice A root is never zero, and holds at least one record.
    error EmptyRoot();

    /// @notice A root was dated; the event's name is that of EAS.
    /// @param root The Merkle root.
    /// @param time The block's time, seconds.
    /// @param count How many records it holds, as he says who anchored it.
    /// @param account Who anchored it.
    event Timestamped(bytes32 indexed root, uint64 indexed time, uint256 count, address indexed account);

    /// @notice Dates a Merkle root, once.
    /// @param root The root.
    /// @param count How many records it holds.
    ///
    /// Requirements:
    /// - neither is zero, and the root was not dated before
    function anchor(bytes32 root, uint256 count) external;

    /// @notice When a root was dated, seconds; 0 if it was not.
    function anchoredAt(bytes32 root) external view returns (uint256 time);

    /// @notice When the root of a leaf was dated, seconds; 0 if it was not, or the leaf is not in it.
    /// @param root The root.
    /// @param leaf The leaf's hash: `keccak256(bytes.concat(keccak256(abi.encode(values))))`.
    /// @param proof Its Merkle proof.
    function verify(
        bytes32 root,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external view returns (uint256 time);
}
