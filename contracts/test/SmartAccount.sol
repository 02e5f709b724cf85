// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC1271 } from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A smart account (ERC-1271) that signs by its owner's key, and can be told to misbehave.
contract SmartAccount {
    enum Answer {
        Honest,
        Reverts,
        Empty,
        Short,
        WrongMagic,
        DirtyMagic,
        True,
        BurnsGas,
        Reenters,
        LongMagic,
        LongNonsense,
        LongRevert,
        Heavy
    }

    bytes32 private constant _MAGIC = IERC1271.isValidSignature.selector;

    address private immutable _owner;
    Answer private _answer;
    uint256 private _number;
    address private _target;
    bytes private _call;

    constructor(address owner) {
        _owner = owner;
    }

    /// @param number How many bytes a long answer has; how much gas a heavy one burns before it is honest.
    function setAnswer(Answer answer, uint256 number) external {
        (_answer, _number) = (answer, number);
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
        if (answer == Answer.LongMagic) _return(_MAGIC, _number);
        if (answer == Answer.LongNonsense) _return(~_MAGIC, _number);
        if (answer == Answer.LongRevert) _revert(_MAGIC, _number);
        if (answer == Answer.Reenters) {
            (bool wrote, ) = _target.call(_call);
            return wrote ? bytes4(0xffffffff) : bytes4(_MAGIC);
        }
        if (answer == Answer.Heavy) _work(_number);
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(hash, signature);
        bool signed = failure == ECDSA.RecoverError.NoError && signer == _owner;
        return signed ? bytes4(_MAGIC) : bytes4(0xffffffff);
    }

    function _work(uint256 gas_) private view {
        uint256 start = gasleft();
        while (start - gasleft() < gas_) {}
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

    function _revert(bytes32 value, uint256 length) private pure {
        assembly {
            mstore(0, value)
            revert(0, length)
        }
    }
}
