"""Sealed tickets as people see them: with their seeds, with those of others, with none."""

from __future__ import annotations

import json

import pytest

from tests.cli.privacy.sealed_counter import SealedCounter

SETUP = 3
SECRET = "My card ends in 4711."


@pytest.fixture
def opened(counter: SealedCounter) -> SealedCounter:
    """A desk with a ticket that its customer opened with his seed, and its agent answered."""
    done = counter.act("customer", "ticket open cards --file - --subject Card --quiet", stdin=SECRET)
    assert (done.code, done.err) == (0, "")
    counter.names["ticket"] = done.out.strip()
    assert counter.act("agent", "ticket take {ticket}").code == 0
    assert counter.act("agent", "ticket note {ticket} --text Odd").code == 0
    assert counter.act("agent", "ticket reply {ticket} --text Seen").code == 0
    return counter


def words(counter: SealedCounter, line: str) -> list[str]:
    """The words of a ticket's acts as a line of history shows them."""
    done = counter.run(line)
    assert done.code == 0, done
    return [row.split("\t")[-1] for row in done.out.splitlines()[1:]]


def test_each_reads_what_is_his(opened: SealedCounter) -> None:
    mine, theirs = (
        "sealed: --keys FILE of somebody it is for opens it, a pseudonym's with --pseudonym NUMBER",
        "! sealed",
    )
    assert words(opened, "ticket history {ticket} --keys agent.keys") == [SECRET, "", "Odd", "Seen"]
    assert words(opened, "ticket history {ticket} --keys laboratory.keys") == [SECRET, "", "Odd", "Seen"]
    seen = words(opened, "ticket history {ticket} --keys customer.keys")
    assert seen == [SECRET, "", f"! {mine}", "Seen"]
    for other in ("", "--keys carrier.keys"):
        assert all(each.startswith(theirs) for each in words(opened, f"ticket history {{ticket}} {other}"))


def test_of_what_nobody_here_reads_it_is_told_what_the_chain_tells(opened: SealedCounter) -> None:
    assert opened.act("agent", "ticket resolve {ticket} --text Done").code == 0
    assert opened.act("customer", "ticket rate {ticket} 5").code == 0

    def kinds(options: str) -> list[str]:
        rows = opened.run(f"ticket history {{ticket}} {options}").out.splitlines()[1:]
        return [row.split("\t")[2] for row in rows]

    assert kinds("--keys agent.keys") == ["open", "take", "note", "reply", "reply", "rating"]
    assert kinds("") == ["open", "take", "words", "words", "words", "rating"]


def test_who_cannot_read_a_ticket_is_shown_that_it_is_sealed(opened: SealedCounter) -> None:
    done = opened.run("ticket show {ticket} --json")
    assert (done.code, done.json["subject"], done.json["sealed"]) == (0, None, True)
    assert "subject\tsealed: --keys FILE" in opened.run("ticket show {ticket}").out
    assert "subject\tCard" in opened.look("customer", "ticket show {ticket}").out
    problem = opened.run("ticket history {ticket} --json").json[0]["problem"]
    assert "by --keys FILE, or have one of them run `proofdesk records grant`" in problem
    assert opened.run("ticket list").out.count("waiting") == 1


def test_nothing_in_the_folder_holds_the_words(opened: SealedCounter) -> None:
    kept = [path for path in (opened.folder / "records").rglob("*.json") if path.is_file()]
    assert len(kept) > 10
    assert not any(SECRET.encode() in path.read_bytes() for path in kept)


def test_who_opens_without_keys_is_warned(counter: SealedCounter) -> None:
    done = counter.run("ticket open cards --text Help --account {customer}")
    assert done.code == 0 and "you will not be able to read the answers" in done.err
    counter.names["ticket"] = done.out.strip()
    assert counter.act("agent", "ticket take {ticket}").code == 0
    assert counter.act("agent", "ticket reply {ticket} --text Seen").code == 0
    assert all(
        each.startswith("! sealed") or not each
        for each in words(counter, "ticket history {ticket} --keys customer.keys")
    )
    assert "WARNING" not in counter.act("customer", "ticket open cards --text Help").err


def test_a_password_is_asked_for_where_something_is_read_alone(
    opened: SealedCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_KEYS", "agent.keys")
    assert words(opened, "ticket history {ticket}")[0] == SECRET
    monkeypatch.delenv("PROOFDESK_KEYS_PASSWORD")
    assert opened.run("lane list").code == 0
    done = opened.run("ticket history {ticket}")
    assert (done.code, "set PROOFDESK_KEYS_PASSWORD, or give --keys-password-file" in done.err) == (
        SETUP,
        True,
    )
    (opened.folder / "password").write_text("correct horse battery\n", encoding="utf-8")
    assert words(opened, "ticket history {ticket} --keys-password-file password")[0] == SECRET
    (opened.folder / "password").write_text("another one\n", encoding="utf-8")
    done = opened.run("ticket history {ticket} --keys-password-file password")
    assert (done.code, "is not opened by this password" in done.err) == (SETUP, True)
    assert "another one" not in done.err


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (
            "--keys missing.keys",
            SETUP,
            "there is no keystore missing.keys: `proofdesk key new FILE` makes one",
        ),
        ("--keys config/development.toml", SETUP, "is no keystore"),
        ("--keys config", SETUP, "there is no keystore config"),
        ("--pseudonym 1", 2, "--pseudonym is one of a seed's"),
        ("--keys agent.keys --pseudonym -1", 2, "-1"),
        ("--keys agent.keys --pseudonym 2147483648", 2, "2147483648"),
    ],
)
def test_bad_seeds(opened: SealedCounter, options: str, code: int, text: str) -> None:
    done = opened.run(f"ticket history {{ticket}} {options}")
    assert (done.code, text in done.err, "Traceback" in done.err) == (code, True, False), done


def test_a_dry_run_of_a_reply_keeps_nothing(opened: SealedCounter) -> None:
    before = sorted(opened.folder.rglob("*"))
    done = opened.act("agent", "ticket move {ticket} open --text Odd --dry-run --json")
    assert (done.code, done.json["dry_run"]) == (0, True)
    assert sorted(opened.folder.rglob("*")) == before


def test_an_interrupted_act_is_taken_up(opened: SealedCounter) -> None:
    entry = opened.desk("agent").prepare("Again", kind="reply", ticket=opened.names["ticket"]).entry
    done = opened.act("agent", f"ticket move {{ticket}} open --entry {entry} --json")
    assert (done.code, entry in done.out) == (0, True)
    refused = opened.act("carrier", f"ticket move {{ticket}} open --entry {entry}")
    assert (refused.code, "is sealed, and no key at hand" in refused.err) == (SETUP, True)


def test_what_is_signed_without_keys_still_brings_its_words(counter: SealedCounter) -> None:
    done = counter.run("ticket open cards --text Help --account {customer} --sign open.json")
    assert done.code == 0, done
    record = json.loads((counter.folder / "open.record.json").read_text())["record"]
    assert (record["body"], "reply_key" in record) == ("Help", False)
    again = counter.act("customer", "ticket open cards --text Help --sign again.json --json")
    assert again.code == 0
    assert "reply_key" in json.loads((counter.folder / "again.record.json").read_text())["record"]
    carried = counter.run("ticket carry again.json --account {newcomer}")
    assert carried.code == 0, carried
    counter.names["ticket"] = again.json["ticket"]
    assert words(counter, "ticket history {ticket} --keys agent.keys") == ["Help"]
    assert words(counter, "ticket history {ticket} --keys customer.keys") == ["Help"]
