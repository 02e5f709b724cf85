// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Written } from "./Written.sol";

/// @notice Somebody who is paid and is a contract: he acts as he is told, and takes ETH as he is told.
contract Payee {
    enum Manner {
        Accepts,
        Reverts,
        BurnsGas,
        LongAnswer,
        LongRevert,
        Heavy,
        Reenters,
        SendsBack
    }

    Manner private _manner;
    address private _target;
    Written private _call;

    /// @notice What came of the calls made while he was being paid, and with which error the last one was refused.
    struct Reentries {
        uint48 lets;
        uint48 refusals;
        bytes4 refusal;
    }

    Reentries public reentries;

    /// @param manner How he takes ETH from now on.
    function behave(Manner manner) external {
        _manner = manner;
    }

    /// @notice What he does while he is paid; then he accepts.
    function reenter(address target, bytes calldata call) external {
        (_manner, _target, _call) = (Manner.Reenters, target, new Written(call));
    }

    /// @notice Calls anything in his own name; fails as it does.
    function act(address target, bytes calldata call) external returns (bytes memory) {
        (bool done, bytes memory answer) = target.call(call);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    receive() external payable {
        Manner manner = _manner;
        if (manner == Manner.Reverts) revert("not wanted");
        if (manner == Manner.BurnsGas) _burn();
        if (manner == Manner.LongAnswer) _answer(true);
        if (manner == Manner.LongRevert) _answer(false);
        if (manner == Manner.Heavy) _work();
        if (manner == Manner.SendsBack) _sendBack();
        if (manner == Manner.Reenters) _reenter();
    }

    function _reenter() private {
        (bool done, bytes memory answer) = _target.call(address(_call).code);
        if (done) ++reentries.lets;
        else (reentries.refusals, reentries.refusal) = (reentries.refusals + 1, bytes4(answer));
    }

    function _sendBack() private {
        (bool done, ) = msg.sender.call{ value: msg.value }("");
        require(done, "not taken back");
    }

    // More than a payment forwards.
    function _work() private view {
        uint256 start = gasleft();
        while (start - gasleft() < 50_000) {}
    }

    function _burn() private pure {
        assembly {
            invalid()
        }
    }

    // As long an answer as a payment's gas buys.
    function _answer(bool accepts) private pure {
        assembly {
            if accepts {
                return(0, 64000)
            }
            revert(0, 64000)
        }
    }
}
