"""Nothing secret is left lying about: a play on a sealed desk in a process of its own.

Looked through are its output, its log with every library's at its loudest, its store with every shelf, the
manifest, the keystores, temporary files, the relayer's queue, and the command lines of all processes.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120
# Shorter ones stand everywhere by chance.
SHORTEST = 8


def forms(secret: bytes) -> Iterator[bytes]:
    """What a secret looks like where somebody was careless."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    # Wherever it begins in a longer text.
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + secret)
        yield encoded[(offset * 8 + 5) // 6 : (len(secret) + offset) * 8 // 6]
    yield json.dumps(secret.decode("utf-8", "replace"))[1:-1].encode()


def found(secrets: Iterable[bytes], places: Iterable[tuple[str, bytes]]) -> set[tuple[str, bytes]]:
    """Where secrets stand, and which."""
    looked_for = {form: secret for secret in secrets for form in forms(secret) if len(form) >= SHORTEST}
    return {(name, secret) for name, there in places for form, secret in looked_for.items() if form in there}


def command_lines() -> bytes:
    """Those of all processes that this one may look at."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes())
        except OSError:  # it has ended
            continue
    return b"\n".join(lines)


def test_nothing_secret_is_left_lying_about(tmp_path: Path) -> None:
    temporary = tmp_path / "play" / "temporary"
    temporary.mkdir(parents=True)
    seen = b""
    with (tmp_path / "out").open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.demo.planted", str(tmp_path / "play")],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            while True:
                seen += command_lines()
                try:
                    assert child.wait(0.5) == 0, (tmp_path / "out").read_text("utf-8")[-2000:]
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            child.kill()
            child.wait(SECONDS)
    secrets = [bytes.fromhex(each) for each in json.loads((tmp_path / "play" / "secrets.json").read_bytes())]
    assert len(secrets) > 50
    left = [path for path in (tmp_path / "play").rglob("*") if path.is_file() and path.name != "secrets.json"]
    names = {path.relative_to(tmp_path / "play").parts[1] for path in left if "left" in path.parts}
    assert names >= {"records", "deployments", "keys", "chain", "everything.log"}
    places = [(str(path.relative_to(tmp_path)), path.read_bytes()) for path in left]
    places += [("output", (tmp_path / "out").read_bytes()), ("command lines", seen)]
    places += [("names of files", "\n".join(map(str, left)).encode())]
    assert b"planted" in seen and len((tmp_path / "out").read_bytes()) > 10_000
    # Not by pytest's own comparison, which would print all of it.
    there = sorted(found(secrets, places))
    assert not there, there[:5]


@pytest.mark.parametrize("disguise", [bytes, bytes.hex, base64.b64encode, json.dumps])
def test_what_is_left_lying_about_is_found(disguise: Callable[[Any], str | bytes]) -> None:
    secret = "a text with an é in it, of a customer's".encode()
    told = disguise(secret.decode() if disguise is json.dumps else secret)
    there = b"xy" + (told.encode() if isinstance(told, str) else told) + b"z"
    assert found([secret], [("log", there)]) == {("log", secret)}
    assert not found([secret], [("log", there[:20])])
