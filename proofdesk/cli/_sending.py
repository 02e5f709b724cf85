"""How a command sends: what its options say, else what the config's network does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from proofdesk.cli._language import _
from proofdesk.cli._values import GWEI

if TYPE_CHECKING:
    from proofdesk.ops.network import Network


@dataclass(frozen=True, slots=True)
class Sending:
    """How to send: as `Sender` takes it; `timeout` is seconds, `max_fee_per_gas` wei."""

    confirmations: Any
    timeout: float
    max_fee_per_gas: int | None

    def options(self) -> dict[str, Any]:
        """The keyword arguments of `Sender` and of `Desk.connect`."""
        return {
            "confirmations": self.confirmations,
            "timeout": self.timeout,
            "max_fee_per_gas": self.max_fee_per_gas,
        }


def sending(said: Mapping[str, Any], network: Network | None) -> Sending:
    """How to send, by options and network; raises UsageError.

    >>> sending({"max_fee_per_gas": "1.5"}, None).max_fee_per_gas
    1500000000
    """
    confirmations, cap, timeout = (said.get(name) for name in ("confirmations", "max_fee_per_gas", "timeout"))
    return Sending(
        confirmations=_confirmations(confirmations)
        if confirmations is not None
        else network.confirmations if network else 1,
        timeout=_number("--timeout", timeout, 0.001, 1e6) if timeout is not None else 120.0,
        max_fee_per_gas=round(GWEI * _number("--max-fee-per-gas", cap, 1e-9, 1e9))
        if cap is not None
        else network.max_fee_per_gas if network else None,
    )  # fmt: skip


def _confirmations(text: str) -> int | str:
    if text == "finalized":
        return text
    return int(_number("--confirmations", text, 1, 10_000)) if text.isdecimal() else _fail(
        "--confirmations", text, _('a number from 1, or "finalized"')
    )  # fmt: skip


def _number(option: str, text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not low <= number <= high:
        _fail(option, text, _("a number above 0"))
    return number


def _fail(option: str, text: str, allowed: str) -> Any:
    raise click.UsageError(
        _("{option} {value!r}: write {allowed}").format(option=option, value=text, allowed=allowed)
    )
