"""How soon what fifty clients hand to a relayer over HTTP is on chain."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from typing import Any

import uvicorn
from eth_account import Account

from benchmarks.bench import Bench
from benchmarks.desk import PUBLIC, Scene
from proofdesk._deployments import Deployment
from proofdesk._desk import Desk
from proofdesk._models import Status, Ticket
from proofdesk._words import keccak
from proofdesk.ops.relay import Relayer
from proofdesk.ops.relay.http import asgi, config
from proofdesk.signed import SignedAct
from proofdesk.signed.signing import sign_move, sign_open
from proofdesk.stores import MemoryStore

WORDS = {
    "speed.http": "signed acts over HTTP until the last is mined, 50 clients, one act a request",
    "seconds.http_p50": "from handing an act in until it is seen mined: half of them, seconds",
    "seconds.http_p95": "from handing an act in until it is seen mined: 95 of a hundred, seconds",
}
MOST = {"seconds.http_p95": Fraction(30)}
CLIENTS = 50
ACTS = 1_000

_TICKET = 4  # acts of one ticket: three that can be, and one that cannot
MINED = Fraction(_TICKET - 1, _TICKET)
REFUSED = ACTS // _TICKET
_PAUSE = 0.05  # seconds between two questions for acts' fates


def measure(acts: int = ACTS, clients: int = CLIENTS) -> Mapping[str, Fraction]:
    """By the names in WORDS; on a chain of its own that mines at once, the clients' load included.

    Raises ChainError, AssertionError for an act that is neither on chain nor refused with a reason.
    """
    with Bench.started() as bench, tempfile.TemporaryDirectory() as folder:
        scene = Scene.deployed(bench)
        account = Account.create()
        bench.node.request("anvil_setBalance", account.address, hex(10**24))
        with bench.mining():
            desk = Desk.connect(bench.url, account=account, deployment=scene.deployment, store=MemoryStore())
            signed = [_signed(scene.deployment, number) for number in range(acts // _TICKET)]
            with Relayer(desk, Path(folder) / "relay.db") as relayer, _served(relayer) as port:
                visits = [_Visit(port, signed[number::clients]) for number in range(clients)]
                start = time.perf_counter()
                with ThreadPoolExecutor(clients) as pool:
                    list(pool.map(_Visit.pay, visits))
                took = Fraction(time.perf_counter() - start)
            spans = [span for visit in visits for span in visit.spans]
            on_chain = {(act.ticket_id, act.entry) for act in desk.tickets.acts()}
    wanted = {(act.ticket_id, act.entry) for group in signed for act in group[:-1]}
    assert on_chain == wanted and len(spans) == len(wanted), f"{len(on_chain)} of {len(wanted)} on chain"
    twentieths = quantiles(spans, n=20)
    return {
        "speed.http": acts / took,
        "seconds.http_p50": Fraction(twentieths[9]),
        "seconds.http_p95": Fraction(twentieths[-1]),
    }


def _signed(deployment: Deployment, number: int) -> Sequence[SignedAct]:
    """A ticket's opening and two replies, signed before any of it happened, and one that comes too late."""
    customer = Account.from_key(keccak(f"customer {number}".encode()))
    entries = [keccak(f"entry {number} {place}".encode()) for place in range(_TICKET)]
    opened = sign_open(deployment, customer, lane=PUBLIC, entry=entries[0])
    seen = [_ticket(opened, acts) for acts in (1, 2, 1)]
    return [
        opened,
        *(
            sign_move(deployment, customer, ticket=ticket, to=Status.NEW, entry=entry)
            for ticket, entry in zip(seen, entries[1:], strict=True)
        ),
    ]


def _ticket(opened: SignedAct, acts: int) -> Ticket:
    """A ticket that is not there yet, as it will be after so many acts."""
    return Ticket(
        id=opened.ticket_id,
        customer=opened.signer,
        status=Status.NEW,
        rating=None,
        breached=False,
        lane=PUBLIC,
        turn=None,
        certificate_id=None,
        due_at=None,
        acts=acts,
        budget=timedelta(),
    )


class _Visit:
    """One client, who hands in his acts one after another and asks until each has its end."""

    def __init__(self, port: int, groups: Sequence[Sequence[SignedAct]]) -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=60)
        self._groups = groups
        self.spans: list[float] = []

    def pay(self) -> None:
        """Hand in and wait; raises AssertionError for an act that is not answered as it should be."""
        since: dict[str, float] = {}
        for group in self._groups:
            for act in group:
                since[act.digest] = time.perf_counter()
                (answer,) = self._ask("POST", "/acts", act.to_json().encode())["answers"]
                if act is group[-1]:
                    assert answer["refusal"]["words"] and answer["refusal"]["error"] == "StaleTicket", answer
                    del since[act.digest]
                else:
                    assert "acknowledgement" in answer, answer
        while since:
            for digest in list(since):
                fate = self._ask("GET", f"/acts/{digest}")
                assert fate["stage"] != "refused", fate
                if fate["stage"] == "done":
                    self.spans.append(time.perf_counter() - since.pop(digest))
            time.sleep(_PAUSE)
        self._line.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        self._line.request(method, path, body)
        found: dict[str, Any] = json.loads(self._line.getresponse().read())
        return found


@contextmanager
def _served(relayer: Relayer) -> Iterator[int]:
    """The port at which a relayer listens, while it carries."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        server = uvicorn.Server(config(asgi(relayer), host="127.0.0.1", port=port))
        hands = [
            threading.Thread(target=relayer.run, args=(stop,)),
            threading.Thread(target=server.run, args=([door],)),
        ]
        for hand in hands:
            hand.start()
        try:
            yield port
        finally:
            stop.set()
            server.should_exit = True
            for hand in hands:
                hand.join()


if __name__ == "__main__":
    print({name: round(float(figure), 2) for name, figure in measure().items()})
