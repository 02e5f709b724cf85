"""Proof files tampered with, thousands of ways: none verifies as another truth, none breaks the verifier."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofdesk._models import Status
from proofdesk._words import keccak
from tests.client.office import Office
from tests.proof import forging
from tests.proof.forging import CUSTOMER, rebuilt, story
from tests.proof.lies import record
from tests.proof.tampering import SECONDS
from tools.chain import ROOT

_FAR = 1200  # seconds for a whole process, on a busy machine


def tampered_with(folder: Path, seed: int, count: int) -> Counter[str]:
    """How files were judged, in a process that has little time and memory."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof.tampering", str(folder), str(seed), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_FAR,
    )
    assert done.returncode == 0, f"SEED={seed}: {done.stderr[-2000:]}"
    found = json.loads(done.stdout)
    assert found["slowest"] < SECONDS
    return Counter(found["tally"])


def check(tally: Counter[str], count: int) -> None:
    """That all were judged, and that forgers' and others' came near enough to try the last checks."""
    assert sum(tally.values()) == count
    refused, of_another = (
        sum(number for name, number in tally.items() if name.endswith(fate))
        for fate in ("refused", "of another block")
    )
    assert refused > count / 2 and of_another > count / 20
    assert tally["bytes refused"] == sum(n for name, n in tally.items() if name.startswith("bytes"))


def test_a_story_tampered_with(tmp_path: Path, seed: int, long_profile: bool) -> None:
    file, beside = story()
    later = replace(beside, time=beside.time + 99, anchored=beside.anchored + 1)
    other = record(1, body="Something else.")(*record(2, body="And this.")(file, beside))
    moved = replace(file.contracts["TicketDesk"], address=CUSTOMER, created=None)
    files: Mapping[str, tuple[Any, Any]] = {
        "base": (file, beside),
        "another block": (replace(file, block=replace(file.block, number=99)), later),
        "another ticket": other,
        "another chain": (replace(file, chain_id=5), beside),
        "another desk": (replace(file, contracts={**file.contracts, "TicketDesk": moved}), beside),
    }
    for name, told in files.items():
        (tmp_path / f"{name}.json").write_bytes(rebuilt(*told).dump())
    count = 3000 if long_profile else 200
    check(tampered_with(tmp_path, seed, count), count)


def test_a_real_ticket_tampered_with(anvil: Office, tmp_path: Path, seed: int, long_profile: bool) -> None:
    opened = [anvil.customer.tickets.open(lane=anvil.lane, content=text) for text in ("Help!", "Hello?")]
    for ticket in opened:
        anvil.agent.tickets.take(ticket)
        anvil.agent.tickets.reply(anvil.agent.tickets.get(ticket.id), "I look into it.")
    early = anvil.desk.proofs.make(opened[0].id)
    anvil.customer.tickets.reply(anvil.customer.tickets.get(opened[0].id), "Please do.")
    anvil.agent.tickets.move(opened[0].id, Status.RESOLVED, "Done.")
    anvil.customer.tickets.rate(opened[0].id, 5)
    made = {
        "base": anvil.desk.proofs.make(opened[0].id, earlier=early),
        "another ticket": anvil.desk.proofs.make(opened[1].id),
        "another block": early,
    }
    for name, file in made.items():
        (tmp_path / f"{name}.json").write_bytes(file.dump())
    count = 2000 if long_profile else 100
    check(tampered_with(tmp_path, seed, count), count)


# ---------------------------------------------------------------------------------- what is made to be costly


def nested(depth: int) -> bytes:
    return b'{"acts":' + b"[" * depth + b"]" * depth + b"}"


def many_nodes() -> bytes:
    """As many nodes as may be, each as large, none of use."""
    file = forging.honest()
    nodes = sorted((place.to_bytes(4, "big") + bytes(110) for place in range(65_000)), key=keccak)
    return replace(file, nodes=tuple(nodes)).dump()


def deep_node() -> bytes:
    """Lists in lists, under the state's own root: RLP that would nest a decoder."""
    file = forging.honest()
    raw = b"\xc0"
    while len(raw) < 1000:
        size = len(raw)
        head = bytes([0xC0 + size]) if size < 56 else b"\xf9" + size.to_bytes(2, "big")
        if 56 <= size < 256:
            head = b"\xf8" + bytes([size])
        raw = head + raw
    header = forging.header(77, forging.NOON, keccak(raw))
    block = replace(file.block, header=header, hash="0x" + keccak(header).hex())
    return replace(file, block=block, nodes=tuple(sorted((*file.nodes, raw), key=keccak))).dump()


def long_number() -> bytes:
    return forging.honest().dump().replace(b'"number":77', b'"number":' + 1_000_000 * b"7")


def deep_record() -> bytes:
    value = json.loads(forging.honest().dump())
    value["openings"][0]["record"]["data"] = json.loads(150 * '{"a":' + "1" + 150 * "}")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


COSTLY: Mapping[str, Callable[[], bytes]] = {
    "too large": lambda: b'"' + 17 * 2**20 * b"x" + b'"',
    "one text": lambda: b'"' + (16 * 2**20 - 2) * b"x" + b'"',
    "all brackets": lambda: b"[" + 8_000_000 * b"[]," + b"1]",
    "many small lists": lambda: b"[" + 499_000 * b"[]," + b"1]",
    "a text that does not end": lambda: b"[" * 500_001 + b'"' + b'\\"' * 5_000_000,
    "nested": lambda: nested(100_000),
    "nested as deep as may be": lambda: nested(198),
    "many nodes": many_nodes,
    "a deep node": deep_node,
    "a long number": long_number,
    "a deep record": deep_record,
    "an exponent": lambda: forging.honest().dump().replace(b'"number":77', b'"number":1e999999999'),
    "half a character": lambda: forging.honest().dump().replace(b"Hello?", b"\\ud800"),
    "no UTF-8": lambda: forging.honest().dump().replace(b"Hello?", b"\xff\xfe"),
}
JUDGE = """
import resource, sys, time
from tests.proof.tampering import MEMORY, judged
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
sys.setrecursionlimit(int(sys.argv[1]))
content = sys.stdin.buffer.read()
start = time.process_time()
assert judged(content, None) is None
print(time.process_time() - start)
"""


@pytest.mark.parametrize("limit", [1_000, 100_000])
@pytest.mark.parametrize("name", COSTLY)
def test_what_is_made_to_be_costly_is_refused_in_time(name: str, limit: int) -> None:
    """Also where a library has raised the interpreter's limit of recursion."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(limit)],
        cwd=ROOT,
        input=COSTLY[name](),
        capture_output=True,
        timeout=_FAR,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) < 10
