"""Putting money into a desk's vault, by amounts as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._errors import InvalidArgument
from proofdesk.claims.chain import token_of
from proofdesk.ops._tokens import decimals_of, units

if TYPE_CHECKING:
    from proofdesk import Desk
    from proofdesk.claims.vault import Books


def fund(desk: Desk, amount: str, token: str = "ETH") -> Books:
    """Deposit an amount of ETH or of a listed ERC-20, in whole tokens, and return the vault's books of it.

    Raises InvalidArgument for what is no amount of that token, and what `desk.vault.deposit` raises.

    >>> fund(desk, "0.5").free
    500000000000000000
    """
    decimals = decimals_of(desk.node, token_of(token))
    if decimals is None:
        raise InvalidArgument(f"{token} does not say how many decimals it has: is it a token?")
    wei = units(amount, decimals)
    if not wei:
        raise InvalidArgument(
            f"{amount!r} is no amount of {token}: write one above 0, with at most {decimals} decimals"
        )
    desk.vault.deposit(wei, token)
    return desk.vault.books(token)
