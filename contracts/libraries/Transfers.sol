// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import { IRefundVault } from "../../interfaces/IRefundVault.sol";

/// @title Transfers
/// @notice Money moved by calls of bounded gas whose answers are read for one word at most: neither a receiver nor a token
/// can make its payer spend without end.
/// @dev ETH is the zero address. Whoever pays sees to it that `gasOf` is there, so that a starved call never looks like a
/// refusal.
library Transfers {
    uint256 internal constant ETHER_GAS = 50_000;
    uint256 internal constant TOKEN_GAS = 150_000;
    uint256 internal constant BALANCE_GAS = 50_000;
    /// @dev What a payment does round the calls, and what a call itself takes: value, a cold account.
    uint256 private constant _SPARE_GAS = 60_000;

    address internal constant ETHER = address(0);

    /// @notice What a payment in this token may use.
    function gasOf(address token) internal pure returns (uint256) {
        return _SPARE_GAS + (token == ETHER ? ETHER_GAS : TOKEN_GAS + 2 * BALANCE_GAS);
    }

    /// @notice What this contract holds for its books: up to 2^128 - 1, so that no sum of its parts is larger than its fields.
    function balance(address token) internal view returns (uint256 amount) {
        amount = holding(token);
        if (amount > type(uint128).max) amount = type(uint128).max;
    }

    /// @notice What this contract holds; nothing of a token that does not answer.
    function holding(address token) internal view returns (uint256 amount) {
        if (token == ETHER) return address(this).balance;
        // slither-disable-next-line unused-return
        (, amount) = _ask(token);
    }

    /// @notice Whether this is a contract that tells balances.
    function isToken(address token) internal view returns (bool answered) {
        // slither-disable-next-line unused-return
        (answered, ) = _ask(token);
    }

    /// @notice Sends ETH; what the receiver answers is not read.
    function sendEther(address to, uint256 amount) internal returns (bool done) {
        assembly ("memory-safe") {
            done := call(ETHER_GAS, to, amount, 0, 0, 0, 0)
        }
    }

    /// @notice Sends tokens; a token may answer nothing, or a word that is true.
    function sendToken(address token, address to, uint256 amount) internal returns (bool done) {
        bytes memory order = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            mstore(0, 0)
            done := call(TOKEN_GAS, token, 0, add(order, 32), mload(order), 0, 32)
            let said := or(iszero(returndatasize()), and(gt(returndatasize(), 31), eq(mload(0), 1)))
            done := and(done, and(said, gt(extcodesize(token), 0)))
        }
    }

    function _ask(address token) private view returns (bool answered, uint256 amount) {
        // A token that was not given its gas would look like one that holds nothing.
        if (gasleft() < BALANCE_GAS + BALANCE_GAS / 32) revert IRefundVault.NotEnoughGas(BALANCE_GAS);
        bytes memory question = abi.encodeCall(IERC20.balanceOf, (address(this)));
        assembly ("memory-safe") {
            mstore(0, 0)
            answered := staticcall(BALANCE_GAS, token, add(question, 32), mload(question), 0, 32)
            answered := and(answered, gt(returndatasize(), 31))
            if answered {
                amount := mload(0)
            }
        }
    }
}
