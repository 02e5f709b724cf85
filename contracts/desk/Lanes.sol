// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { IAccessManager } from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import { IAgentCertification } from "../../interfaces/IAgentCertification.sol";
import { ITicketDesk } from "../../interfaces/ITicketDesk.sol";
import { ActLog, LOG_LEVELS } from "../libraries/ActLog.sol";
import { FairQueue } from "../libraries/FairQueue.sol";
import { Lane, LaneConfig } from "../types/DeskTypes.sol";
import { LaneWord } from "../types/LaneWord.sol";
import { INTAKE_ROLE } from "../types/Roles.sol";

/// @title Lanes
/// @notice The lanes of a desk: their terms, lines and logs, and whether tickets can be opened at all.
abstract contract Lanes is ITicketDesk, AccessManaged {
    /// @dev Read by every opening, so it is one slot.
    struct Opening {
        uint16 lanes;
        bool paused;
        bool retired;
        address successor;
    }

    uint256 private constant _MAX_LANES = 1023;
    uint256 private constant _MAX_WINDOW = 45 days / 1 minutes;

    /// @inheritdoc ITicketDesk
    IAgentCertification public immutable certification;

    Opening private _opening;
    mapping(uint256 lane => LaneWord word) internal _lanes;
    mapping(uint256 lane => mapping(uint256 word => uint256 bits)) internal _departures;
    mapping(uint256 lane => bytes32[LOG_LEVELS] levels) internal _peaks;

    constructor(address authority_, IAgentCertification certification_) AccessManaged(authority_) {
        if (authority_.code.length == 0) revert NoContract(authority_);
        if (address(certification_).code.length == 0) revert NoContract(address(certification_));
        certification = certification_;
    }

    // ------------------------------------------------------------------------------------------------ editing

    /// @inheritdoc ITicketDesk
    function createLane(LaneConfig calldata config) external restricted returns (uint256 number) {
        _checkWindow(config.respondWithin);
        _checkWindow(config.resolveWithin);
        _checkWindow(config.confirmWithin);
        if (certification.program(config.program).syllabus == 0) revert UnknownProgram(config.program);
        number = ++_opening.lanes;
        if (number > _MAX_LANES) revert TooManyLanes();
        _lanes[number] = LaneWord
            .wrap(0)
            .withWindows(config.respondWithin, config.resolveWithin, config.confirmWithin)
            .withProgram(config.program, config.level)
            .withGates(config.gated, config.claims);
        emit LaneCreated(number, config);
    }

    /// @inheritdoc ITicketDesk
    function setArticle(uint256 number, uint32 article) external restricted {
        _lanes[number] = _lane(number).withArticle(article);
        emit LaneArticleSet(number, article);
    }

    /// @inheritdoc ITicketDesk
    function closeLane(uint256 number) external restricted {
        _lanes[number] = _lane(number).withClosed();
        emit LaneClosedForever(number);
    }

    /// @inheritdoc ITicketDesk
    function retire(address successor) external restricted {
        if (_opening.retired) revert DeskRetired(_opening.successor);
        (_opening.retired, _opening.successor) = (true, successor);
        emit Retired(successor);
    }

    /// @inheritdoc ITicketDesk
    function pauseOpening() external restricted {
        _opening.paused = true;
        emit OpeningPausedBy(msg.sender);
    }

    /// @inheritdoc ITicketDesk
    function unpauseOpening() external restricted {
        _opening.paused = false;
        emit OpeningUnpausedBy(msg.sender);
    }

    /// @inheritdoc ITicketDesk
    function skip(uint256 number, uint256 words) external {
        // Whether the head is found shows at the next `take`.
        // slither-disable-next-line unused-return
        (LaneWord word, ) = FairQueue.advance(_lane(number), _departures[number], words);
        _lanes[number] = word;
        emit LineSkipped(number, word.served(), word.departed());
    }

    // -------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITicketDesk
    function lane(uint256 number) external view returns (Lane memory) {
        LaneWord word = _lane(number);
        return
            Lane({
                config: LaneConfig({
                    respondWithin: uint16(word.respondWithin()),
                    resolveWithin: uint16(word.resolveWithin()),
                    confirmWithin: uint16(word.confirmWithin()),
                    program: uint16(word.program()),
                    level: uint8(word.level()),
                    gated: word.gated(),
                    claims: word.claims()
                }),
                closed: word.closed(),
                article: uint32(word.article()),
                turns: word.turns(),
                served: word.served(),
                departed: word.departed(),
                size: word.size()
            });
    }

    /// @inheritdoc ITicketDesk
    function laneCount() external view returns (uint256) {
        return _opening.lanes;
    }

    /// @inheritdoc ITicketDesk
    function opening() external view returns (bool paused, bool retired, address successor) {
        return (_opening.paused, _opening.retired, _opening.successor);
    }

    /// @inheritdoc ITicketDesk
    function nextInLine(uint256 number) external view returns (uint256 turn) {
        // Without a bound of words the head is always found.
        // slither-disable-next-line unused-return
        (LaneWord word, ) = FairQueue.advance(_lane(number), _departures[number], type(uint256).max);
        return word.served() == word.turns() ? 0 : word.served() + 1;
    }

    /// @inheritdoc ITicketDesk
    function root(uint256 number) external view returns (bytes32) {
        return ActLog.root(_peaks[number], _lane(number).size());
    }

    /// @inheritdoc ITicketDesk
    function peaks(uint256 number) external view returns (bytes32[] memory) {
        return ActLog.list(_peaks[number], _lane(number).size());
    }

    /// @inheritdoc ITicketDesk
    function verifyInclusion(
        uint256 number,
        uint256 position,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external view returns (bool) {
        uint256 size = _lane(number).size();
        return ActLog.verifyInclusion(position, size, leaf, proof, ActLog.root(_peaks[number], size));
    }

    /// @inheritdoc ITicketDesk
    function verifyConsistency(
        uint256 number,
        uint256 oldSize,
        bytes32 oldRoot,
        bytes32[] calldata proof
    ) external view returns (bool) {
        uint256 size = _lane(number).size();
        return ActLog.verifyConsistency(oldSize, size, oldRoot, ActLog.root(_peaks[number], size), proof);
    }

    // ----------------------------------------------------------------------------------------------- internal

    function _lane(uint256 number) internal view returns (LaneWord word) {
        word = _lanes[number];
        if (word.isNone()) revert UnknownLane(number);
    }

    /// @dev The lane, if this account may open tickets in it; `isIntake` where that is known of it.
    function _laneOpenTo(
        address account,
        uint256 number,
        bool isIntake
    ) internal view returns (LaneWord word) {
        word = _lane(number);
        bool isOpen = !word.claims() && (!word.gated() || isIntake || _hasRole(INTAKE_ROLE, account));
        if (!isOpen) revert LaneGated(number);
    }

    function _checkOpening() internal view {
        if (_opening.retired) revert DeskRetired(_opening.successor);
        if (_opening.paused) revert OpeningPaused();
    }

    /// @dev A member with an execution delay is refused: these calls do not go through the manager's schedule.
    function _hasRole(uint64 role, address account) internal view returns (bool) {
        // A batch asks once, however many acts it carries.
        // slither-disable-next-line calls-loop
        (bool member, uint32 delay) = IAccessManager(authority()).hasRole(role, account);
        return member && delay == 0;
    }

    function _checkWindow(uint256 window) private pure {
        if (window == 0 || window > _MAX_WINDOW) revert InvalidWindow(window);
    }
}
