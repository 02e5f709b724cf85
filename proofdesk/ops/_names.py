"""A number keeps its name: on chain there are numbers only, and customers know a lane by what it is called.

Of two lanes with equal terms the chain cannot say which is which, so only the manifest remembers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from proofdesk._deployments import Deployment
from proofdesk._errors import ConfigurationError
from proofdesk.ops.config import Config

KEEP = (
    "a number keeps its name: restore the config's order and names, and add new ones at the end "
    "(to give one another name for good, change the manifest too)"
)


def renamed(numbers: Mapping[str, int], names: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Each number of which manifest and config disagree: the number, the manifest's name, the config's.

    `numbers` are the manifest's, `names` the config's in order; what only one of them has is no disagreement.

    >>> list(renamed({"refunds": 1, "cards": 2}, ["cards", "refunds", "new"]))
    [(1, 'refunds', 'cards'), (2, 'cards', 'refunds')]
    >>> list(renamed({"cards": 5}, ["cards"]))
    [(5, 'cards', 'none: cards is number 1')]
    """
    for name, number in numbers.items():
        if number <= len(names):
            if names[number - 1] != name:
                yield number, name, names[number - 1]
        elif name in names:
            yield number, name, f"none: {name} is number {names.index(name) + 1}"


def refuse_renamed(deployment: Deployment, config: Config) -> None:
    """Refuse a config that gives a number of the manifest another name; raises ConfigurationError.

    >>> refuse_renamed(deployment, config)
    """
    for what, numbers, names in (
        ("program", deployment.programs, [item.name for item in config.programs]),
        ("lane", deployment.lanes, [item.name for item in config.lanes]),
    ):
        for number, known, wanted in renamed(numbers, names):
            raise ConfigurationError(
                f"{what} {number} of desk {deployment.desk} is {known} in the manifest, "
                f"{wanted} in the config: {KEEP}"
            )
