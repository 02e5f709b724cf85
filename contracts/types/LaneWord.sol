// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Bits } from "../libraries/Bits.sol";

/// @notice Everything the chain keeps of a lane but its departures bitmap and its log's peaks, in one storage word.
/// @dev
///   bits     field
///   0–25     turns handed out
///   26–51    served: every turn up to this one has left the line
///   52–77    departed: turns above `served` that left the line otherwise than by being taken
///   78–93    respondWithin, minutes
///   94–109   resolveWithin, minutes
///   110–125  confirmWithin, minutes
///   126–141  program
///   142–149  level
///   150–181  article
///   182      gated
///   183      claims
///   184      closed
///   185–189  spare
///   190–229  size of the log
///   230–255  spare
/// A lane that exists has windows of at least a minute, so its word is never zero.
type LaneWord is uint256;

using LaneWordLibrary for LaneWord global;

library LaneWordLibrary {
    uint256 private constant _TURNS = 0;
    uint256 private constant _SERVED = 26;
    uint256 private constant _DEPARTED = 52;
    uint256 private constant _RESPOND_WITHIN = 78;
    uint256 private constant _RESOLVE_WITHIN = 94;
    uint256 private constant _CONFIRM_WITHIN = 110;
    uint256 private constant _PROGRAM = 126;
    uint256 private constant _LEVEL = 142;
    uint256 private constant _ARTICLE = 150;
    uint256 private constant _GATED = 182;
    uint256 private constant _CLAIMS = 183;
    uint256 private constant _CLOSED = 184;
    uint256 private constant _SIZE = 190;

    function isNone(LaneWord word) internal pure returns (bool) {
        return LaneWord.unwrap(word) == 0;
    }

    function turns(LaneWord word) internal pure returns (uint256) {
        return _get(word, _TURNS, 26);
    }

    function served(LaneWord word) internal pure returns (uint256) {
        return _get(word, _SERVED, 26);
    }

    function departed(LaneWord word) internal pure returns (uint256) {
        return _get(word, _DEPARTED, 26);
    }

    function respondWithin(LaneWord word) internal pure returns (uint256) {
        return _get(word, _RESPOND_WITHIN, 16);
    }

    function resolveWithin(LaneWord word) internal pure returns (uint256) {
        return _get(word, _RESOLVE_WITHIN, 16);
    }

    function confirmWithin(LaneWord word) internal pure returns (uint256) {
        return _get(word, _CONFIRM_WITHIN, 16);
    }

    function program(LaneWord word) internal pure returns (uint256) {
        return _get(word, _PROGRAM, 16);
    }

    function level(LaneWord word) internal pure returns (uint256) {
        return _get(word, _LEVEL, 8);
    }

    function article(LaneWord word) internal pure returns (uint256) {
        return _get(word, _ARTICLE, 32);
    }

    function gated(LaneWord word) internal pure returns (bool) {
        return _get(word, _GATED, 1) != 0;
    }

    function claims(LaneWord word) internal pure returns (bool) {
        return _get(word, _CLAIMS, 1) != 0;
    }

    function closed(LaneWord word) internal pure returns (bool) {
        return _get(word, _CLOSED, 1) != 0;
    }

    function size(LaneWord word) internal pure returns (uint256) {
        return _get(word, _SIZE, 40);
    }

    function withTurns(LaneWord word, uint256 value) internal pure returns (LaneWord) {
        return _set(word, _TURNS, 26, value);
    }

    function withServed(LaneWord word, uint256 value) internal pure returns (LaneWord) {
        return _set(word, _SERVED, 26, value);
    }

    function withDeparted(LaneWord word, uint256 value) internal pure returns (LaneWord) {
        return _set(word, _DEPARTED, 26, value);
    }

    function withWindows(
        LaneWord word,
        uint256 respond,
        uint256 resolve,
        uint256 confirm
    ) internal pure returns (LaneWord) {
        word = _set(word, _RESPOND_WITHIN, 16, respond);
        word = _set(word, _RESOLVE_WITHIN, 16, resolve);
        return _set(word, _CONFIRM_WITHIN, 16, confirm);
    }

    function withProgram(LaneWord word, uint256 program_, uint256 level_) internal pure returns (LaneWord) {
        return _set(_set(word, _PROGRAM, 16, program_), _LEVEL, 8, level_);
    }

    function withArticle(LaneWord word, uint256 value) internal pure returns (LaneWord) {
        return _set(word, _ARTICLE, 32, value);
    }

    function withGates(LaneWord word, bool gated_, bool claims_) internal pure returns (LaneWord) {
        return _set(_set(word, _GATED, 1, gated_ ? 1 : 0), _CLAIMS, 1, claims_ ? 1 : 0);
    }

    function withClosed(LaneWord word) internal pure returns (LaneWord) {
        return _set(word, _CLOSED, 1, 1);
    }

    function withSize(LaneWord word, uint256 value) internal pure returns (LaneWord) {
        return _set(word, _SIZE, 40, value);
    }

    function _get(LaneWord word, uint256 offset, uint256 bits) private pure returns (uint256) {
        return Bits.get(LaneWord.unwrap(word), offset, bits);
    }

    function _set(
        LaneWord word,
        uint256 offset,
        uint256 bits,
        uint256 value
    ) private pure returns (LaneWord) {
        return LaneWord.wrap(Bits.set(LaneWord.unwrap(word), offset, bits, value));
    }
}
