"""brownie run fund main AMOUNT [TOKEN] [--network NAME]: put money into the vault, ETH or a listed token.

AMOUNT is in whole tokens, as in `brownie run fund main 0.5`. Anybody may; refunds are paid of it.
"""

from __future__ import annotations

from proofdesk import ConfigurationError
from proofdesk.claims.vault import Books
from proofdesk.ops.fund import fund
from proofdesk.ops.roles import Role
from scripts._brownie import operation


def main(amount: str = "", token: str = "ETH") -> Books:
    """Deposit, and show what the vault holds then, in the token's smallest units."""
    with operation() as here:
        if not amount:
            raise ConfigurationError("how much? brownie run fund main 0.5")
        books = fund(here.desk(Role.TREASURER), amount, token)
    for name in ("balance", "reserved", "owed", "pending", "free"):
        print(f"{name:<10} {getattr(books, name)}")
    return books
