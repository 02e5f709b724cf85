"""Where a relayer's queue is, as the commands that look into one name it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from proofdesk._errors import ConfigurationError
from proofdesk.cli._database import database_option
from proofdesk.cli._here import Here
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk.ops.relay.control import Control

QUEUE = database_option(
    "PROOFDESK_QUEUE",
    _("Where the queue is; relay/CHAIN/DESK.db by default, or a URL as SQLAlchemy takes it."),
)


def needs_extra(*modules: str) -> None:
    """Refuse to go on without what a relayer is made of; raises ConfigurationError."""
    if not all(map(find_spec, modules)):
        raise ConfigurationError(_('relaying needs its extra: pip install "proofdesk[relay]"'))


def queue_place(here: Here, database: str | None, *, make: bool = False) -> str | Path:
    """Where a desk's queue is; raises ConfigurationError where there is none and none is to be made."""
    deployment = here.manifest()
    place: str | Path = database or Path("relay") / str(deployment.chain_id) / f"{deployment.desk}.db"
    if "://" not in str(place):
        if not make and not Path(place).exists():
            raise ConfigurationError(
                _("there is no queue {place}: proofdesk relay run makes it").format(place=place)
            )
        if make and database is None:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
    return place


def control_of(here: Here, database: str | None) -> Control:
    """The queue, to look at and to halt; raises ConfigurationError where there is none."""
    needs_extra("sqlalchemy")
    from proofdesk.ops.relay.control import Control

    return Control(queue_place(here, database), here.manifest(), make=False)


def stages() -> Mapping[str, str]:
    """How far an act has come, for people."""
    return {
        "queued": _("queued"),
        "sent": _("sent"),
        "mined": _("mined"),
        "done": _("done"),
        "refused": _("refused"),
    }
