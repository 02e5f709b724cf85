// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev A value that no longer fits its field of a packed word.
error FieldOverflow(uint256 value, uint256 bits);

/// @notice Reads and writes the fields of a packed word.
library Bits {
    function get(uint256 word, uint256 offset, uint256 bits) internal pure returns (uint256) {
        return (word >> offset) & ((1 << bits) - 1);
    }

    /// @dev Reverts rather than cuts a value: a cut one would be another, valid, record.
    function set(uint256 word, uint256 offset, uint256 bits, uint256 value) internal pure returns (uint256) {
        uint256 mask = (1 << bits) - 1;
        if (value > mask) revert FieldOverflow(value, bits);
        return (word & ~(mask << offset)) | (value << offset);
    }
}
