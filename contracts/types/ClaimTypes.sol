// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// What merchants, parties and customers sign as EIP-712 typed data, what a rule says, and what the chain keeps of a claim.

/// @notice Why a customer claims. The numbers are signed and never change.
enum Reason {
    None,
    Return,
    Defect,
    NotDelivered,
    WrongItem,
    Overcharged,
    ServiceFailure,
    Other
}

/// @notice What a claim's judgement came to when it was filed.
enum Verdict {
    None,
    Approved,
    Denied,
    Review
}

/// @notice Where a claim stands: `None` also where it was paid all when it was filed, `Denied` failed a rule when it was filed, `Review` met them all and waits for an agent,
/// `Refused` met them all and got nothing from him, or its ticket ended before he decided, `Paid` got something.
enum ClaimState {
    None,
    Denied,
    Review,
    Refused,
    Paid
}

bytes32 constant RECEIPT_TYPEHASH = keccak256(
    "Receipt(address merchant,bytes32 orderId,address customer,bytes32 productId,uint128 price,uint64 purchasedAt,bytes32 policyId)"
);
bytes32 constant EVIDENCE_TYPEHASH = keccak256(
    "Evidence(bytes32 orderId,uint8 kind,bytes32 contentHash,uint64 issuedAt)"
);
bytes32 constant FILE_CLAIM_TYPEHASH = keccak256(
    "FileClaim(address customer,Receipt receipt,uint8 reason,uint128 amount,Evidence[] evidence,bytes32 entry,uint64 deadline)Evidence(bytes32 orderId,uint8 kind,bytes32 contentHash,uint64 issuedAt)Receipt(address merchant,bytes32 orderId,address customer,bytes32 productId,uint128 price,uint64 purchasedAt,bytes32 policyId)"
);
bytes32 constant DECIDE_CLAIM_TYPEHASH = keccak256(
    "DecideClaim(address actor,bytes32 ticketId,uint128 amount,bytes32 entry,uint16 seen,uint64 deadline)"
);

/// @notice What a merchant signs at the sale.
/// @param merchant Who sells, and signs.
/// @param orderId A salted hash of the order's number; with the merchant it names the order.
/// @param customer Who may claim: an address of his own, better a fresh one per order.
/// @param productId A salted hash of what was bought.
/// @param price In the smallest units of the policy's token.
/// @param purchasedAt Seconds since 1970.
/// @param policyId The rules that hold for it.
struct Receipt {
    address merchant;
    bytes32 orderId;
    address customer;
    bytes32 productId;
    uint128 price;
    uint64 purchasedAt;
    bytes32 policyId;
}

/// @notice What a party attests about an order.
/// @param orderId The order of the receipt it goes with.
/// @param kind 0 to 15; 12 and above the customer may declare himself.
/// @param contentHash A salted hash of what it says.
/// @param issuedAt Seconds since 1970.
struct Evidence {
    bytes32 orderId;
    uint8 kind;
    bytes32 contentHash;
    uint64 issuedAt;
}

/// @notice Who signed an item, and how that is known. Not part of what others sign: it is checked, not believed.
/// @param signer The merchant, the accredited party, or the customer of evidence that he declares himself.
/// @param signature By his key or his smart account (ERC-1271); empty where the customer declares.
/// @param root A root in the RecordAnchor that holds the item with this signature; zero where the signer is in office.
/// @param path The item's Merkle proof in it.
struct Attestation {
    address signer;
    bytes signature;
    bytes32 root;
    bytes32[] path;
}

/// @notice A claim as its customer files it, or signs it for another to carry.
/// @param reason One of the policy's reasons.
/// @param amount Asked for, in the smallest units of the policy's token.
/// @param entry The salted hash of the claim's record; with the customer it names the ticket.
/// @param deadline The last second in which it may be filed.
struct FileClaim {
    address customer;
    Receipt receipt;
    Reason reason;
    uint128 amount;
    Evidence[] evidence;
    bytes32 entry;
    uint64 deadline;
}

/// @notice An agent's or a supervisor's decision, signed for another to carry.
/// @param amount Paid in addition to what the claim got before; 0 pays nothing.
/// @param seen Acts of the ticket that he saw.
struct DecideClaim {
    address actor;
    bytes32 ticketId;
    uint128 amount;
    bytes32 entry;
    uint16 seen;
    uint64 deadline;
}

/// @notice What a policy says of one reason.
/// @param window Seconds from the purchase in which it may be claimed, the last one included; at least 1.
/// @param refund Of the price, basis points, 0 to 10,000; all claims of this reason on an order together.
/// @param evidence Kinds that must be there, a bit each.
/// @param automaticLimit Up to this much on an order, claims are paid without an agent; smallest units.
/// @param lane The claims lane of its tickets.
/// @param review Every claim waits for an agent, whatever its amount.
struct Rule {
    Reason reason;
    uint32 window;
    uint16 refund;
    uint16 evidence;
    uint128 automaticLimit;
    uint16 lane;
    bool review;
}

/// @notice What the chain keeps of an order: one slot.
/// @param paid Paid or pending on all its claims.
/// @param paidReason The one reason it was paid for; None where for several, or nothing yet.
/// @param claims Filed by its customer so far, up to 8.
/// @param live A bit for each reason that has a claim under review.
/// @param receipt The upper bits of the hash of the receipt that was filed first: no other one is taken.
struct Order {
    uint128 paid;
    Reason paidReason;
    uint8 claims;
    uint8 live;
    uint104 receipt;
}

/// @notice What the chain keeps of a claim: one slot. Nothing is kept of a claim that got all it asked when it was filed.
/// @param remaining Asked for and not paid yet.
/// @param order The upper bits of the order's key; zero if he who filed it is not the receipt's customer.
struct Claim {
    uint128 remaining;
    Reason reason;
    ClaimState state;
    uint112 order;
}

/// @notice When a merchant or party may sign. It is given once an address and kind: who was dismissed returns under another.
/// @param since The first second, 0 if he never was in office.
/// @param until The first second after it; the end of time while he is in office.
struct Term {
    uint64 since;
    uint64 until;
}

/// @notice What a claim is judged by, and nothing else.
/// @param paidOnOrder Paid or pending on the order.
/// @param paidForReason Of that, for this reason.
/// @param claims Filed on the order before.
/// @param live Whether a claim of this reason is under review.
/// @param isCustomer Whether the receipt's customer files it.
/// @param price, purchasedAt As the receipt says.
/// @param amount Asked for.
/// @param evidence Kinds that are there, a bit each.
/// @param time Of the judgement, seconds.
struct Facts {
    uint256 paidOnOrder;
    uint256 paidForReason;
    uint256 claims;
    bool live;
    bool isCustomer;
    uint256 price;
    uint256 purchasedAt;
    uint256 amount;
    uint256 evidence;
    uint256 time;
}
