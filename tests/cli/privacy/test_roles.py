"""Roles' keys from a shell: made, listed, shared, rotated, and records sealed anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cli.privacy.sealed_counter import SealedCounter

USAGE, SETUP, REFUSED = 2, 3, 5


@pytest.fixture
def court(counter: SealedCounter) -> SealedCounter:
    """A desk on which the stranger has published a key."""
    assert counter.run("key publish --account {carrier} --keys carrier.keys").code == 0
    return counter


def roles(counter: SealedCounter) -> dict[str, tuple[int, list[str]]]:
    """Roles with their versions and members."""
    found = counter.run("key roles --json").json
    return {each["role"]: (each["version"], each["members"]) for each in found}


def test_a_role_is_made_once_and_reads(court: SealedCounter) -> None:
    line = "key role court --reads open,reply --member {carrier}"
    before = court.chain.rpc("eth_blockNumber"), sorted(court.folder.rglob("*"))
    dry = court.act("supervisor", f"{line} --dry-run --json")
    assert (dry.code, dry.json["dry_run"]) == (0, True)
    assert (court.chain.rpc("eth_blockNumber"), sorted(court.folder.rglob("*"))) == before
    made = court.act("supervisor", f"{line} --json")
    assert (made.code, made.json["version"], made.json["reads"]) == (0, 1, ["open", "reply"])
    again = court.act("supervisor", line)
    assert (again.code, "court v1" in again.out, "reads\topen, reply" in again.out) == (0, True, True)
    assert roles(court)["court"] == (1, [court.names["carrier"]])
    opened = court.act("customer", "ticket open cards --text Help --quiet").out.strip()
    assert "Help" in court.look("carrier", f"ticket history {opened}").out
    rows = court.run("key roles").out.splitlines()
    assert rows[0].split("\t") == ["role", "version", "since", "reads", "members"]
    assert [row.split("\t")[3] for row in rows[1:]] == [
        "all but exam, revocation",
        "all",
        "all",
        "open, reply",
    ]


def test_a_role_is_shared_and_taken_back(court: SealedCounter) -> None:
    opened = court.act("customer", "ticket open cards --text Help --quiet").out.strip()
    shared = court.act("supervisor", "key share supervisors {carrier} --json")
    assert (shared.code, shared.json["member"]) == (0, court.names["carrier"])
    assert "Help" in court.look("carrier", f"ticket history {opened}").out
    taken = court.act("supervisor", "key unshare supervisors {carrier}")
    assert taken.code == 0 and "rotate the role" in taken.out
    assert "Help" not in court.look("carrier", f"ticket history {opened}").out
    log = court.look("supervisor", "records log --check --json").json
    assert [each["action"] for each in log] == ["create", "create", "create", "share", "unshare"]


def test_the_last_member_is_not_taken_out_without_a_question(court: SealedCounter) -> None:
    opened = court.act("customer", "ticket open cards --text Help --quiet").out.strip()
    asked = court.act("supervisor", "key unshare supervisors {supervisor}")
    assert (asked.code, "is the last member of role supervisors" in asked.err) == (USAGE, True), asked
    assert "Help" in court.look("supervisor", f"ticket history {opened}").out
    assert court.act("supervisor", "key share supervisors {carrier}").code == 0
    assert court.act("supervisor", "key unshare supervisors {carrier}").code == 0, "there is another one"
    assert court.act("supervisor", "key unshare supervisors {supervisor} --yes").code == 0
    assert "Help" not in court.look("supervisor", f"ticket history {opened}").out


def test_a_role_is_rotated_and_what_there_is_sealed_to_the_new_key(court: SealedCounter) -> None:
    opened = court.act("customer", "ticket open cards --text Help --quiet").out.strip()
    assert court.act("supervisor", "key share auditors {carrier}").code != 0  # she has not its key
    assert court.act("supervisor", "key share supervisors {carrier}").code == 0
    dry = court.act("supervisor", "key rotate supervisors --without {carrier} --dry-run")
    assert (dry.code, roles(court)["supervisors"][0]) == (0, 1)
    asked = court.act("supervisor", "key rotate supervisors --without {carrier}")
    assert (asked.code, "Say so by --yes" in asked.err) == (USAGE, True)
    done = court.act("supervisor", "key rotate supervisors --without {carrier} --yes --json")
    assert (done.code, done.json["version"], done.json["rewrapped"]["unreadable"]) == (0, 2, 0)
    assert done.json["rewrapped"]["rewrapped"] > 3
    assert roles(court)["supervisors"] == (2, [court.names["supervisor"]])
    assert "Help" in court.look("supervisor", f"ticket history {opened}").out
    court.pass_time(timedelta(minutes=2))
    tidied = court.act("supervisor", "key rewrap --json")
    assert tidied.code == 0 and tidied.json["retired"] in ([], ["supervisors v1"])
    gone = court.act("supervisor", "key rewrap supervisors --json")
    assert (gone.code, gone.json["rewrapped"]) == (0, 0)
    assert "Help" not in court.look("carrier", f"ticket history {opened}").out


def test_who_came_second_reads_the_log_from_its_start_after_a_re_wrap(court: SealedCounter) -> None:
    def read(who: str) -> list[str | None]:
        return [each["action"] for each in court.look(who, "records log --json").json]

    assert read("laboratory") == [None, None, "create"]
    assert court.act("supervisor", "key rewrap").code == 0
    assert read("laboratory") == ["create", "create", "create", "rewrap"]


def test_a_rotation_may_leave_re_wrapping_for_later(court: SealedCounter) -> None:
    done = court.act("supervisor", "key rotate agents --yes --no-rewrap")
    assert done.code == 0 and "re-wrapped" not in done.out and "proofdesk key rewrap agents" in done.err
    later = court.act("supervisor", "key rewrap")
    assert later.code == 0 and "re-wrapped\t" in later.out


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("key role court --member {carrier}", USAGE, "Give --reads KIND"),
        ("key role court --reads poems --member {carrier}", USAGE, "poems' is no kind of record"),
        ("key role court --reads all --member nobody", USAGE, "--member nobody is no address"),
        ("key role court --reads all --member {customer}", USAGE, "have it do proofdesk key publish"),
        ("key role Court --reads all --member {carrier}", USAGE, "lower-case letters"),
        ("key role agents --member {carrier}", USAGE, "share it, or rotate it"),
        ("key share court {carrier}", USAGE, "make it by proofdesk key role"),
        ("key share agents {customer}", USAGE, "never published a reading key"),
        ("key unshare agents {customer}", USAGE, "see proofdesk key roles"),
        ("key rotate agents --without {customer} --yes", USAGE, "is no member of role agents"),
        ("key rotate agents --without {agent} --yes", USAGE, "nobody would have the new key"),
        ("key rotate court --yes", USAGE, "there is no role court"),
        ("key rewrap court", USAGE, "there never was a role court"),
    ],
)
def test_refuses(court: SealedCounter, line: str, code: int, text: str) -> None:
    done = court.act("supervisor", line)
    assert (done.code, text in done.err, "Traceback" in done.err) == (code, True, False), done
    assert roles(court).keys() == {"agents", "supervisors", "auditors"}


@pytest.mark.parametrize(
    "line",
    [
        "key role court --reads all --member {carrier}",
        "key share agents {carrier}",
        "key unshare agents {agent} --yes",
        "key rotate agents --yes",
    ],
)
def test_only_who_publishes_roles_keys_may(court: SealedCounter, line: str) -> None:
    done = court.act("customer", line)
    assert (done.code, "lacks the role" in done.err) == (REFUSED, True), done


@pytest.mark.parametrize("line", ["key share agents {carrier}", "key unshare agents {agent}", "key rewrap"])
def test_what_sends_nothing_has_no_dry_run(court: SealedCounter, line: str) -> None:
    done = court.run(f"--dry-run {line} --account {{supervisor}} --keys supervisor.keys")
    assert (done.code, "leave --dry-run out" in done.err) == (USAGE, True)
    assert "--dry-run" not in court.run(f"{line.split(' {')[0]} --help").out


def test_without_keys_nothing_is_re_wrapped(court: SealedCounter) -> None:
    done = court.run("key rewrap --account {supervisor}")
    assert (done.code, "--keys FILE" in done.err) == (SETUP, True)


def test_a_desk_without_a_role_says_what_to_do(counter: SealedCounter) -> None:
    # As after a deployment: its registry is empty.
    config = (counter.folder / "config" / "development.toml").read_text(encoding="utf-8")
    fresh = config.replace('name = "development"', 'name = "fresh"', 1).replace(
        'form = "clear"', 'form = "sealed"'
    )
    (counter.folder / "config" / "fresh.toml").write_text(fresh, encoding="utf-8")
    assert counter.run("deploy --config config/fresh.toml --account {deployer} --yes").code == 0
    done = counter.run("ticket open cards --text Help --account {customer} --deployment fresh")
    assert (done.code, "make one by proofdesk key role" in done.err) == (SETUP, True), done
    assert counter.run("key roles --deployment fresh --json").json == []
