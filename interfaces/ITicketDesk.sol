// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";

import { Actor, Lane, LaneConfig, Status, Ticket } from "../contracts/types/DeskTypes.sol";
import { MoveTicket, OpenTicket, RateTicket, TakeTicket } from "../contracts/types/SignedTypes.sol";
import { TicketWord } from "../contracts/types/TicketWord.sol";
import { IAgentCertification } from "./IAgentCertification.sol";

/// @title ITicketDesk
/// @notice Tickets, lanes and ratings of one desk. Every act on a ticket is checked against a fixed table of moves,
/// written into the ticket's one word, and appended as a leaf to its lane's log (an RFC 9162 Merkle tree).
/// @dev Times are seconds, windows and `dueAt` minutes, entries salted hashes of records kept off chain. `seen` is the
/// number of acts the caller saw on the ticket.
interface ITicketDesk is IERC5267 {
    // ------------------------------------------------------------------------------------------------ errors

    /// @notice This kind of actor may not make this move. `Anyone` is a caller with no part in the ticket.
    error IllegalMove(Status from, Status to, Actor actor);
    /// @notice The ticket has seen another act since `seen`.
    error StaleTicket(uint256 seen, uint256 acts);
    /// @notice Resolved and Rejected can be left for Open, Escalated or Disputed until minute `dueAt` only.
    error ObjectionWindowOver(uint256 dueAt);
    /// @notice The ticket has seen too many acts for this one; it can still be ended.
    error TooManyActs(uint256 acts);
    /// @notice Resolved and Rejected are the claim module's alone in this lane, and nothing is transferred in or out.
    error ClaimsLane(uint256 lane);

    /// @notice No such ticket on this desk.
    error UnknownTicket(bytes32 ticketId);
    /// @notice The same customer opened the same entry already.
    error TicketExists(bytes32 ticketId);
    /// @notice An entry is never zero.
    error EmptyEntry();
    /// @notice A ticket needs a customer.
    error EmptyCustomer();

    /// @notice The certificate does not exist, is suspended, revoked, resigned or expired, or is not the caller's.
    error CertificateNotValid(uint256 certificateId);
    /// @notice The certificate is for another program or a lower level than the lane asks for.
    error NotQualified(uint256 certificateId, uint256 program, uint256 level);
    /// @notice Nobody serves his own ticket.
    error OwnTicket(bytes32 ticketId);
    /// @notice Another ticket is next: the lane serves first come, first served.
    error OutOfTurn(uint256 turn, uint256 next);
    /// @notice More departures stand before the next turn than one transaction reads: call `skip` first.
    error SkipFirst(uint256 lane);

    /// @notice Only the ticket's customer rates it.
    error NotCustomer(bytes32 ticketId, address account);
    /// @notice A score is 1 to 5.
    error InvalidScore(uint256 score);
    /// @notice A ticket is rated by its customer once, when Resolved or Closed, if an agent had it.
    error NotRateable(bytes32 ticketId);

    /// @notice None of the tickets is overdue.
    error NothingOverdue();
    /// @notice The arrays must be of one length.
    error LengthMismatch();

    /// @notice No such lane on this desk.
    error UnknownLane(uint256 lane);
    /// @notice The lane takes no new tickets.
    error LaneClosed(uint256 lane);
    /// @notice The lane is opened only through the desk's intake (or, a claims lane, its modules).
    error LaneGated(uint256 lane);
    /// @notice A ticket goes from a lane to another one with the same gate that gives the customer no shorter window.
    error NoTransfer(uint256 from, uint256 to);
    /// @notice A window is 1 to 64,800 minutes.
    error InvalidWindow(uint256 minutes_);
    /// @notice No such program in the desk's AgentCertification.
    error UnknownProgram(uint256 program);
    /// @notice A desk has at most 1,023 lanes.
    error TooManyLanes();

    /// @notice The guardian has paused opening.
    error OpeningPaused();
    /// @notice The desk has retired; new tickets go to `successor`.
    error DeskRetired(address successor);
    /// @notice The caller does not hold the role (or holds it with an execution delay).
    error MissingRole(address account, uint64 role);
    /// @notice A contract was expected at this address.
    error NoContract(address account);

    /// @notice The account did not sign this: not by its key, and, if it is a contract, not by ERC-1271.
    error InvalidSignature(address signer);
    /// @notice The signature's deadline has passed.
    error SignatureExpired(uint256 deadline);
    /// @notice The ticket is not in the status that the move was signed from.
    error StatusChanged(Status signed, Status current);
    /// @notice A batch holds calls of `openFor`, `takeFor`, `moveFor` and `rateFor`, nothing else.
    error NotASignedAct(bytes4 selector);
    /// @notice The act gave no reason: its data is malformed, or it needs more gas than an act of a batch may use.
    error ActFailed();
    /// @notice The transaction has too little gas left for an act of its batch, which may use `needed`.
    error NotEnoughGas(uint256 needed);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice One act. It is leaf `position` of the log of `lane`.
    /// @param ticketId The ticket.
    /// @param lane The lane whose log the leaf stands in: the ticket's lane before the act.
    /// @param actor Who acted: the signer of a signed act, the module, the caller of `expire`.
    /// @param kind As whom he acted.
    /// @param word The ticket's word after the act.
    /// @param entry The salted hash of the act's record; zero for `expire`.
    /// @param position The leaf's index in the log, from 0.
    /// @param time The block's time, seconds.
    event ActLogged(
        bytes32 indexed ticketId,
        uint256 indexed lane,
        address indexed actor,
        Actor kind,
        TicketWord word,
        bytes32 entry,
        uint256 position,
        uint256 time
    );

    /// @notice An act of a batch was refused; the others go on.
    /// @param index Its place in the batch, from 0.
    /// @param reason Why, as the act alone would have reverted; `LaneGated` is told before anything else.
    event ActRefused(uint256 indexed index, bytes reason);

    /// @notice A lane was created with terms that never change.
    event LaneCreated(uint256 indexed lane, LaneConfig config);
    /// @notice The lane answers new tickets with another article; 0 for none.
    event LaneArticleSet(uint256 indexed lane, uint256 article);
    /// @notice The lane takes no new tickets any more.
    event LaneClosedForever(uint256 indexed lane);
    /// @notice The line's head moved to after `served` without anybody being served.
    event LineSkipped(uint256 indexed lane, uint256 served, uint256 departed);

    /// @notice Nothing can be opened until `OpeningUnpaused`; all else goes on.
    event OpeningPausedBy(address indexed guardian);
    /// @notice Tickets can be opened again.
    event OpeningUnpausedBy(address indexed unpauser);
    /// @notice No ticket will ever be opened on this desk again; all else goes on.
    event Retired(address indexed successor);

    // ------------------------------------------------------------------------------------------ a ticket's life

    /// @notice Opens a ticket; the caller is its customer. Its id is `keccak256(abi.encode(customer, entry))`.
    /// @param lane The lane it waits in.
    /// @param entry The salted hash of its opening record.
    /// @return ticketId The ticket's id.
    ///
    /// Requirements:
    /// - opening is neither paused nor retired, and the lane exists and is not closed
    /// - the lane is public, or it is gated and the caller holds INTAKE; it is no claims lane
    /// - `entry` is not zero, and the caller has not opened it before
    function open(uint256 lane, bytes32 entry) external returns (bytes32 ticketId);

    /// @notice Takes the next ticket of its lane's line: New → Open.
    /// @param ticketId The ticket.
    /// @param certificateId The caller's certificate; it becomes the ticket's seat.
    /// @param entry The salted hash of the act's record.
    ///
    /// Requirements:
    /// - the ticket is New, and no lower turn of its lane still waits
    /// - the certificate is the caller's, valid, for the lane's program and at its level or above
    /// - the caller is not the ticket's customer
    function take(bytes32 ticketId, uint32 certificateId, bytes32 entry) external;

    /// @notice Moves a ticket, or adds to it where the table admits staying (`to` is then its status).
    /// @param ticketId The ticket.
    /// @param to The status asked for. Open without an agent becomes Escalated.
    /// @param entry The salted hash of the act's record.
    /// @param seen Acts the caller saw. The ticket's agent may pass 1,023: whatever was added since.
    ///
    /// Requirements:
    /// - the table admits the move for the caller's kind
    /// - `seen` is the ticket's count of acts
    /// - Resolved and Rejected are left inside the objection window only
    /// - the limits of acts
    /// - in a claims lane, `to` is neither Resolved nor Rejected
    function move(bytes32 ticketId, Status to, bytes32 entry, uint256 seen) external;

    /// @notice The customer rates his ticket, once. It counts for the agent in its seat if the lane is gated.
    /// @param ticketId The ticket.
    /// @param score 1 to 5.
    /// @param entry The salted hash of the act's record.
    ///
    /// Requirements:
    /// - the caller is the ticket's customer
    /// - the ticket is Resolved or Closed, unrated, and has an agent
    function rate(bytes32 ticketId, uint256 score, bytes32 entry) external;

    /// @notice A supervisor gives tickets to agents: New, Open, Waiting, OnHold or Escalated → Open. All or nothing.
    /// @param ticketIds The tickets.
    /// @param certificateIds For each, the certificate that becomes its seat.
    /// @param entries For each, the salted hash of the act's record.
    ///
    /// Requirements:
    /// - the caller holds SUPERVISOR without delay and is the customer of none of them
    /// - each certificate is valid, for the lane's program, at its level or above, and not the customer's own
    function assign(
        bytes32[] calldata ticketIds,
        uint256[] calldata certificateIds,
        bytes32[] calldata entries
    ) external;

    /// @notice Hands a ticket to another lane: Escalated there, without an agent, its clock running on.
    /// @param ticketId The ticket.
    /// @param lane The lane it goes to. The act's leaf is in the lane it leaves.
    /// @param entry The salted hash of the act's record.
    ///
    /// Requirements:
    /// - the caller is its agent (from Open or OnHold) or a supervisor (from New, Open, OnHold or Escalated)
    /// - both lanes are gated or neither is; neither is a claims lane; they differ
    /// - the other lane's `confirmWithin` is not shorter: nobody shortens a customer's window under him
    function transfer(bytes32 ticketId, uint256 lane, bytes32 entry) external;

    /// @notice Anyone: does with overdue tickets what their clocks say. Others are skipped.
    /// @param ticketIds The tickets.
    /// @return count How many were overdue.
    ///
    /// Requirements:
    /// - at least one of them is overdue
    function expire(bytes32[] calldata ticketIds) external returns (uint256 count);

    /// @notice Anyone: moves the line's head past tickets that left the line, reading at most `words` bitmap words.
    /// @param lane The lane.
    /// @param words At most so many words of 256 turns.
    function skip(uint256 lane, uint256 words) external;

    // ------------------------------------------------------------------------------------------- signed acts

    /// @notice Opens a ticket for a customer who signed it: EIP-712 typed data `OpenTicket(address customer,uint16
    /// lane,bytes32 entry,uint64 deadline)` in the domain that `eip712Domain` tells (ERC-5267).
    /// @param act What was signed.
    /// @param signature 65 bytes (r ‖ s ‖ v, the lower s) by the account's key, or what its ERC-1271 accepts.
    /// @return ticketId The ticket's id.
    ///
    /// Requirements:
    /// - the deadline has not passed, and the customer signed
    /// - a gated lane: the caller holds INTAKE; otherwise as `open`
    function openFor(OpenTicket calldata act, bytes calldata signature) external returns (bytes32 ticketId);

    /// @notice Takes a ticket for an agent who signed it: `TakeTicket(address agent,bytes32 ticketId,uint32
    /// certificateId,bytes32 entry,uint64 deadline)`.
    ///
    /// Requirements:
    /// - the deadline has not passed, and the agent signed; otherwise as `take`
    function takeFor(TakeTicket calldata act, bytes calldata signature) external;

    /// @notice Moves a ticket for an actor who signed it: `MoveTicket(address actor,bytes32 ticketId,uint8 from,uint8
    /// to,bytes32 entry,uint16 seen,uint64 deadline)`.
    ///
    /// Requirements:
    /// - the deadline has not passed, and the actor signed
    /// - `seen` is the ticket's count of acts, for everybody, and `from` its status; otherwise as `move`
    function moveFor(MoveTicket calldata act, bytes calldata signature) external;

    /// @notice Rates a ticket for a customer who signed it: `RateTicket(address customer,bytes32 ticketId,uint8
    /// score,bytes32 entry,uint64 deadline)`.
    ///
    /// Requirements:
    /// - the deadline has not passed, and the customer signed; otherwise as `rate`
    function rateFor(RateTicket calldata act, bytes calldata signature) external;

    /// @notice Carries signed acts in their order. A refused one does not sink the others.
    /// @param acts Calls of `openFor`, `takeFor`, `moveFor` and `rateFor`, encoded as for the contract.
    /// @return reasons For each act why it was refused, empty where it was done.
    ///
    /// Requirements:
    /// - before each act, 63/64 of the gas that is left cover the 500,000 that an act may use
    /// - of an act, or it alone is refused: what its own call asks for, INTAKE of the batch's caller for a gated lane too
    function batch(bytes[] calldata acts) external returns (bytes[] memory reasons);

    // ------------------------------------------------------------------------------------------------ modules

    /// @notice A module opens a ticket for a customer, in any lane.
    ///
    /// Requirements:
    /// - the caller holds MODULE without delay; otherwise as `open`, the gates excepted
    function openAsModule(uint256 lane, address customer, bytes32 entry) external returns (bytes32 ticketId);

    /// @notice A module moves a ticket.
    ///
    /// Requirements:
    /// - the caller holds MODULE without delay and is not the ticket's customer
    /// - the table admits the move for a module
    function moveAsModule(bytes32 ticketId, Status to, bytes32 entry) external;

    // -------------------------------------------------------------------------------------------------- lanes

    /// @notice Creates a lane; its terms never change. LANE_EDITOR.
    /// @return lane Its number, from 1.
    ///
    /// Requirements:
    /// - every window is 1 to 64,800 minutes, and the program exists
    function createLane(LaneConfig calldata config) external returns (uint256 lane);

    /// @notice Sets the article that answers the lane's new tickets; 0 for none. LANE_EDITOR.
    function setArticle(uint256 lane, uint32 article) external;

    /// @notice No more opening in this lane, for ever. LANE_EDITOR.
    function closeLane(uint256 lane) external;

    /// @notice No more opening on this desk, for ever; all else goes on. ADMIN.
    /// @param successor Where new tickets go; may be zero.
    function retire(address successor) external;

    /// @notice Stops opening, and nothing else. GUARDIAN.
    function pauseOpening() external;

    /// @notice Lets opening go on. UNPAUSER.
    function unpauseOpening() external;

    // -------------------------------------------------------------------------------------------------- views

    /// @notice A ticket, decoded; status None if there is none.
    function ticket(bytes32 ticketId) external view returns (Ticket memory);

    /// @notice A ticket's word; 0 if there is none.
    function wordOf(bytes32 ticketId) external view returns (TicketWord);

    /// @notice A lane, decoded.
    function lane(uint256 lane_) external view returns (Lane memory);

    /// @notice Lanes created so far; they are numbered from 1.
    function laneCount() external view returns (uint256);

    /// @notice Ratings that count for a certificate: their sum and number.
    function scoreOf(uint256 certificateId) external view returns (uint256 sum, uint256 count);

    /// @notice Whether the table admits a move for this kind of actor (for Anyone: by `expire`).
    function isLegal(Actor kind, Status from, Status to) external pure returns (bool);

    /// @notice The lowest turn that still waits in the lane; 0 if nobody waits. Reads as many words as it takes.
    function nextInLine(uint256 lane) external view returns (uint256 turn);

    /// @notice The root of the lane's log: RFC 9162's tree hash; SHA-256 of nothing for an empty log.
    function root(uint256 lane) external view returns (bytes32);

    /// @notice The roots of the log's complete subtrees, largest first.
    function peaks(uint256 lane) external view returns (bytes32[] memory);

    /// @notice Whether a leaf hash stands at `position` of the lane's log as it is now (RFC 9162, 2.1.3.2).
    function verifyInclusion(
        uint256 lane,
        uint256 position,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Whether today's log continues the log that had `size` leaves and this root (RFC 9162, 2.1.4.2).
    function verifyConsistency(
        uint256 lane,
        uint256 size,
        bytes32 oldRoot,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Whose certificates this desk accepts.
    function certification() external view returns (IAgentCertification);

    /// @notice Whether opening is paused, whether the desk has retired, and where to.
    function opening() external view returns (bool paused, bool retired, address successor);
}
