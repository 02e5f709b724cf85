"""`make trial DATA=file`: every text of a file becomes a ticket and is served to its end, in bulk."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from demo.show import bar, console, held, table
from demo.stage import Stage, local_stage
from demo.texts import TextsError, read_texts
from proofdesk import Act, Call, ProofdeskError, RecordError, Status
from proofdesk._abi import encode_call
from tools.chain import ChainError

CHUNK = 100
CUSTOMERS = 10
LANE, PROGRAM, AGENT = "public", "order-support", "Dana"


class Trial:
    """Serves texts a chunk at a time, each kind of act of a chunk in one batch an account."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._desk_address = stage.deployment.contract("TicketDesk").address
        self._lane = stage.desk.lanes.number(LANE)
        self._owners: dict[str, str] = {}
        self.acts = 0
        self.gas = 0

    def prepare(self) -> None:
        """Certify the agent."""
        stage = self._stage
        stage["certifier"].certification.record_exam(
            stage.address(AGENT), program=PROGRAM, level=2, score=9500, taken_at=stage.desk.now()
        )
        self._certificate = stage.certificate(AGENT, PROGRAM)

    def serve(self, texts: list[tuple[int, str]]) -> None:
        """Serve a chunk of numbered texts: open, take, resolve, rate, close."""
        by_customer: dict[str, list[Call]] = defaultdict(list)
        for number, text in texts:
            customer = f"customer {number % CUSTOMERS}"
            opening = self._stage[customer].prepare({"channel": "import", "body": text}, kind="open")
            by_customer[customer].append(self._call("open", self._lane, opening.entry))
        opened: list[Act] = []
        for customer, calls in by_customer.items():
            acts = self._send(customer, calls)
            self._owners.update({act.ticket_id: customer for act in acts})
            opened += acts
        # The line is served in the order the chain put it in.
        ids = [act.ticket_id for act in sorted(opened, key=lambda act: act.position)]
        self._send(AGENT, [self._act("take", id_, AGENT, self._certificate) for id_ in ids])
        self._send(AGENT, [self._act("resolve", id_, AGENT) for id_ in ids])
        for what in ("rate", "close"):
            calls_of: dict[str, list[Call]] = defaultdict(list)
            for id_ in ids:
                calls_of[self._owners[id_]].append(self._act(what, id_, self._owners[id_]))
            for customer, calls in calls_of.items():
                self._send(customer, calls)

    def _act(self, what: str, id_: str, who: str, certificate: int = 0) -> Call:
        kind = {"take": "take", "resolve": "reply", "rate": "rating", "close": "move"}[what]
        words = "This should settle it." if what == "resolve" else None
        entry = self._stage[who].prepare(words, kind=kind, ticket=id_).entry
        if what == "take":
            return self._call("take", id_, certificate, entry)
        if what == "rate":
            return self._call("rate", id_, 5, entry)
        to, seen = (Status.RESOLVED, 2) if what == "resolve" else (Status.CLOSED, 4)
        return self._call("move", id_, to, entry, seen)

    def _call(self, function: str, *args: object) -> Call:
        return Call(self._desk_address, encode_call("TicketDesk", function, *args))

    def _send(self, who: str, calls: Iterable[Call]) -> list[Act]:
        results = self._stage[who].sender.send_many(calls)
        acts = [act for result in results for act in result.acts]
        self.acts += len(acts)
        self.gas += sum(result.gas_used for result in results)
        return acts


def run(stage: Stage, texts: list[str]) -> None:
    """Serve the texts and verify all of it; raises what the client raises."""
    stage.deploy(folder=stage.manifests)
    trial = Trial(stage)
    trial.prepare()
    numbered = list(enumerate(texts))
    chunks = [numbered[start : start + CHUNK] for start in range(0, len(numbered), CHUNK)]
    started = time.monotonic()
    for chunk in bar(chunks, f"chunks of {CHUNK} served"):
        trial.serve(chunk)
    served = time.monotonic() - started
    started = time.monotonic()
    verified = stage.desk.tickets.verify_all()
    checked = time.monotonic() - started
    held(f"{len(verified.roots)} roots are as in the contract; {verified.records} records open their entries")
    assert verified.tickets == len(texts), f"{verified.tickets} of {len(texts)} tickets are on chain"
    table(
        "The trial in figures",
        [
            ("tickets, each served to its end", verified.tickets),
            ("acts", verified.acts),
            ("gas", f"{trial.gas:,} ({trial.gas // trial.acts:,} an act)"),
            ("acts per second, records and signatures included", f"{trial.acts / served:.0f}"),
            ("roots checked", len(verified.roots)),
            ("seconds to serve, and to verify", f"{served:.1f}, {checked:.1f}"),
        ],
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not 1 or more")
    return number


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 if all was served and verified, 1 if not, 2 for a file that cannot be used."""
    parser = argparse.ArgumentParser(prog="make trial DATA=…", description=__doc__)
    parser.add_argument("file", type=Path, help="csv or jsonl, UTF-8")
    parser.add_argument("--column", help="the column with the texts; found by its usual names")
    parser.add_argument("--limit", type=_positive, help="at most so many texts, 1 or more")
    options = parser.parse_args(arguments)
    try:
        texts = read_texts(options.file, options.column or None, options.limit)
    except TextsError as error:
        console.print(f"[bold red]Cannot use this file:[/bold red] {error}")
        return 2
    try:
        with local_stage() as stage:
            run(stage, texts)
    except RecordError as error:
        console.print(f"[bold red]A text does not fit a record:[/bold red] {error}")
        return 1
    except (AssertionError, ProofdeskError, ChainError) as error:
        console.print(f"[bold red]The trial stopped:[/bold red] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped; the chain has ended.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
