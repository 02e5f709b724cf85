"""`proofdesk records`: readers, grants, messages, erasure and the access log from a shell."""

from __future__ import annotations

import json

import pytest

from tests.cli.privacy.sealed_counter import SealedCounter, seed

USAGE, SETUP, REFUSED, INTEGRITY = 2, 3, 5, 6
COURT = "0x" + seed("court").key().public.hex()


@pytest.fixture
def ticket(counter: SealedCounter) -> SealedCounter:
    """A desk with a ticket that is taken; the stranger has a published key."""
    done = counter.act("customer", "ticket open cards --text Help --quiet")
    counter.names |= {"ticket": done.out.strip(), "court": COURT}
    assert counter.act("agent", "ticket take {ticket}").code == 0
    assert counter.run("key publish --account {carrier} --keys carrier.keys").code == 0
    counter.names["entry"] = counter.desk().tickets.acts(done.out.strip())[0].entry
    return counter


def readers(counter: SealedCounter, target: str) -> list[list[str]]:
    """The readers of each record."""
    done = counter.look("supervisor", f"records readers {target} --json")
    assert done.code == 0, done
    assert all(not each["unknown"] for each in done.json)
    return [[reader["name"] for reader in each["readers"]] for each in done.json]


def test_who_reads_is_shown(ticket: SealedCounter) -> None:
    usual = ["agents v1", "supervisors v1", "auditors v1"]
    assert readers(ticket, "{ticket}") == [[*usual, "customer"], [*usual, "customer"]]
    assert readers(ticket, "{entry}") == [[*usual, "customer"]]
    shown = ticket.look("supervisor", "records readers {ticket}")
    assert shown.out.splitlines()[0].split("\t") == ["record", "entry", "reader", "since", "by", "log"]
    assert "act 1\t" in shown.out and ticket.names["supervisor"] in shown.out
    without = ticket.run("records readers {entry}")
    assert without.code == 0 and "are not told from decoys" in without.out
    missing = ticket.look("supervisor", "records readers {nobody}")
    assert missing.code == 0 and "does not hold its words" in missing.out


def test_a_ticket_is_opened_and_closed(ticket: SealedCounter) -> None:
    line = "records {what} {{ticket}} {{carrier}}"
    done = ticket.act(
        "customer", line.replace("{what}", "grant").replace("{{", "{").replace("}}", "}") + " --json"
    )
    assert (done.code, done.json["records"]) == (0, 2), done
    assert "Help" in ticket.look("carrier", "ticket history {ticket}").out
    assert ticket.names["carrier"] in readers(ticket, "{entry}")[0]
    closed = ticket.act("supervisor", "records revoke {ticket} {carrier}")
    assert (closed.code, "closed to" in closed.out) == (0, True)
    assert "Help" not in ticket.look("carrier", "ticket history {ticket}").out
    court = ticket.act("supervisor", "records grant {ticket} {court} --name court --reads open --json")
    assert (court.code, court.json["records"]) == (0, 1)
    assert "court" in readers(ticket, "{entry}")[0]
    assert ticket.act("supervisor", "records revoke {ticket} {court} --name court").code == 0
    log = ticket.look("supervisor", "records log --json").json
    assert [each["action"] for each in log][-4:] == ["grant", "revoke", "grant", "revoke"]
    assert log[-2]["details"]["kinds"] == ["open"]


def test_a_ticket_is_sealed_anew(ticket: SealedCounter) -> None:
    assert ticket.act("supervisor", "records grant {ticket} {court} --name court").code == 0
    # A customer does not read the log, so that he cannot know of it.
    written = ticket.act("customer", "ticket reply {ticket} --text More --quiet")
    assert written.code == 0, written
    assert [("court" in each) for each in readers(ticket, "{ticket}")] == [True, True, False]
    done = ticket.act("supervisor", "records rewrap {ticket} --json")
    assert (done.code, done.json["records"], done.json["sealed"]) == (0, 1, []), done
    assert [("court" in each) for each in readers(ticket, "{ticket}")] == [True, True, True]
    again = ticket.act("supervisor", "records rewrap {ticket}")
    assert (again.code, again.out) == (0, "re-wrapped: 0 records\n")
    assert ticket.act("supervisor", "records rewrap {ticket} --anew --json").json["records"] == 3
    unread = ticket.act("carrier", "records rewrap {ticket}")
    assert (unread.code, "3 records do not open to these keys" in unread.err) == (0, True), unread


def test_the_log_is_shown_as_far_as_it_opens(ticket: SealedCounter) -> None:
    seen = ticket.look("supervisor", "records log --check")
    assert seen.code == 0 and "create\t" in seen.out and "role agents" in seen.out
    sealed = ticket.look("customer", "records log")
    assert sealed.code == 0 and "create" not in sealed.out and sealed.out.count("sealed") == 3
    place = ticket.folder / "records" / "31337" / "development" / "shelves" / "access"
    victim = sorted(place.rglob("*.json"))[0]
    victim.write_bytes(victim.read_bytes().replace(b'"number":', b'"number":4'))
    broken = ticket.look("supervisor", "records log --check")
    assert (broken.code, "of the access log" in broken.err) == (INTEGRITY, True)


def test_messages_are_said_and_read(ticket: SealedCounter) -> None:
    first = ticket.act("customer", "records message {ticket} --file - --json", stdin="Are you there?")
    assert (first.code, first.json["number"]) == (0, 1), first
    assert ticket.act("agent", "records message {ticket} --text Yes").code == 0
    rows = ticket.look("customer", "records messages {ticket}").out.splitlines()[1:]
    assert [row.split("\t")[-1] for row in rows] == ["Are you there?", "Yes"]
    again = ticket.act("agent", f"records message {{ticket}} --entry {first.json['entry']}")
    assert (again.code, "not of" in again.err) == (USAGE, True)  # it is the customer's
    stranger = ticket.look("carrier", "records messages {ticket}")
    assert (stranger.code, "by --keys FILE" in stranger.err) == (SETUP, True)
    assert ticket.run("anchor run --once --account {newcomer}").code == 0
    assert len(readers(ticket, "{ticket}")) == 4


def test_a_record_is_erased_and_history_says_so(ticket: SealedCounter) -> None:
    assert ticket.act("agent", "ticket note {ticket} --text Odd").code == 0
    entry = ticket.desk().tickets.acts(ticket.names["ticket"])[-1].entry
    line = f"records erase {entry} --ground consent-withdrawn"
    before = ticket.chain.rpc("eth_blockNumber"), sorted(ticket.folder.rglob("*"))
    dry = ticket.act("agent", f"{line} --dry-run --json")
    assert (dry.code, dry.json["dry_run"], dry.json["gas"] > 21_000) == (0, True, True), dry
    assert (ticket.chain.rpc("eth_blockNumber"), sorted(ticket.folder.rglob("*"))) == before
    asked = ticket.act("agent", line)
    assert (asked.code, "for ever" in asked.err, "Say so by --yes" in asked.err) == (USAGE, True, True)
    done = ticket.act("agent", f"{line} --yes --json")
    assert (done.code, done.json["ground"]) == (0, "GDPR 17(1)(b): consent withdrawn"), done
    told = ticket.look("agent", "ticket history {ticket}").out
    assert "Odd" not in told and "was erased on" in told and "consent withdrawn" in told
    again = ticket.act("agent", f"{line} --yes --json")
    assert (again.code, again.json["tx_hash"]) == (0, done.json["tx_hash"])
    assert (again.json["ground"], again.json["was_erased"]) == (done.json["ground"], True)
    later = ticket.act("agent", f"records erase {entry} --ground because --yes").out
    assert "was erased before, by" in later and "consent withdrawn" in later and "because" not in later
    assert "! the content of entry" in ticket.look("agent", "records readers {ticket}").out


def test_a_whole_ticket_is_erased(ticket: SealedCounter) -> None:
    assert ticket.act("customer", "records message {ticket} --text Hello").code == 0
    done = ticket.act("supervisor", "records erase {ticket} --ground Wish --to escalated --yes")
    assert done.code == 0, done
    told = ticket.look("supervisor", "ticket history {ticket} --json").json
    assert ["was erased" in (each["problem"] or "") for each in told] == [True, True, False]
    assert ticket.look("supervisor", "records messages {ticket} --json").json == []


def test_where_nothing_can_be_added_it_says_what_to_do(ticket: SealedCounter) -> None:
    assert ticket.act("agent", "ticket reply {ticket} --text Seen").code == 0
    done = ticket.act("agent", "records erase {entry} --ground Wish --yes")
    assert (done.code, "--to open" in done.err, "Status." in done.err) == (REFUSED, True, False), done


def test_an_agent_leaves(ticket: SealedCounter) -> None:
    asked = ticket.act("agent", "agent leave")
    assert (asked.code, "Say so by --yes" in asked.err) == (USAGE, True)
    done = ticket.act("agent", "agent leave --yes")
    assert done.code == 0, done
    rotate = f"proofdesk key rotate agents --without {ticket.names['agent']}"
    assert "resigned certificates\tno. 1" in done.out and rotate in done.err
    assert ticket.run("key find {agent} --json").json["key"] is None
    again = ticket.act("agent", "agent leave --yes --json")
    assert (again.code, again.json["certificates"]) == (0, [])
    assert ticket.look("supervisor", "ticket history {ticket}").code == 0


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("records readers 0x12", USAGE, "too short"),
        ("records readers zz", USAGE, "is not hex"),
        ("records rewrap {nobody}", REFUSED, "no such ticket"),
        ("records grant {ticket} nobody", USAGE, "READER nobody is no address"),
        ("records grant {ticket} {court}", USAGE, "--name NAME"),
        ("records grant {ticket} {customer}", USAGE, "never published a reading key"),
        ("records grant {nobody} {carrier}", REFUSED, "no such ticket"),
        ("records grant {ticket} {carrier} --reads poems", USAGE, "no kind of record"),
        ("records revoke {ticket} {carrier}", USAGE, "see proofdesk records log"),
        ("records erase {ticket} --yes", USAGE, "--ground"),
        ("records erase {ticket} --yes --ground x --to lost", USAGE, "lost"),
        ("records erase {ticket} --yes --ground consent-withdrwan", USAGE, "consent-withdrawn"),
        ("records erase {nobody} --yes --ground x", USAGE, "neither a ticket of this desk nor an entry"),
        ("records message {ticket}", USAGE, "what is to be written?"),
        ("records message {nobody} --text Hi", REFUSED, "no such ticket"),
        ("records messages {nobody}", REFUSED, "no such ticket"),
        ("--dry-run records message {ticket} --text Hi", USAGE, "leave --dry-run out"),
        ("--dry-run records grant {ticket} {carrier}", USAGE, "leave --dry-run out"),
    ],
)
def test_refuses(ticket: SealedCounter, line: str, code: int, text: str) -> None:
    before = ticket.chain.rpc("eth_blockNumber")
    done = ticket.act("supervisor", line)
    assert (done.code, text in done.err, "Traceback" in done.err) == (code, True, False), done
    as_json = ticket.act("supervisor", f"--json {line}")
    assert (as_json.code, as_json.err, json.loads(as_json.out)["error"]["exit_code"]) == (code, "", code)
    assert ticket.chain.rpc("eth_blockNumber") == before


@pytest.mark.parametrize("line", ["records grant {ticket} {carrier}", "records revoke {ticket} {carrier}"])
def test_only_who_may_opens_a_ticket(ticket: SealedCounter, line: str) -> None:
    done = ticket.act("agent", line)
    assert (done.code, "cannot open ticket" in done.err) == (USAGE, True)


def test_what_needs_keys_says_so(ticket: SealedCounter) -> None:
    done = ticket.run("records grant {ticket} {carrier} --account {supervisor}")
    assert (done.code, "--keys FILE" in done.err) == (SETUP, True), done
    done = ticket.run("records message {ticket} --text Hi --account {supervisor}")
    assert (done.code, "--keys FILE" in done.err) == (SETUP, True), done
    done = ticket.run("records erase {ticket} --ground x --account {supervisor} --yes")
    assert (done.code, "--keys FILE" in done.err) == (SETUP, True), done
