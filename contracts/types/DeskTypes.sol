// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a ticket stands. The numbers are stored in every ticket's word and never change.
enum Status {
    None,
    New,
    Open,
    Waiting,
    OnHold,
    Resolved,
    Rejected,
    Escalated,
    Disputed,
    Closed
}

/// @notice Who acts on a ticket. The numbers are hashed into every leaf of the log and never change.
enum Actor {
    None,
    Customer,
    Agent,
    Supervisor,
    Module,
    Anyone
}

/// @notice What a lane promises and who may serve it; fixed when the lane is created.
/// @param respondWithin Minutes until an agent answers for the ticket, 1 to 64,800 (45 days).
/// @param resolveWithin Minutes of work until it is resolved; the clock stops while the desk waits. 1 to 64,800.
/// @param confirmWithin Minutes the customer has to reply or to object. 1 to 64,800.
/// @param program The certification program an agent needs.
/// @param level The lowest level of that program that may serve the lane.
/// @param gated Opened only through accounts with the INTAKE role.
/// @param claims Opened by modules only; Resolved and Rejected are the claim module's alone.
struct LaneConfig {
    uint16 respondWithin;
    uint16 resolveWithin;
    uint16 confirmWithin;
    uint16 program;
    uint8 level;
    bool gated;
    bool claims;
}

/// @notice A lane, decoded.
/// @param config What was fixed at its creation.
/// @param closed No more opening in it.
/// @param article The knowledge article its new tickets are answered with; 0 for none.
/// @param turns Turns handed out so far; a turn is a ticket's place in the line, counted from 1.
/// @param served Every turn up to this one has left the line.
/// @param departed Turns above `served` that left the line otherwise than by being taken.
/// @param size Leaves in the lane's log.
struct Lane {
    LaneConfig config;
    bool closed;
    uint32 article;
    uint256 turns;
    uint256 served;
    uint256 departed;
    uint256 size;
}

/// @notice A ticket, decoded.
/// @param customer Whose ticket it is.
/// @param status Where it stands.
/// @param rating 1 to 5, 0 while there is none.
/// @param breached Whether a desk's clock was ever missed.
/// @param lane Its lane.
/// @param seat In New the turn in the lane's line; later the agent's certificate id, 0 for none.
/// @param dueAt Minutes since 1970 at which its clock ends; 0 for no clock.
/// @param acts Acts it has seen, its opening included.
/// @param budget Resolution minutes left while that clock is stopped.
/// @param overdue Whether `dueAt` has passed, so that anyone may call `expire`.
struct Ticket {
    address customer;
    Status status;
    uint256 rating;
    bool breached;
    uint256 lane;
    uint256 seat;
    uint256 dueAt;
    uint256 acts;
    uint256 budget;
    bool overdue;
}
