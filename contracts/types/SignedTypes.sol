// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { Status } from "./DeskTypes.sol";

// What customers and agents sign as EIP-712 typed data; each is good for one act and nothing else. `deadline` is the last
// second in which the signature holds.

bytes32 constant OPEN_TICKET_TYPEHASH = keccak256(
    "OpenTicket(address customer,uint16 lane,bytes32 entry,uint64 deadline)"
);
bytes32 constant TAKE_TICKET_TYPEHASH = keccak256(
    "TakeTicket(address agent,bytes32 ticketId,uint32 certificateId,bytes32 entry,uint64 deadline)"
);
bytes32 constant MOVE_TICKET_TYPEHASH = keccak256(
    "MoveTicket(address actor,bytes32 ticketId,uint8 from,uint8 to,bytes32 entry,uint16 seen,uint64 deadline)"
);
bytes32 constant RATE_TICKET_TYPEHASH = keccak256(
    "RateTicket(address customer,bytes32 ticketId,uint8 score,bytes32 entry,uint64 deadline)"
);

/// @dev A customer opens a ticket: the entry, and with it the ticket's id, admits it once.
struct OpenTicket {
    address customer;
    uint16 lane;
    bytes32 entry;
    uint64 deadline;
}

/// @dev An agent takes a ticket: it is New once.
struct TakeTicket {
    address agent;
    bytes32 ticketId;
    uint32 certificateId;
    bytes32 entry;
    uint64 deadline;
}

/// @dev Whoever may moves a ticket that he saw in status `from` with `seen` acts.
struct MoveTicket {
    address actor;
    bytes32 ticketId;
    Status from;
    Status to;
    bytes32 entry;
    uint16 seen;
    uint64 deadline;
}

/// @dev A customer rates his ticket: it is rated once.
struct RateTicket {
    address customer;
    bytes32 ticketId;
    uint8 score;
    bytes32 entry;
    uint64 deadline;
}
