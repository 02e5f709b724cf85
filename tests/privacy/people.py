"""Keys, readers and records that tests of sealed content share."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from proofdesk._records import Opening, commit, compose
from proofdesk.privacy.keys import Reader, ReadingKey, Scope

ROOT = Path(__file__).parents[2]
PEER = Path(__file__).parent / "peer.js"
SCOPE = Scope(31337, "0x" + 20 * "d5")
TICKET = "0x" + 32 * "71"
NAMES = ("agents", "supervisors", "auditors", "customer", "grantee")
KEYS = {name: ReadingKey.from_bytes(bytes([place]) * 32) for place, name in enumerate(NAMES, 1)}
READERS = {name: Reader(name, key.public) for name, key in KEYS.items()}


def readers(*names: str) -> list[Reader]:
    """The readers of these names."""
    return [READERS[name] for name in names]


def opening(body: str = "Where is my refund?", kind: str = "reply", **content: Any) -> Opening:
    """A record of a ticket with its salt."""
    ticket = None if kind == "open" else TICKET
    return commit(compose({"body": body, **content}, kind=kind, author="Ann", ticket=ticket))


def peer(*tasks: dict[str, Any]) -> list[Any]:
    """What other libraries make of these tasks, in Node."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    done = subprocess.run(
        ["node", "-e", PEER.read_text(encoding="utf-8")],
        input=json.dumps(tasks),
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers
