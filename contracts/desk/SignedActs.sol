// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { ITicketDesk } from "../../interfaces/ITicketDesk.sol";
import { Signatures } from "../libraries/Signatures.sol";
import { Actor, Status } from "../types/DeskTypes.sol";
import { LaneWord } from "../types/LaneWord.sol";
import { INTAKE_ROLE } from "../types/Roles.sol";
import {
    MOVE_TICKET_TYPEHASH,
    MoveTicket,
    OPEN_TICKET_TYPEHASH,
    OpenTicket,
    RATE_TICKET_TYPEHASH,
    RateTicket,
    TAKE_TICKET_TYPEHASH,
    TakeTicket
} from "../types/SignedTypes.sol";
import { Acts } from "./Acts.sol";

/// @title SignedActs
/// @notice Acts that somebody signed and anybody carries, one by one or many in one transaction.
/// @dev What admits an act once is the ticket itself, so no nonces are kept. Signers are asked by calls that cannot write.
abstract contract SignedActs is Acts, EIP712 {
    /// @dev What one act of a batch may use, its signer's own code included.
    uint256 private constant _ACT_GAS = 500_000;
    /// @dev What the call itself takes of what is left.
    uint256 private constant _CALL_GAS = 1_000;

    constructor() EIP712("proofdesk", "1") {}

    /// @inheritdoc ITicketDesk
    function openFor(OpenTicket calldata act, bytes calldata signature) external returns (bytes32) {
        _checkSigned(act.customer, OPEN_TICKET_TYPEHASH, 4, act.deadline, signature);
        // The batch has looked at its carrier's role already.
        LaneWord lane_ = _laneOpenTo(msg.sender, act.lane, msg.sender == address(this));
        return _open(Act(0, act.customer, Actor.Customer, act.entry), act.customer, act.lane, lane_);
    }

    /// @inheritdoc ITicketDesk
    function takeFor(TakeTicket calldata act, bytes calldata signature) external {
        _checkSigned(act.agent, TAKE_TICKET_TYPEHASH, 5, act.deadline, signature);
        _take(Act(act.ticketId, act.agent, Actor.Agent, act.entry), act.certificateId);
    }

    /// @inheritdoc ITicketDesk
    function moveFor(MoveTicket calldata act, bytes calldata signature) external {
        _checkSigned(act.actor, MOVE_TICKET_TYPEHASH, 7, act.deadline, signature);
        // To `_move` None would mean that the actor need not say what he saw.
        if (act.from == Status.None) revert IllegalMove(Status.None, act.to, Actor.Anyone);
        _move(Act(act.ticketId, act.actor, Actor.None, act.entry), act.from, act.to, act.seen);
    }

    /// @inheritdoc ITicketDesk
    function rateFor(RateTicket calldata act, bytes calldata signature) external {
        _checkSigned(act.customer, RATE_TICKET_TYPEHASH, 5, act.deadline, signature);
        _rate(Act(act.ticketId, act.customer, Actor.Customer, act.entry), act.score);
    }

    /// @inheritdoc ITicketDesk
    function batch(bytes[] calldata acts) external returns (bytes[] memory reasons) {
        reasons = new bytes[](acts.length);
        (bool isAsked, bool isIntake) = (false, false);
        for (uint256 i; i < acts.length; ++i) {
            uint256 number = _gateOf(acts[i]);
            // Once, and only where a gate asks for it.
            if (number != 0 && !isAsked) (isAsked, isIntake) = (true, _hasRole(INTAKE_ROLE, msg.sender));
            bytes memory reason =
                number != 0 && !isIntake
                    ? abi.encodeWithSelector(LaneGated.selector, number)
                    : _attempt(acts[i]);
            if (reason.length == 0) continue;
            reasons[i] = reason;
            emit ActRefused(i, reason);
        }
    }

    /// @return reason Why it was refused; empty where it was done.
    function _attempt(bytes calldata act) private returns (bytes memory reason) {
        bytes4 selector = bytes4(act);
        if (
            selector != this.openFor.selector &&
            selector != this.takeFor.selector &&
            selector != this.moveFor.selector &&
            selector != this.rateFor.selector
        ) return abi.encodeWithSelector(NotASignedAct.selector, selector);
        bool done;
        uint256 left;
        // A call, not a jump: what a refused act has written is undone, and its answer is this contract's own. In assembly,
        // so that the acts of a batch share the memory that they are copied to.
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, act.offset, act.length)
            left := gas()
            done := call(_ACT_GAS, address(), 0, data, act.length, 0, 0)
        }
        // Less would let its carrier starve an act and have it look like a bad one.
        if (left - left / 64 < _ACT_GAS + _CALL_GAS) revert NotEnoughGas(_ACT_GAS);
        if (done) return "";
        assembly ("memory-safe") {
            reason := mload(0x40)
            mstore(reason, returndatasize())
            returndatacopy(add(reason, 32), 0, returndatasize())
            mstore(0x40, add(reason, and(add(returndatasize(), 63), not(31))))
        }
        // An empty answer would read as done.
        if (reason.length == 0) return abi.encodeWithSelector(ActFailed.selector);
    }

    /// @dev An act's data may be anything: what cannot be read here fails when it is attempted.
    /// @return number The gated lane that the act opens; 0 for any other act.
    function _gateOf(bytes calldata data) private view returns (uint256 number) {
        if (data.length < 68 || bytes4(data) != this.openFor.selector) return 0;
        number = uint256(bytes32(data[36:68]));
        if (!_lanes[number].gated()) return 0;
    }

    /// @param fields How many the struct has: they head the call, a word each, and are checked for their type when read.
    function _checkSigned(
        address signer,
        bytes32 typeHash,
        uint256 fields,
        uint256 deadline,
        bytes calldata signature
    ) private view {
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = _hashTypedDataV4(keccak256(bytes.concat(typeHash, msg.data[4:4 + 32 * fields])));
        if (!Signatures.isValid(signer, digest, signature)) revert InvalidSignature(signer);
    }
}
