// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { ITicketDesk } from "../../interfaces/ITicketDesk.sol";
import { LaneWord } from "../types/LaneWord.sol";

/// @title FairQueue
/// @notice A lane's line: first come, first served. Turns count from 1; `served` is the last turn with nobody before it.
/// @dev Joining touches the lane's word only. A ticket that leaves from the middle of the line marks its turn in a
/// bitmap, and the line's head later runs over marked turns, a bounded number of words at a time.
library FairQueue {
    /// @notice Bitmap words of 256 turns that one `take` may read.
    uint256 internal constant WORDS_A_TAKE = 16;

    /// @notice Hands out the next turn.
    function join(LaneWord lane) internal pure returns (LaneWord, uint256 turn) {
        turn = lane.turns() + 1;
        return (lane.withTurns(turn), turn);
    }

    /// @notice Serves a turn, which must be the lowest that still waits.
    function serve(
        LaneWord lane,
        uint256 number,
        mapping(uint256 word => uint256) storage departures,
        uint256 turn
    ) internal view returns (LaneWord) {
        if (lane.departed() != 0) {
            bool settled;
            (lane, settled) = advance(lane, departures, WORDS_A_TAKE);
            if (!settled) revert ITicketDesk.SkipFirst(number);
        }
        uint256 next = lane.served() + 1;
        if (turn != next) revert ITicketDesk.OutOfTurn(turn, next);
        return lane.withServed(turn);
    }

    /// @notice Takes a turn out of the line without serving it.
    function depart(
        LaneWord lane,
        mapping(uint256 word => uint256) storage departures,
        uint256 turn
    ) internal returns (LaneWord) {
        if (turn == lane.served() + 1) return lane.withServed(turn);
        departures[turn >> 8] |= 1 << (turn & 255);
        return lane.withDeparted(lane.departed() + 1);
    }

    /// @notice Runs the line's head over turns that left, reading at most `words` words.
    /// @return The lane's word.
    /// @return settled Whether the head is found; otherwise more words have to be read.
    function advance(
        LaneWord lane,
        mapping(uint256 word => uint256) storage departures,
        uint256 words
    ) internal view returns (LaneWord, bool settled) {
        uint256 served = lane.served();
        uint256 departed = lane.departed();
        while (departed != 0) {
            if (words == 0) return (lane.withServed(served).withDeparted(departed), false);
            --words;
            uint256 bit = (served + 1) & 255;
            uint256 run = _trailingOnes(departures[(served + 1) >> 8] >> bit);
            served += run;
            departed -= run;
            if (bit + run < 256) break;
        }
        return (lane.withServed(served).withDeparted(departed), true);
    }

    function _trailingOnes(uint256 x) private pure returns (uint256) {
        if (x == type(uint256).max) return 256;
        unchecked {
            return Math.log2(~x & (x + 1));
        }
    }
}
