// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-7858: Expirable non-fungible and soulbound tokens
interface IERC7858 {
    /// @notice What `startTime` and `endTime` count: blocks or seconds.
    enum EXPIRY_TYPE {
        BLOCKS_BASED,
        TIME_BASED
    }

    /// @notice A token's term was set or changed.
    event TokenExpiryUpdated(uint256 indexed tokenId, uint256 indexed startTime, uint256 indexed endTime);

    /// @notice What terms are counted in.
    function expiryType() external view returns (EXPIRY_TYPE);

    /// @notice Whether the token's term is over. Reverts for a token that does not exist.
    function isTokenExpired(uint256 tokenId) external view returns (bool);

    /// @notice When the token's term begins. Reverts for a token that does not exist.
    function startTime(uint256 tokenId) external view returns (uint256);

    /// @notice When the token's term ends. Reverts for a token that does not exist.
    function endTime(uint256 tokenId) external view returns (uint256);
}
