"""How much a relayer takes and spends, in all and of each signer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from proofdesk._errors import InvalidArgument

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a signer may have carried in a window of time: so many acts, and gas at their bounds."""

    acts: int = 60
    gas: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """A relayer's limits.

    `allowance` is every signer's, but for those in `allowances` by their addresses (an agent serves many
    customers; None: no limit); a `window` long. `wei_per_hour` is what may be spent in any hour: what was
    paid, and what is queued and in flight at its bound. `queue` is how many acts may wait. A smart account's
    signature check may use `smart_account_gas`; a signer of whom more than `failures` acts were refused on
    chain in a window, after they had been checked, is refused for the rest of it. `margin` is how much time
    an act must leave until its deadline. What was done or refused is remembered for as long as `keep` after
    it came and after its deadline, and for two windows at the least.

    Raises InvalidArgument for what cannot be meant.
    """

    allowance: Allowance = field(default_factory=Allowance)
    allowances: Mapping[str, Allowance | None] = field(default_factory=dict)
    window: timedelta = timedelta(hours=1)
    wei_per_hour: int | None = None
    queue: int = 20_000
    smart_account_gas: int = 150_000
    failures: int = 3
    margin: timedelta = timedelta(seconds=60)
    keep: timedelta = timedelta(days=90)

    def __post_init__(self) -> None:
        if self.window <= timedelta() or self.margin < timedelta():
            raise InvalidArgument(f"window {self.window} and margin {self.margin}: pass spans above zero")
        if self.queue < 1 or not 10_000 <= self.smart_account_gas <= 450_000:
            raise InvalidArgument(
                f"queue {self.queue} and smart_account_gas {self.smart_account_gas}: pass 1 or more, and "
                "10,000 to 450,000, since the contract gives an act 500,000"
            )
        if self.keep < timedelta(days=1):
            raise InvalidArgument(
                f"keep {self.keep}: pass a day or more, for spending is counted by the hour"
            )
        named = {address.lower(): allowance for address, allowance in self.allowances.items()}
        object.__setattr__(self, "allowances", named)

    def of(self, signer: str) -> Allowance | None:
        """A signer's allowance; None without limit.

        >>> Limits(allowances={"0x" + 20 * "11": None}).of("0x" + 20 * "11") is None
        True
        """
        return self.allowances.get(signer.lower(), self.allowance)

    @property
    def gwei_per_hour(self) -> int | None:
        """`wei_per_hour` in gwei."""
        return None if self.wei_per_hour is None else self.wei_per_hour // GWEI


@dataclass(slots=True)
class Use:
    """What a signer had carried in the window so far."""

    acts: int = 0
    gas: int = 0
    failures: int = 0
    oldest: float = 0.0

    def exceeds(self, allowance: Allowance | None, gas: int) -> bool:
        """Whether one more act of so much gas is beyond the allowance."""
        return allowance is not None and (self.acts + 1 > allowance.acts or self.gas + gas > allowance.gas)

    def add(self, gas: int) -> None:
        """Count one more act."""
        self.acts += 1
        self.gas += gas
