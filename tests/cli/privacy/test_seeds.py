"""`proofdesk key`: seeds made and shown, reading keys published, retired, carried, pseudonyms linked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofdesk.privacy.seed import Seed
from tests.cli.privacy.sealed_counter import PASSWORD, SealedCounter, seed

USAGE, SETUP, REFUSED, FOUND = 2, 3, 5, 1
WORDS = "abandon " * 23 + "art"


def test_a_seed_is_made_and_its_words_are_in_nothing(counter: SealedCounter) -> None:
    done = counter.run("key new ann.keys --json")
    assert (done.code, done.err) == (0, "")
    made = Seed.load("ann.keys", PASSWORD)
    assert done.json["key"] == "0x" + made.key().public.hex()
    shown = counter.run("key show ann.keys --count 2 --json")
    assert [each["address"] for each in shown.json["pseudonyms"]] == [
        made.pseudonym(n).address for n in (0, 1)
    ]
    plain = counter.run("key show ann.keys")
    secrets = [*(made.key(n).private_bytes().hex() for n in (1, 2)), *made.words.split()[:2], made.words]
    secrets += [made.pseudonym(0).account.key.hex().removeprefix("0x"), PASSWORD]
    told = done.out + shown.out + plain.out + plain.err
    assert not any(f"{secret}" in told.replace('"', " ").split() for secret in secrets)
    assert PASSWORD not in told and made.words not in told


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("key new agent.keys", SETUP, "agent.keys is there already"),
        ("key new missing/ann.keys", SETUP, "there is no folder missing"),
        ("key new ann.keys --words", USAGE, "on a terminal alone"),
        ("key new ann.keys --from-words", SETUP, "there is no terminal to ask for the words on"),
        ("key new ann.keys --keys-password-file short", SETUP, "at least 8 characters"),
        ("key show missing.keys", SETUP, "there is no keystore missing.keys"),
        ("key show short", SETUP, "short is no keystore of a seed: proofdesk key new FILE makes one"),
        (
            "key show account.json",
            SETUP,
            "perhaps an account, not of a seed: proofdesk key new FILE makes one",
        ),
        (f"key new ann.keys {WORDS}", USAGE, "a seed's words"),
        (f"ticket open cards --text {WORDS}", USAGE, "a seed's words"),
        ("key new ann.keys --mnemonic x", USAGE, "a seed's words"),
        ("key publish --account {carrier}", USAGE, "whose key?"),
        ("key publish --account {carrier} --keys carrier.keys --deadline 1h", USAGE, "goes with --sign"),
        ("key publish --keys carrier.keys --pseudonym 1 --next", USAGE, "has one reading key"),
        ("key publish --keys carrier.keys --pseudonym 1 --account {carrier}", SETUP, "leave one"),
        ("account show --keys agent.keys --pseudonym 0 --wallet http://127.0.0.1:9", SETUP, "at once: leave"),
        ("key publish --keys carrier.keys", SETUP, "no key to act with"),
        ("key retire --account {carrier} --yes", REFUSED, "NoKey"),
        ("key retire --account {agent}", USAGE, "Say so by --yes"),
        ("key carry missing.json --account {carrier}", SETUP, "missing.json: No such file"),
        ("key carry short --account {carrier}", USAGE, "short: signed key: is no JSON"),
        ("key find {nobody}", USAGE, "ADDRESS"),
        ("key link 0 --purpose x -o one.json --keys carrier.keys", USAGE, "addresses"),
        ("key link 0 1 --purpose x -o short --keys carrier.keys", SETUP, "short is there already"),
        ("key link 0 1 --purpose x -o one.json", USAGE, "whose pseudonyms?"),
        ("key verify-link short --purpose x", USAGE, "short: linked pseudonyms"),
    ],
)
def test_refuses(
    counter: SealedCounter, line: str, code: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("short").write_text("horse\n", encoding="utf-8")
    Path("account.json").write_text('{"version": 3, "crypto": {}}', encoding="utf-8")
    before = sorted(counter.folder.iterdir())
    done = counter.run(line)
    assert (done.code, text in done.err, "Traceback" in done.err) == (code, True, False), done
    assert "abandon" not in done.err
    assert sorted(counter.folder.iterdir()) == before
    as_json = counter.run(f"--json {line}")
    assert (as_json.code, as_json.err) == (code, "")
    monkeypatch.delenv("PROOFDESK_KEYS_PASSWORD")


def test_words_that_are_no_seed_may_be_said(counter: SealedCounter) -> None:
    # Twelve and more short words, as in any letter.
    text = "please tell them that they have sent back what they were asked for long ago"
    opened = counter.patch
    opened.chdir(counter.folder)
    done = counter.run("ticket open cards --file - --account {customer}", stdin=text)
    assert done.code == 0
    assert (
        counter.process(f"ticket open cards --text {text.replace(' ', '_')} --account {{customer}}").code == 0
    )
    from proofdesk.cli._run import _names_a_secret

    assert not _names_a_secret(["--text", text])
    assert _names_a_secret(["--text", WORDS]) and _names_a_secret(WORDS.split())
    assert _names_a_secret([f"--text={WORDS}"]) and _names_a_secret(
        ["key", "new", *WORDS.upper().split()[:12]]
    )


def test_a_key_is_published_once_then_the_next_then_none(counter: SealedCounter) -> None:
    line = "key publish --account {carrier} --keys carrier.keys"
    rehearsed = counter.run(f"{line} --dry-run --json")
    assert (rehearsed.code, rehearsed.json["dry_run"]) == (0, True)
    assert counter.run("key find {carrier}").err == f"{counter.names['carrier']} has published no key\n"
    first = counter.run(f"{line} --json")
    assert (first.code, first.json["version"]) == (0, 1)
    again = counter.run(f"{line} --json")
    assert again.json["tx_hash"] == first.json["tx_hash"]
    second = counter.run(f"{line} --next --json")
    assert second.json["key"] == "0x" + seed("carrier").key(2).public.hex()
    assert counter.run(f"{line} --json").json["tx_hash"] == second.json["tx_hash"]
    # Who opens a ticket now is answered to the new one.
    counter.run("ticket open cards --text Help --sign open.json --account {carrier} --keys carrier.keys")
    record = json.loads(Path("open.record.json").read_bytes())["record"]
    assert record["reply_key"] == second.json["key"]
    retired = counter.run("key retire --account {carrier} --yes --json")
    assert (retired.json["key"], retired.json["version"]) == (None, 3)
    assert "retired" in counter.run("key find {carrier}").out
    fourth = counter.run(f"{line} --json")
    assert (fourth.json["version"], fourth.json["key"]) == (4, "0x" + seed("carrier").key(4).public.hex())


def test_a_pseudonym_without_gas_signs_and_others_carry(counter: SealedCounter) -> None:
    face = seed("carrier").pseudonym(3)
    done = counter.run("key publish --keys carrier.keys --pseudonym 3 --sign key.json")
    assert done.code == 0 and "Nothing was sent" in done.err
    carried = counter.run("key carry key.json --account {newcomer} --json")
    assert (carried.code, carried.json["owner"]) == (0, face.address)
    found = counter.run(f"key find {face.address} --json").json
    assert (found["key"], found["version"]) == ("0x" + face.key.public.hex(), 1)
    out = counter.run("key retire --keys carrier.keys --pseudonym 3 --sign -")
    assert json.loads(out.out)["version"] == 2
    (counter.folder / "retire.json").write_text(out.out, encoding="utf-8")
    assert counter.run("key carry retire.json --account {newcomer}").code == 0
    assert counter.run(f"key find {face.address} --json").json["key"] is None
    late = counter.run("key carry key.json --account {newcomer}")
    assert late.code == 0  # it is on chain, and is told so


def test_a_pseudonym_acts_and_reads_and_a_seed_finds_its_tickets(counter: SealedCounter) -> None:
    faces = [seed("carrier").pseudonym(number) for number in (0, 4)]
    for face in faces:
        counter.chain.rpc("anvil_setBalance", face.address, hex(10**18))
        line = f"ticket open cards --text Help --keys carrier.keys --pseudonym {face.index} --quiet"
        opened = counter.run(line)
        assert opened.code == 0, opened
        counter.names[f"ticket_{face.index}"] = opened.out.strip()
        assert counter.desk().tickets.get(opened.out.strip()).customer == face.address
    counter.ticket()
    read = counter.run("ticket history {ticket_4} --keys carrier.keys --pseudonym 4")
    assert "Help" in read.out
    other = counter.run("ticket history {ticket_4} --keys carrier.keys --pseudonym 0")
    assert "sealed" in other.out and "Help" not in other.out
    mine = counter.run("ticket list --mine --keys carrier.keys --json").json
    assert {each["id"]: each["pseudonym"] for each in mine} == {
        counter.names["ticket_0"]: 0,
        counter.names["ticket_4"]: 4,
    }
    rows = counter.run("ticket list --mine --keys carrier.keys").out.splitlines()
    assert [row.split("\t")[-1] for row in rows] == ["pseudonym", "4", "0"]
    one = counter.run("ticket list --mine --keys carrier.keys --pseudonym 4 --json").json
    assert [each["id"] for each in one] == [counter.names["ticket_4"]]
    place = counter.run("account show --keys carrier.keys --pseudonym 4")
    assert "pseudonym 4 of carrier.keys" in place.out


def test_pseudonyms_are_linked_for_one_purpose(counter: SealedCounter) -> None:
    line = "key link 0 2 --purpose {purpose} -o linked.json --keys carrier.keys --json"
    made = counter.run(line, purpose="ombudsman")
    assert made.code == 0, made
    assert sorted(made.json["addresses"]) == sorted(seed("carrier").pseudonym(n).address for n in (0, 2))
    assert counter.run("key verify-link linked.json --purpose ombudsman").code == 0
    # The manifest says which desk it was said to: no node is asked, and none is there.
    manifest = counter.desk().deployment.save(Path("shown"))
    line = f"key verify-link linked.json --purpose ombudsman --deployment {manifest}"
    assert counter.run(f"{line} --node http://127.0.0.1:9").code == 0
    other = counter.run("key verify-link linked.json --purpose marketing --json")
    assert (other.code, other.json["linked"]) == (FOUND, False)
    content = Path("linked.json").read_text(encoding="utf-8")
    Path("linked.json").write_text(content.replace('"signatures":["0x', '"signatures":["0xZ', 1))
    assert counter.run("key verify-link linked.json --purpose ombudsman").code == USAGE
