// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import { IERC5267 } from "@openzeppelin/contracts/interfaces/IERC5267.sol";

import {
    Attestation,
    Claim,
    ClaimState,
    DecideClaim,
    FileClaim,
    Order,
    Reason,
    Receipt,
    Verdict
} from "../contracts/types/ClaimTypes.sol";
import { Status } from "../contracts/types/DeskTypes.sol";
import { IPolicyBook } from "./IPolicyBook.sol";
import { IRecordAnchor } from "./IRecordAnchor.sol";
import { IRefundVault } from "./IRefundVault.sol";
import { ITicketDesk } from "./ITicketDesk.sol";

/// @title IClaimDesk
/// @notice After-sales claims, judged by the rules that the receipt names, and paid by the vault in the same transaction.
/// @dev Amounts are in the smallest units of the policy's token, times seconds. An order is (merchant, orderId).
interface IClaimDesk is IERC5267 {
    // ------------------------------------------------------------------------------------------------ errors

    /// @notice The signer was not in office at the item's stated date, or is not now, and no anchor shows that he signed while
    /// he was. `kind` is the evidence's, or 255 for a receipt.
    error SignerNotInOffice(address signer, uint256 kind, uint256 statedAt);
    /// @notice The signature is not this signer's: not by his key, and, if he is a contract, not by ERC-1271.
    error InvalidSignature(address signer);
    /// @notice The item, with this signature, is not in an anchored root.
    error NotAnchored(bytes32 root);
    /// @notice Another receipt of this order was filed first.
    error OtherReceipt(bytes32 orderId);
    /// @notice The evidence is about another order.
    error EvidenceOfOtherOrder(uint256 index, bytes32 orderId);
    /// @notice The evidence is dated in the future.
    error EvidenceInFuture(uint256 index, uint256 issuedAt);
    /// @notice An evidence kind is 0 to 15.
    error UnknownKind(uint256 kind);
    /// @notice There is one attestation for each piece of evidence, and one piece of each kind at most.
    error EvidenceMismatch();
    /// @notice Only the claim's customer files it himself.
    error NotClaimant(address customer, address caller);
    /// @notice The claim's deadline has passed.
    error SignatureExpired(uint256 deadline);

    /// @notice The ticket has no claim of this desk.
    error UnknownClaim(bytes32 ticketId);
    /// @notice This account does not decide this ticket now: its agent does while it is Open, Waiting or OnHold, a supervisor
    /// while it is Escalated, and nobody who is its customer.
    error NotDecider(address account, Status status);
    /// @notice The ticket has seen another act since `seen`.
    error StaleTicket(uint256 seen, uint256 acts);
    /// @notice More than the rule still admits for this claim.
    error OverBound(uint256 amount, uint256 bound);
    /// @notice The claim is not under review, or its ticket is not Closed.
    error NotReleasable(bytes32 ticketId);
    /// @notice The vault is making a payment: nothing else happens in it.
    error VaultLocked();
    /// @notice A contract was expected at this address.
    error NoContract(address account);

    // ------------------------------------------------------------------------------------------------ events

    /// @notice A claim was filed and judged.
    /// @param ticketId Its ticket.
    /// @param orderKey `keccak256(abi.encode(merchant, orderId))`.
    /// @param policyId The rules it was judged by.
    /// @param receiptHash The EIP-712 struct hash of its receipt.
    /// @param reason Why.
    /// @param amount Asked for; an Approved claim is paid all of it.
    /// @param verdict What came of it.
    /// @param failed The rules it does not meet, see ClaimRules; 0 unless Denied.
    event ClaimFiled(
        bytes32 indexed ticketId,
        bytes32 indexed orderKey,
        bytes32 indexed policyId,
        bytes32 receiptHash,
        Reason reason,
        uint256 amount,
        Verdict verdict,
        uint256 failed
    );
    /// @notice A claim was decided by its agent or a supervisor; `amount` was paid in addition to what it got before,
    /// and `state` is what it came to: Refused, Paid, or Denied as before.
    event ClaimDecided(bytes32 indexed ticketId, address indexed actor, uint256 amount, ClaimState state);
    /// @notice A claim under review ended with its ticket; nothing is reserved for it any more.
    event ClaimReleased(bytes32 indexed ticketId);

    // ------------------------------------------------------------------------------------------------- claims

    /// @notice Files a claim: opens its ticket, judges it, and pays it where it is Approved, in one transaction.
    /// @param claim What is claimed; the caller is its customer.
    /// @param merchant Who signed the receipt.
    /// @param parties Who signed each piece of evidence.
    /// @return ticketId Its ticket: Resolved if Approved, Rejected if Denied, New in the rule's lane if for Review.
    ///
    /// Requirements:
    /// - the deadline has not passed
    /// - the receipt's signer was in office when it was dated and is now, or an anchored root shows that he signed it while
    ///   he was; the same of every piece of evidence
    /// - the evidence is the order's, of kinds that differ, and not dated in the future
    /// - no other receipt of the order was filed before
    /// - tickets can be opened
    function fileClaim(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties
    ) external returns (bytes32 ticketId);

    /// @notice Files a claim for its customer, who signed it as EIP-712 typed data `FileClaim`; otherwise as `fileClaim`.
    function fileClaimFor(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties,
        bytes calldata signature
    ) external returns (bytes32 ticketId);

    /// @notice Decides a claim whose ticket is worked on: pays something, or nothing, and ends the ticket.
    /// @dev The ticket is Resolved if the claim ever got something, otherwise Rejected. Where its customer objects it can be
    /// decided again. A claim that was Denied gets nothing here.
    /// @param ticketId The ticket.
    /// @param receipt The claim's receipt, as it was filed.
    /// @param amount To pay in addition to what it got before.
    /// @param entry The salted hash of the decision's record.
    /// @param seen Acts the caller saw. The ticket's agent may pass 1,023: whatever was added since.
    ///
    /// Requirements:
    /// - the caller is the ticket's agent (Open, Waiting, OnHold) or a supervisor (Escalated), and not its customer
    /// - `amount` is at most `boundOf`
    function decide(
        bytes32 ticketId,
        Receipt calldata receipt,
        uint128 amount,
        bytes32 entry,
        uint256 seen
    ) external;

    /// @notice Decides for an actor who signed it as EIP-712 typed data `DecideClaim`; `seen` is exact.
    function decideFor(
        DecideClaim calldata decision,
        Receipt calldata receipt,
        bytes calldata signature
    ) external;

    /// @notice Anyone: gives up what is reserved for a claim whose ticket was Closed before it was decided.
    function release(bytes32 ticketId) external;

    // -------------------------------------------------------------------------------------------------- views

    /// @notice The same judgement, now; reverts as filing would for what is not in order.
    /// @return verdict What filing would come to.
    /// @return amount Paid at once if Approved, reserved for the agent if for Review, otherwise 0.
    /// @return failed The rules that are not met.
    function preview(
        FileClaim calldata claim,
        Attestation calldata merchant,
        Attestation[] calldata parties
    ) external view returns (Verdict verdict, uint256 amount, uint256 failed);

    /// @notice What `decide` may still pay for a claim: within its amount, its rule, and its order's price.
    function boundOf(bytes32 ticketId, Receipt calldata receipt) external view returns (uint256);

    /// @notice What the chain keeps of an order.
    function orderOf(address merchant, bytes32 orderId) external view returns (Order memory);

    /// @notice Of what an order was paid, the part for one reason.
    function paidFor(address merchant, bytes32 orderId, Reason reason) external view returns (uint256);

    /// @notice What the chain keeps of a claim.
    function claimOf(bytes32 ticketId) external view returns (Claim memory);

    /// @notice The rules it judges by, and who signs for what.
    function policies() external view returns (IPolicyBook);

    /// @notice Where claims are tickets.
    function desk() external view returns (ITicketDesk);

    /// @notice What pays them.
    function vault() external view returns (IRefundVault);

    /// @notice What shows that an item was signed in time.
    function anchor() external view returns (IRecordAnchor);
}
