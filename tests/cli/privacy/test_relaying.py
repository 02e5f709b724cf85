"""Signed acts of a sealed desk handed to a relayer: words in the clear or sealed, kept sealed."""

from __future__ import annotations

import json
from pathlib import Path

from proofdesk._records import commit, compose
from proofdesk._store import ClearCodec
from proofdesk.signed import RpcWallet
from proofdesk.signed.signing import sign_open
from tests.cli.privacy.sealed_counter import PASSWORD, SealedCounter
from tests.cli.relays import running

SECRET = "My card ends in 4711."
FOUND = 1


def signed(counter: SealedCounter, name: str) -> str:
    """An opening of the customer's, signed into a file; its ticket."""
    line = f"ticket open cards --file - --sign {name}.json --json"
    done = counter.act("customer", line, stdin=SECRET)
    assert done.code == 0, done
    return str(done.json["ticket"])


def test_words_are_kept_sealed(counter: SealedCounter) -> None:
    ticket = signed(counter, "open")
    (counter.folder / "desk").mkdir()
    options = "--keys agent.keys --records desk/records"
    with running(counter, options, environment={"PROOFDESK_KEYS_PASSWORD": PASSWORD}) as relayer:
        done = counter.run(f"relay submit open.json --to {relayer.url} --json")
        assert (done.code, done.json[0]["record"]) == (0, True), done
        code, told = relayer.end()
    assert code == 130 and PASSWORD not in told and SECRET not in told
    kept = [path.read_bytes() for path in Path("desk/records").rglob("*.json") if "shelves" not in str(path)]
    assert any(b"proofdesk-sealed/1" in each for each in kept)
    assert not any(SECRET.encode() in each for each in kept)
    shown = counter.look("customer", f"--records desk/records ticket history {ticket}")
    assert SECRET in shown.out, shown
    # No role's key is shared in that store but to the writer of its records.
    assert SECRET not in counter.look("carrier", f"--records desk/records ticket history {ticket}").out


def test_a_sealed_record_is_taken_where_its_keys_are(counter: SealedCounter) -> None:
    for name in ("one", "two"):
        signed(counter, name)
        entry = json.loads(Path(f"{name}.record.json").read_bytes())["entry"]
        sealed = counter.desk("customer").archive.store.get(entry)
        Path(f"{name}.record.json").write_bytes(sealed)
    environment = {"PROOFDESK_KEYS_PASSWORD": PASSWORD}
    with running(counter, environment=environment) as relayer:
        before = counter.chain.rpc("eth_blockNumber")
        done = counter.run(f"relay submit one.json --to {relayer.url}")
        assert (done.code, "is sealed, and no key here opens it" in done.out) == (FOUND, True), done
        assert counter.chain.rpc("eth_blockNumber") == before
    with running(counter, "--keys agent.keys", environment=environment) as relayer:
        done = counter.run(f"relay submit two.json --to {relayer.url}")
        assert (done.code, "with its words" in done.out) == (0, True), done
    carried = counter.run("ticket carry one.json --account {newcomer} --keys carrier.keys")
    assert (carried.code, "no key here opens it" in carried.err) == (2, True), carried
    assert counter.run("ticket carry one.json --account {supervisor} --keys supervisor.keys").code == 0


def test_what_stands_in_the_store_goes_along_opened(counter: SealedCounter) -> None:
    assert signed(counter, "open")
    Path("open.record.json").unlink()
    with running(counter) as relayer:
        line = f"relay submit open.json --to {relayer.url}"
        without = counter.run(f"{line} --records records/31337/development")
        assert (without.code, "is sealed, and no key at hand" in without.err) == (3, True), without
        done = counter.look("customer", f"{line} --records records/31337/development")
        assert (done.code, "with its words" in done.out) == (0, True), done
        assert "without its words" in counter.run(f"{line} --records elsewhere").out


def test_a_record_of_another_kind_is_not_carried(counter: SealedCounter) -> None:
    """Kept as what agents do not read, it would keep them from answering."""
    signed(counter, "open")
    act = json.loads(Path("open.json").read_bytes())
    opening = commit(compose({"data": {"score": 1}}, kind="exam", author=act["message"]["customer"]))
    desk = counter.desk("customer")
    wallet = RpcWallet(desk.node, desk.sender.address)
    entry = bytes.fromhex(opening.entry[2:])
    forged = sign_open(desk.deployment, wallet, lane="cards", entry=entry)
    Path("open.json").write_text(forged.to_json())
    Path("open.record.json").write_bytes(ClearCodec().encode(opening))
    done = counter.run("ticket carry open.json --account {supervisor} --keys supervisor.keys")
    assert (done.code, "record 0 is of kind exam" in done.err) == (2, True), done
    assert opening.entry not in desk.archive.store
