"""Amounts of tokens as people type and read them: whole tokens, exact; inside they are smallest units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import ContractRevert, InvalidArgument
from proofdesk._rpc import NodeError
from proofdesk.cli._command import KEY_LIKE
from proofdesk.cli._contents import address_named
from proofdesk.cli._language import _
from proofdesk.cli._output import shortened
from proofdesk.cli._values import clean

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.cli._here import Here

ETH = "ETH"
# An option of every command that deals with one token.
token_option = click.option(
    "--token", metavar="TOKEN", default=ETH, help=_("An ERC-20's address; ETH by default.")
)
_SYMBOL = "0x95d89b41"  # symbol()
_LONGEST = 12


@dataclass(frozen=True, slots=True)
class Unit:
    """What amounts are in: a token by its address, zero for ETH, its decimals, and what it is called."""

    token: str
    decimals: int
    name: str

    def shown(self, amount: int) -> str:
        """An amount for people.

        >>> Unit("0x" + 40 * "0", 18, "ETH").shown(5 * 10**17)
        '0.5 ETH'
        """
        # Late: it brings all that claims are made of.
        from proofdesk.claims.words import whole

        return f"{whole(amount, self.decimals)} {self.name}"

    def read(self, text: str, what: str, *, least: int = 0) -> int:
        """An amount that was typed, in smallest units; raises UsageError.

        >>> Unit("0x" + 40 * "0", 6, "USDC").read("0.5", "--amount")
        500000
        """
        from proofdesk.ops._tokens import units

        amount = units(text, self.decimals)
        if amount is None or amount < least:
            raise click.UsageError(
                _(
                    "{what} {text}: write an amount of {unit} such as 0.5, {least} or more, with at most "
                    "{decimals} decimals"
                ).format(
                    what=what,
                    text=text,
                    unit=self.name,
                    least=self.shown(least),
                    decimals=self.decimals,
                )
            )
        return amount

    def plain(self) -> dict[str, Any]:
        """What JSON says of it beside amounts, which are smallest units as texts."""
        return {"token": self.token, "unit": self.name, "decimals": self.decimals}


@contextmanager
def telling_amounts(unit: Unit) -> Iterator[None]:
    """Have what a contract refuses as too much told in the amounts that were typed."""
    try:
        yield
    except ContractRevert as error:
        refused: Any = error
        name = type(error).__name__
        if name == "OverBound":
            told = _("{amount} is more than the rule still admits for this claim: {bound}")
            bound = refused.bound
        elif name == "NotFree":
            told = _("{amount} is more than is free: {bound}")
            bound = refused.free
        else:
            raise
        error.args = (told.format(amount=unit.shown(refused.amount), bound=unit.shown(bound)),)
        raise


def unit_of(here: Here, desk: Desk, token: str) -> Unit:
    """The unit of a token, "ETH" or an address; raises InvalidArgument for what is no token."""
    from proofdesk.claims.values import ETH as NATIVE
    from proofdesk.ops._tokens import decimals_of

    if token == ETH:
        return Unit(NATIVE, 18, here.currency)
    if not re.fullmatch("0x[0-9a-fA-F]{40}", token):
        # What was typed by mistake may be a key.
        told = _("{token} is no token: write ETH, or an address of 0x and 40 hex digits")
        raise InvalidArgument(told.format(token=KEY_LIKE.sub("…", token)))
    address = address_named(token, "--token")
    if address == NATIVE:
        return Unit(address, 18, here.currency)
    decimals = decimals_of(desk.node, address)
    if decimals is None:
        raise InvalidArgument(
            _("{token} does not say how many decimals it has: is it a token?").format(token=address)
        )
    symbol = _symbol(desk, address)
    # A token may call itself what it likes; ETH it is not.
    is_fit = 0 < len(symbol) <= _LONGEST and symbol.isprintable() and symbol.upper() != here.currency
    return Unit(address, decimals, clean(symbol) if is_fit else shortened(address))


def unit_of_policy(here: Here, desk: Desk, policy: str) -> Unit:
    """What a policy's amounts are in; raises UnknownPolicy for an id that was never published."""
    return unit_of(here, desk, desk.read("PolicyBook", "tokenOf", policy))


def _symbol(desk: Desk, token: str) -> str:
    """What a token calls itself; nothing where it does not say, or not as ERC-20 has it."""
    try:
        answer = desk.node.request("eth_call", {"to": token, "data": _SYMBOL}, "latest")
        found = bytes.fromhex(answer[2:])
        return found[64 : 64 + int.from_bytes(found[32:64], "big")].decode()
    except (NodeError, ValueError):
        return ""
