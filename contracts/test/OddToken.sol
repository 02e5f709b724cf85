// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Written } from "./Written.sol";

/// @notice An ERC-20 that can be told to be as odd as those that are about, and odder. Anyone mints.
contract OddToken {
    enum Manner {
        Proper,
        ReturnsNothing,
        ReturnsFalse,
        ReturnsTwo,
        ReturnsByte,
        Reverts,
        BurnsGas,
        LongAnswer,
        LongRevert,
        MovesNothing,
        TakesFee,
        TakesSenderFee,
        Reenters,
        BalanceReverts,
        BalanceEmpty,
        BalanceBurnsGas,
        BalanceLong,
        BalanceHuge,
        BalanceHeavy
    }

    Manner public manner;
    address private _target;
    Written private _call;

    /// @notice What came of the calls made while it was moving, and with which error the last one was refused.
    struct Reentries {
        uint48 lets;
        uint48 refusals;
        bytes4 refusal;
    }

    Reentries public reentries;
    mapping(address account => uint256) private _balances;

    /// @param manner_ How it does everything from now on.
    function behave(Manner manner_) external {
        manner = manner_;
    }

    /// @notice What it does in a transfer, beside it.
    function reenter(address target, bytes calldata call) external {
        (manner, _target, _call) = (Manner.Reenters, target, new Written(call));
    }

    /// @notice What an account has from now on, as tokens have it that follow something else.
    function rebase(address account, uint256 amount) external {
        _balances[account] = amount;
    }

    function balanceOf(address account) external view returns (uint256) {
        if (manner == Manner.BalanceReverts) revert("no");
        if (manner == Manner.BalanceEmpty) _answer(0, 0);
        if (manner == Manner.BalanceBurnsGas) _burn();
        if (manner == Manner.BalanceLong) _answer(bytes32(_balances[account]), 100_000);
        if (manner == Manner.BalanceHuge) return type(uint256).max;
        if (manner == Manner.BalanceHeavy) _work();
        return _balances[account];
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    // Whoever asks is allowed: allowances are not what it is for.
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        Manner how = manner;
        if (how == Manner.Reverts) revert("no");
        if (how == Manner.BurnsGas) _burn();
        if (how == Manner.LongRevert) _revert(200_000);
        if (how == Manner.Reenters) _reenter();
        if (how == Manner.MovesNothing) return true;
        uint256 fee = amount / 100 + 1;
        _balances[from] -= how == Manner.TakesSenderFee ? amount + fee : amount;
        _balances[to] += how == Manner.TakesFee ? amount - fee : amount;
        if (how == Manner.ReturnsNothing) _answer(0, 0);
        if (how == Manner.ReturnsByte) _answer(bytes32(uint256(1)) << 248, 1);
        if (how == Manner.ReturnsTwo) _answer(bytes32(uint256(2)), 32);
        if (how == Manner.LongAnswer) _answer(bytes32(uint256(1)), 200_000);
        return how != Manner.ReturnsFalse;
    }

    function _reenter() private {
        (bool done, bytes memory answer) = _target.call(address(_call).code);
        if (done) ++reentries.lets;
        else (reentries.refusals, reentries.refusal) = (reentries.refusals + 1, bytes4(answer));
    }

    // Nearly all that whoever asks for a balance forwards, as tokens behind proxies do that bear interest.
    function _work() private view {
        uint256 start = gasleft();
        while (start - gasleft() < 40_000) {}
    }

    function _burn() private pure {
        assembly {
            invalid()
        }
    }

    function _answer(bytes32 word, uint256 length) private pure {
        assembly {
            mstore(0, word)
            return(0, length)
        }
    }

    function _revert(uint256 length) private pure {
        assembly {
            revert(0, length)
        }
    }
}
