// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC1271 } from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A smart account (ERC-1271) that signs by its owner's key, and can be told to misbehave.
contract CertifierWallet {
    enum Answer {
        Honest,
        Reverts,
        Empty,
        Short,
        WrongMagic,
        DirtyMagic,
        True,
        BurnsGas,
        Reenters
    }

    bytes32 private constant _MAGIC = IERC1271.isValidSignature.selector;

    address private immutable _owner;
    Answer private _answer;
    address private _target;
    bytes private _call;

    constructor(address owner) {
        _owner = owner;
    }

    function setAnswer(Answer answer) external {
        _answer = answer;
    }

    /// @notice What it calls back, and then answers as if nothing had happened.
    function setReentry(address target, bytes calldata call) external {
        (_answer, _target, _call) = (Answer.Reenters, target, call);
    }

    // Not `view`, as the standard has it: one of the answers tries to write.
    function isValidSignature(bytes32 hash, bytes calldata signature) external returns (bytes4) {
        Answer answer = _answer;
        if (answer == Answer.Reverts) revert("no");
        if (answer == Answer.Empty) _return(0, 0);
        if (answer == Answer.Short) _return(_MAGIC, 4);
        if (answer == Answer.WrongMagic) return 0xffffffff;
        if (answer == Answer.DirtyMagic) _return(_MAGIC | bytes32(uint256(1)), 32);
        if (answer == Answer.True) _return(bytes32(uint256(1)), 32);
        if (answer == Answer.BurnsGas) _burn();
        if (answer == Answer.Reenters) {
            (bool wrote, ) = _target.call(_call);
            return wrote ? bytes4(0xffffffff) : bytes4(_MAGIC);
        }
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(hash, signature);
        bool signed = failure == ECDSA.RecoverError.NoError && signer == _owner;
        return signed ? bytes4(_MAGIC) : bytes4(0xffffffff);
    }

    function _burn() private pure {
        assembly {
            invalid()
        }
    }

    function _return(bytes32 value, uint256 length) private pure {
        assembly {
            mstore(0, value)
            return(0, length)
        }
    }
}
