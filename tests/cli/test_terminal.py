"""What somebody sees who sits at a terminal: colours, tables, progress, prompts, and Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account

from tests.cli.counter import CONFIG, SECONDS, Counter
from tests.cli.proxy import Proxy

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;\d+)*m")
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


class Terminal:
    """A command on a pseudo-terminal of its own, of so many columns."""

    def __init__(self, line: str, columns: int, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "proofdesk.cli", *line.split()],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environment,
            # Of a session of its own it takes the terminal, so that Ctrl-C typed there reaches it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.seen = self._typed = ""

    def until(self, text: str) -> None:
        """Read until a text is seen, once more than when something was typed last."""
        count = self._typed.count(text)
        deadline = time.monotonic() + SECONDS
        while self.seen.count(text) <= count:
            assert time.monotonic() < deadline, self.seen
            assert self._read(), self.seen

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        self._typed = self.seen
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        while self._read():
            pass
        return self.process.wait(SECONDS)

    def close(self) -> None:
        """Take the terminal away, and the command with it if it is still there."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
        os.close(self._master)

    @property
    def text(self) -> str:
        """What was seen, without colours and movements."""
        return ESCAPE.sub("", self.seen).replace("\r\n", "\n")

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], SECONDS)
        assert ready, self.seen
        try:
            found = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody writes to it any more
            return False
        self.seen += found.decode()
        return bool(found)


@contextmanager
def terminal(counter: Counter, line: str, *, columns: int = 80, **environment: str) -> Iterator[Terminal]:
    """A command at a terminal that shows colours."""
    # A test runner's own terminal is not this one.
    foreign = {"NO_COLOR", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    shown = Terminal(line.format(**counter.names), columns, kept | {"TERM": "xterm-256color"} | environment)
    try:
        yield shown
    finally:
        shown.close()


def test_colours_only_where_they_are_wanted(counter: Counter) -> None:
    counter.ticket("resolved")
    for line in ("ticket show {ticket}", "ticket list", "doctor --account {deployer}"):
        with terminal(counter, line) as shown:
            assert shown.end() == 0
            assert COLOUR.search(shown.seen)
        with terminal(counter, line, NO_COLOR="1") as shown:
            assert shown.end() == 0
            assert not COLOUR.search(shown.seen)
        assert "\x1b" not in counter.process(line).out


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_the_terminal(counter: Counter, columns: int) -> None:
    counter.ticket("resolved")
    for line in ("lane list", "ticket list", "agent list", "program list"):
        with terminal(counter, line, columns=columns) as shown:
            assert shown.end() == 0
            assert max(map(len, shown.text.splitlines())) <= columns
            # A row a line: nothing is folded.
            assert len(shown.text.splitlines()) == len(counter.run(line).out.splitlines())
    with terminal(counter, "ticket list", columns=columns) as shown:
        shown.end()
        assert (counter.names["ticket"] in shown.text) == (columns == 120)
        assert counter.names["ticket"][:12] in shown.text


def test_progress_is_shown_and_taken_away(counter: Counter) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace('name = "development"', 'name = "second"', 1)
    Path("config/second.toml").write_text(text, encoding="utf-8")
    with terminal(counter, "deploy --network second --account {deployer}") as shown:
        shown.until("[y/N]")
        assert "for about 0.0" in shown.text
        shown.type("y\n")
        assert shown.end() == 0
        assert "[ 25/25] grants" in shown.text
        assert all(len(line) <= 80 for line in shown.text.splitlines() if line.startswith("["))
        assert "25/25" in shown.text
        # Hidden while it runs, and there again at the end.
        assert shown.seen.rindex("\x1b[?25h") > shown.seen.rindex("\x1b[?25l")


def test_who_does_not_say_yes_sends_nothing(counter: Counter) -> None:
    before = counter.chain.rpc("eth_blockNumber")
    with terminal(counter, "lane close cards --account {supervisor}") as shown:
        shown.until("[y/N]")
        shown.type("\n")
        assert shown.end() == 130
        assert "interrupted: nothing was sent" in shown.text
    assert counter.chain.rpc("eth_blockNumber") == before


@pytest.mark.parametrize(
    "line", ["ticket verify --all", "deploy --network second --yes --account {deployer}"]
)
def test_ctrl_c_leaves_the_terminal_clean(counter: Counter, line: str) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace('name = "development"', 'name = "second"', 1)
    Path("config/second.toml").write_text(text, encoding="utf-8")
    counter.ticket()
    asked = "eth_getLogs" if "verify" in line else "eth_sendTransaction"
    shown: list[Terminal] = []

    def press(method: str) -> None:
        if method == asked and not pressed:
            pressed.append(method)
            shown[0].type("\x03")

    pressed: list[str] = []
    with Proxy(counter.chain.url, before=press).open() as node:
        with terminal(counter, line, PROOFDESK_NODE=node.url) as one:
            shown.append(one)
            assert one.end() == 130
        assert pressed
    assert "proofdesk: interrupted" in one.text
    assert "Traceback" not in one.text
    assert one.seen.rfind("\x1b[?25h") >= one.seen.rfind("\x1b[?25l")
    assert one.seen.endswith("\r\n")


def test_a_password_is_asked_for_twice_and_not_shown(counter: Counter) -> None:
    with terminal(counter, "account new key.json") as shown:
        shown.until("New password")
        shown.type("correct horse\n")
        shown.until("Repeat")
        shown.type("another horse\n")
        shown.until("do not match")
        shown.until("New password")
        shown.type("correct horse\n")
        shown.until("Repeat")
        shown.type("correct horse\n")
        assert shown.end() == 0
        assert "horse" not in shown.seen
        address = re.search("0x[0-9a-fA-F]{40}", shown.text)
    assert address is not None
    key = Account.decrypt(Path("key.json").read_text(encoding="utf-8"), "correct horse")
    assert Account.from_key(key).address == address[0]


def test_a_keystores_password_is_asked_for(counter: Counter) -> None:
    counter.patch.setenv("PROOFDESK_PASSWORD", "correct horse")
    address = counter.run("account new key.json").out.strip()
    counter.patch.delenv("PROOFDESK_PASSWORD")
    counter.chain.rpc("anvil_setBalance", address, hex(10**18))
    with terminal(counter, "ticket open cards --text Help --keystore key.json") as shown:
        shown.until("Password of key.json")
        shown.type("correct horse\n")
        assert shown.end() == 0
        assert "horse" not in shown.seen
    with terminal(counter, "ticket open cards --text Help --keystore key.json") as shown:
        shown.until("Password of key.json")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 130
