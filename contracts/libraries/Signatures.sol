// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC1271 } from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures
/// @notice Whether an account signed a digest: by its key, or, a smart account, by its own word (ERC-1271).
library Signatures {
    /// @dev The key comes first, so that an account with code set by EIP-7702 can sign as it always did. 65 bytes,
    /// r ‖ s ‖ v with the lower s: one signature has one form.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (signature.length == 65) {
            // What is wrong with a signature that no key made does not matter here.
            // slither-disable-next-line unused-return
            (address key, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(
                digest,
                uint8(signature[64]),
                bytes32(signature[:32]),
                bytes32(signature[32:64])
            );
            if (failure == ECDSA.RecoverError.NoError && key == signer) return true;
        }
        return _isAccepted(signer, digest, signature);
    }

    /// @dev Copies one word of the answer, however long it is: a signer cannot make its carrier pay for a megabyte.
    function _isAccepted(
        address signer,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool accepted) {
        bytes4 magic = IERC1271.isValidSignature.selector;
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        assembly ("memory-safe") {
            let answered := staticcall(gas(), signer, add(question, 32), mload(question), 0, 32)
            accepted := and(and(answered, gt(returndatasize(), 31)), eq(mload(0), magic))
        }
    }
}
