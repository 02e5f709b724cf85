"""A relayer at work until it is interrupted: its doors, its hands, and how they are stopped."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from proofdesk._deployments import CLEAR
from proofdesk._errors import ConfigurationError
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._saying import saying

if TYPE_CHECKING:
    from proofdesk._desk import Desk
    from proofdesk.ops.relay import Relayer

_LOOK = 0.5  # seconds between looks whether anything waits


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ConfigurationError where it cannot."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigurationError(
            _("nobody can listen at {host}:{port}: {problem}. Name another place by --listen").format(
                host=host, port=port, problem=error.strerror or error
            )
        ) from None
    return found


def warn_of_readers(here: Here, desk: Desk) -> None:
    """Say where records are sealed what keys are wanting for customers to read what is answered to them."""
    if desk.deployment.records == CLEAR:
        return
    readers = {role.key for role in desk.keys.roles() if "open" in role.kinds}
    keyring, store = desk.keyring, desk.archive.store
    keys = [] if keyring is None else keyring.codec(desk.deployment, store).held()
    held = {key.public for key in keys}
    if not readers - {None}:
        here.out.say(
            _(
                "WARNING: no role of this desk reads openings, and without one no record can be sealed: "
                "acts with words are refused. Make one: proofdesk key role"
            )
        )
    elif not readers & held:
        here.out.say(
            _(
                "WARNING: this relayer reads no opening, so that customers cannot read the replies that it "
                "keeps: give it --keys FILE of a member of a role that reads openings (proofdesk key roles)"
            )
        )


def work(
    here: Here, relayer: Relayer, door: socket.socket | None, folder: Path | None, *, drain: bool = False
) -> None:
    """Take and carry until interrupted; raises Interrupted then, ConfigurationError for what ended it.

    With `drain` it ends by itself, once nothing waits any more.
    """
    # Late: only who relays has it.
    from proofdesk.ops.relay.folder import watch_folder

    stop = threading.Event()
    serve = _server(relayer, door, stop) if door is not None else partial(_wait, relayer, stop, drain=drain)
    hands = [_Hand(partial(relayer.run, stop), stop)]
    if folder is not None:
        hands.append(_Hand(partial(watch_folder, relayer, folder, stop), stop))
    with saying(here, "proofdesk.relay"):
        with suppress(KeyboardInterrupt):
            for hand in hands:
                hand.start()
            serve()
        stop.set()
        with suppress(KeyboardInterrupt):
            if relayer.counts()["sent"]:
                here.out.say(
                    _(
                        "Stopping: what is in flight is seen to its end; "
                        "Ctrl-C again leaves it to the next run."
                    )
                )
            for hand in filter(threading.Thread.is_alive, hands):
                hand.join()
    for hand in hands:
        if hand.error is not None:
            raise hand.error
    if drain and not _left(relayer):
        here.out.say(_("Nothing waits in the queue any more."))
        return
    told = _("stopped: {queued} waiting in the queue, {sent} in flight; the same command goes on with them")
    raise Interrupted(told.format(**relayer.counts()))


class _Hand(threading.Thread):
    """Works until it is told to stop; what ends it early is kept, and ends the others."""

    def __init__(self, job: Callable[[], None], stop: threading.Event) -> None:
        # A second Ctrl-C does not wait for it.
        super().__init__(daemon=True)
        self._job = job
        self._stop_all = stop
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._job()
        except BaseException as error:  # told by the thread that everybody waits for
            self.error = error
        finally:
            self._stop_all.set()


def _wait(relayer: Relayer, stop: threading.Event, *, drain: bool) -> None:
    while not stop.wait(_LOOK) and not (drain and not _left(relayer)):
        pass


def _left(relayer: Relayer) -> int:
    """How many acts have no end yet."""
    counts = relayer.counts()
    return counts["queued"] + counts["sent"] + counts["mined"]


def _server(relayer: Relayer, door: socket.socket, stop: threading.Event) -> Callable[[], object]:
    import uvicorn

    from proofdesk.ops.relay.http import asgi, config

    host, port, *_more = door.getsockname()
    server = uvicorn.Server(config(asgi(relayer), host=host, port=port))

    def end() -> None:
        stop.wait()
        server.should_exit = True

    def serve() -> None:
        threading.Thread(target=end, daemon=True).start()
        server.run(sockets=[door])

    return serve
