"""The blocking twins of what claims, vault and compensation await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._shell import blocking
from proofdesk.claims.compensation import AsyncCompensation
from proofdesk.claims.resource import AsyncClaims, Signed
from proofdesk.claims.vault import AsyncVault

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.anchors.tree import MerkleTree


class Claims:
    """AsyncClaims' blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.claims

    publish_policy = blocking(AsyncClaims.publish_policy)
    policy = blocking(AsyncClaims.policy)
    policies = blocking(AsyncClaims.policies)
    offices = blocking(AsyncClaims.offices)
    appoint_merchant = blocking(AsyncClaims.appoint_merchant)
    dismiss_merchant = blocking(AsyncClaims.dismiss_merchant)
    accredit = blocking(AsyncClaims.accredit)
    discredit = blocking(AsyncClaims.discredit)
    term = blocking(AsyncClaims.term)
    in_office = blocking(AsyncClaims.in_office)
    sign_receipt = blocking(AsyncClaims.sign_receipt)
    sign_evidence = blocking(AsyncClaims.sign_evidence)
    declare_evidence = blocking(AsyncClaims.declare_evidence)
    preview = blocking(AsyncClaims.preview)
    file = blocking(AsyncClaims.file)
    sign = blocking(AsyncClaims.sign)
    carry = blocking(AsyncClaims.carry)
    decide = blocking(AsyncClaims.decide)
    sign_decision = blocking(AsyncClaims.sign_decision)
    carry_decision = blocking(AsyncClaims.carry_decision)
    bound = blocking(AsyncClaims.bound)
    release = blocking(AsyncClaims.release)
    get = blocking(AsyncClaims.get)
    of = blocking(AsyncClaims.of)
    all = blocking(AsyncClaims.all)
    order = blocking(AsyncClaims.order)

    def attest(self, item: Signed, tree: MerkleTree) -> Signed:
        """A signed item with its proof in a tree, as `AsyncClaims.attest`."""
        return self._core.attest(item, tree)


class Vault:
    """AsyncVault's blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.vault

    books = blocking(AsyncVault.books)
    deposit = blocking(AsyncVault.deposit)
    pending = blocking(AsyncVault.pending)
    lacking = blocking(AsyncVault.lacking)
    settle = blocking(AsyncVault.settle)
    runway = blocking(AsyncVault.runway)
    owed = blocking(AsyncVault.owed)
    withdraw = blocking(AsyncVault.withdraw)
    sign_withdrawal = blocking(AsyncVault.sign_withdrawal)
    carry_withdrawal = blocking(AsyncVault.carry_withdrawal)
    withdraw_free = blocking(AsyncVault.withdraw_free)
    schedule_withdrawal = blocking(AsyncVault.schedule_withdrawal)
    list_token = blocking(AsyncVault.list_token)
    delist_token = blocking(AsyncVault.delist_token)
    is_listed = blocking(AsyncVault.is_listed)


class Compensation:
    """AsyncCompensation's blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.compensation

    offer = blocking(AsyncCompensation.offer)
    offer_of = blocking(AsyncCompensation.offer_of)
    note = blocking(AsyncCompensation.note)
    compensate = blocking(AsyncCompensation.compensate)
    breach_of = blocking(AsyncCompensation.breach_of)
    is_due = blocking(AsyncCompensation.is_due)
    exclude_outage = blocking(AsyncCompensation.exclude_outage)
