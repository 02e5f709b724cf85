// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-5192: Minimal soulbound tokens
interface IERC5192 {
    /// @notice The token cannot be transferred.
    event Locked(uint256 tokenId);
    /// @notice The token can be transferred.
    event Unlocked(uint256 tokenId);

    /// @notice Whether the token is soulbound. Reverts for a token that does not exist.
    function locked(uint256 tokenId) external view returns (bool);
}
