"""What an operator is told: by a halted relayer, of trouble, without a node, and of what he has to pay."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Any

import click
import pytest

from proofdesk.cli._here import Here
from proofdesk.cli._saying import Said
from tests.cli.counter import Counter
from tests.cli.relays import running, signed

OPEN = "open cards --text Help --account {customer}"


def test_a_halted_relayer_says_so_at_once(counter: Counter) -> None:
    signed(counter, OPEN)
    with running(counter, "--batch-after 2m") as relayer:
        assert relayer.told["halted"] is None
        assert counter.run(f"relay submit act.json --to {relayer.url}").code == 0
    halted = counter.run("relay halt Maintenance --json").json
    assert halted == {"halted": "Maintenance", "in_flight": 0, "waiting": 1}
    with running(counter) as relayer:
        assert relayer.told["halted"] == "Maintenance"


def test_status_shows_the_queue_when_the_node_is_down(counter: Counter) -> None:
    with running(counter) as relayer:
        while not counter.run("relay status --json").json["relayers"]:
            assert relayer.process.poll() is None
    line = "relay status --network development --node http://127.0.0.1:9"
    shown = counter.run(line)
    assert (shown.code, "balance unknown: the node does not answer" in shown.out) == (0, True), shown
    (hand,) = counter.run(f"{line} --json").json["relayers"]
    assert (hand["balance"], hand["pays_for_acts"]) == (None, None)


def test_the_kill_switch_needs_no_node(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that is named by its path says by itself which desk it is."""
    with running(counter):
        pass
    path = counter.folder / "deployments/31337/development.json"
    dead = f"--node http://127.0.0.1:9 --deployment {path}"
    assert counter.run(f"relay halt Maintenance {dead}").code == 0
    assert counter.run(f"relay status --json {dead}").json["halted"] == "Maintenance"
    monkeypatch.setenv("PROOFDESK_DEPLOYMENT", str(path))
    assert counter.run("relay resume --node http://127.0.0.1:9").code == 0
    assert counter.run("relay backup copy.db --node http://127.0.0.1:9").code == 0
    other = counter.run("relay resume --node http://127.0.0.1:9 --deployment other")
    assert (other.code, "is the manifest of desk development, not of other" in other.err) == (3, True), other


def test_who_ended_does_not_work(counter: Counter) -> None:
    with running(counter) as relayer:
        while not [
            each for each in counter.run("relay status --json").json["relayers"] if each["is_working"]
        ]:
            assert relayer.process.poll() is None
        relayer.end()
    (hand,) = counter.run("relay status --json").json["relayers"]
    assert not hand["is_working"] and 0 < hand["takes_acts"] < hand["pays_for_acts"]


def test_status_waits_for_no_node(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(counter) as relayer:
        while not counter.run("relay status --json").json["relayers"]:
            assert relayer.process.poll() is None
    monkeypatch.setattr("proofdesk.cli._relay_status._PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        line = f"relay status --network development --node http://127.0.0.1:{frozen.getsockname()[1]}"
        shown = counter.run(line)
    assert (shown.code, "balance unknown: the node does not answer" in shown.out) == (0, True), shown


def test_a_backup_holds_what_a_copy_would_not(counter: Counter) -> None:
    signed(counter, OPEN)
    with running(counter, "--batch-after 2m") as relayer:
        assert counter.run(f"relay submit act.json --to {relayer.url}").code == 0
        done = counter.run("relay backup safe.db")
        assert (done.code, Path("safe.db").stat().st_mode & 0o777) == (0, 0o600), done
    assert counter.run("relay status --json --database safe.db").json["acts"]["queued"] == 1
    again = counter.run("relay backup safe.db")
    assert again.code == 3 and "safe.db cannot be written: File exists. Name a new file" in again.err
    assert counter.run("relay backup nowhere/safe.db").code == 3


def test_a_queue_is_drained(counter: Counter) -> None:
    signed(counter, OPEN)
    with running(counter, "--batch-after 2m") as relayer:
        assert counter.run(f"relay submit act.json --to {relayer.url}").code == 0
    run = "relay run --drain --account {newcomer} --json"
    counter.run("relay halt Maintenance")
    halted = counter.run(run)
    assert halted.code == 3 and "relay resume" in halted.out
    counter.run("relay resume")
    done = counter.run(run)
    assert (done.code, done.json["listening"]) == (0, None), done
    assert counter.run("relay status --json").json["acts"]["done"] == 1
    assert "Nothing waits in the queue any more." in counter.run(run.removesuffix(" --json")).err
    assert counter.run(run + " --listen 8645").code == 2


def test_a_limit_that_pays_for_no_act_is_told(counter: Counter) -> None:
    with running(counter, "--spending 0.0000000001", as_json=False) as relayer:
        assert "an hour does not pay for one act" in relayer.end()[1]


def test_who_cannot_pay_is_told_what_it_is_for(counter: Counter) -> None:
    counter.chain.rpc("anvil_setBalance", counter.names["customer"], hex(10**12))
    done = counter.run("relay run --listen 127.0.0.1:0 --batch 7 --account {customer}")
    assert (done.code, "has 0.000001 ETH and needs 0.0" in done.err) == (3, True), done
    assert ", for one full batch of 7 acts at " in done.err and "gwei for a unit of gas: send it" in done.err
    told = counter.run("relay run --listen 127.0.0.1:0 --batch 7 --account {customer} --json").json["error"]
    assert int(told["needed"]) > int(told["balance"]) == 10**12


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """What a relayer that runs says of what is logged at some moments."""
    handler = Said(Here(click.Context(click.Command("run"))))

    def say(*logged: tuple[float, str]) -> list[str]:
        for moment, text in logged:
            record = logging.LogRecord("proofdesk.relay", logging.WARNING, "", 0, text, None, None)
            record.created = moment
            handler.emit(record)
        return capsys.readouterr().err.splitlines()

    return say


def test_trouble_is_said_once_with_its_moment(said: Any) -> None:
    assert said((0, "No node"), (10, "No node"), (110, "No node"), (120, "Funds")) == [
        "1970-01-01T00:00:00Z No node",
        "1970-01-01T00:02:00Z Funds",
    ]
    assert said((1000, "Funds")) == ["1970-01-01T00:16:40Z Funds"]


def test_what_nobody_foresaw_is_said_with_its_place_and_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_PASSWORD", "geheim-9")
    handler = Said(Here(click.Context(click.Command("run"))))
    try:
        raise ZeroDivisionError("geheim-9 and " + 64 * "a")
    except ZeroDivisionError as error:
        fault = (type(error), error, error.__traceback__)
    handler.emit(logging.LogRecord("proofdesk.relay", logging.ERROR, "", 0, "A step failed", None, fault))
    told = capsys.readouterr().err
    assert "Z A step failed\nTraceback" in told and "ZeroDivisionError: … and …" in told
    assert "geheim-9" not in told.replace('"geheim-9 and "', "")
