"""What is found where nobody named anything: a local chain, and configs in their folder."""

from __future__ import annotations

from pathlib import Path

from proofdesk.cli._language import _

# Where a local chain listens unless it is told otherwise; which desk is there its manifest decides.
USUAL = ("127.0.0.1", 8545)


def answers(place: tuple[str, int]) -> bool:
    """Whether anybody listens at a place of this machine."""
    # Late: who names a node needs none of it.
    import socket

    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(place) == 0


def known_configs() -> str:
    """The names of the configs here, for people."""
    stems = sorted(path.stem for path in Path("config").glob("*.toml"))
    return _("there are {names}").format(names=", ".join(stems)) if stems else _("there is none in config/")
