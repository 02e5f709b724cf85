"""The blocking twins of what claims, vault and compensation await."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._shell import blocking
from proofdesk.claims.compensation import AsyncCompensation
from proofdesk.claims.vault import AsyncVault

if TYPE_CHECKING:
    from proofdesk._desk import Desk


class Vault:
    """AsyncVault's blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.vault

    books = blocking(AsyncVault.books)
    deposit = blocking(AsyncVault.deposit)
    pending = blocking(AsyncVault.pending)
    settle = blocking(AsyncVault.settle)
    runway = blocking(AsyncVault.runway)
    owed = blocking(AsyncVault.owed)
    withdraw = blocking(AsyncVault.withdraw)
    withdraw_free = blocking(AsyncVault.withdraw_free)
    schedule_withdrawal = blocking(AsyncVault.schedule_withdrawal)
    list_token = blocking(AsyncVault.list_token)
    delist_token = blocking(AsyncVault.delist_token)
    is_listed = blocking(AsyncVault.is_listed)


class Compensation:
    """AsyncCompensation's blocking twin."""

    def __init__(self, desk: Desk) -> None:
        self._core = desk._core.compensation

    promise = blocking(AsyncCompensation.promise)
    promise_of = blocking(AsyncCompensation.promise_of)
    note = blocking(AsyncCompensation.note)
    compensate = blocking(AsyncCompensation.compensate)
    breach_of = blocking(AsyncCompensation.breach_of)
    is_due = blocking(AsyncCompensation.is_due)
    exclude_outage = blocking(AsyncCompensation.exclude_outage)
