// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What the prover understands of Foundry's test environment.
interface IProver {
    function assume(bool condition) external;
    function deal(address account, uint256 amount) external;
    function store(address account, bytes32 slot, bytes32 value) external;
}

/// @dev Facts of which nothing is known.
interface IUnknown {
    function enableSymbolicStorage(address account) external;
    function createUint(uint256 bits, string calldata name) external returns (uint256);
    function createBool(string calldata name) external returns (bool);
    function createCalldata(string calldata contractName) external returns (bytes memory);
}

/// @notice What proofs stand on: a check holds if no facts make one of its assertions fail.
abstract contract Symbolic {
    IProver internal constant prover = IProver(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    IUnknown internal constant unknown = IUnknown(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
}
