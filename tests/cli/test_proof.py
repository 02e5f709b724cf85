"""`proofdesk proof` and `proofdesk verify`: a file made of a desk, and verified by who has nothing else."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.counter import Counter
from tests.proof.second import verify as verify_again

USAGE, SETUP, NODE, INTEGRITY, FOUND = 2, 3, 4, 6, 1


@pytest.fixture
def made(counter: Counter) -> dict[str, Any]:
    """A resolved ticket's file, `ticket.json`; what the command said of it."""
    counter.ticket("resolved")
    done = counter.run("proof {ticket} -o ticket.json --json")
    assert done.code == 0, done
    counter.names["hash"] = done.json["block_hash"]
    return dict(done.json)


def refused(counter: Counter, line: str, code: int, *said: str) -> None:
    """A line that must fail so, and say so."""
    done = counter.run(line)
    assert done.code == code, done
    for text in said:
        assert text in done.err
    assert "Traceback" not in done.err


def test_a_file_is_made_and_verified_by_its_blocks_hash(counter: Counter, made: dict[str, Any]) -> None:
    assert (made["acts"], made["disclosed"], made["messages"]) == (3, 3, 0)
    done = counter.run("verify ticket.json --block-hash {hash}")
    assert done.code == 0, done
    assert "its hash " + made["block_hash"] in done.out and "Where is my card?" in done.out
    assert [line for line in done.out.splitlines() if line and line[0] != "-"] == [
        "Proven",
        "Not shown",
        "Not proven",
    ]
    second = verify_again(Path("ticket.json").read_bytes(), made["block_hash"])
    assert second["ticket"] == counter.names["ticket"] and len(second["records"]) == 3


def test_a_node_may_be_asked_for_the_hash(counter: Counter, made: dict[str, Any]) -> None:
    assert counter.run("verify ticket.json --node {url}").code == 0
    # Said before the command's name it counts too.
    assert counter.run("--node {url} verify ticket.json").code == 0
    told = counter.run("verify ticket.json --node {url}").out
    assert made["block_hash"] in told and "the one you gave" not in told and "node" in told


def test_without_a_hash_nothing_is_asked_and_the_exit_code_says_so(
    counter: Counter, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_arguments: object, **_options: object) -> None:
        raise AssertionError("the network was used")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", offline)
        done = counter.run("verify ticket.json --json")
        said = counter.run("verify ticket.json").err
        # A hash needs no node either.
        assert counter.run("verify ticket.json --block-hash {hash}").code == 0
    assert done.code == FOUND and done.json["verified"] is False and "nobody has said" in said
    assert done.json["proven"]["ticket"]["status"] == "resolved"
    assert {each["part"] for each in done.json["statements"]} == {"proven", "not shown", "not proven"}
    assert made["acts"] == 3


def test_it_is_told_in_chinese(counter: Counter, made: dict[str, Any]) -> None:
    done = counter.process("--lang zh-CN verify ticket.json --block-hash {hash}", {"PYTHONUTF8": "1"})
    assert done.code == 0 and "一共进行了 3 个操作" in done.out
    assert made["acts"] == 3


def test_what_is_disclosed_is_chosen(counter: Counter, made: dict[str, Any]) -> None:
    entries = [act["entry"] for act in json.loads(Path("ticket.json").read_bytes())["acts"]]
    none = counter.run("proof {ticket} -o none.json --disclose-none --json")
    one = counter.run(f"proof {{ticket}} -o one.json --disclose {entries[1]} --json")
    assert (none.json["disclosed"], one.json["disclosed"], made["disclosed"]) == (0, 1, 3)
    told = counter.run("verify none.json --block-hash {hash}").out
    assert "Where is my card?" not in told and "acts 1–3 are not shown" in told
    linked = counter.run("proof {ticket} -o later.json --earlier ticket.json --block latest --json")
    assert linked.code == 0, linked
    assert "is continued by this one" in counter.run("verify later.json").out
    assert counter.run("proof {ticket} -o silent.json --no-messages --json").json["messages"] == 0
    everything = counter.run("proof {ticket} -o everything.json --everything --json")
    assert everything.json["disclosed"] == 3
    refused(counter, "proof {ticket} -o x.json --everything --disclose-none", USAGE, "exclude each other")
    exclude = f"proof {{ticket}} -o x.json --disclose-none --disclose {entries[0]}"
    refused(counter, exclude, USAGE, "exclude each other")


def test_a_changed_file_is_refused(counter: Counter, made: dict[str, Any]) -> None:
    content = Path("ticket.json").read_bytes()
    Path("ticket.json").write_bytes(content.replace(b"Where is my card?", b"Where is my cash?"))
    refused(counter, "verify ticket.json --block-hash {hash}", INTEGRITY, "act 1", "committed to")
    Path("ticket.json").write_bytes(content[:-1])
    refused(counter, "verify ticket.json --block-hash {hash}", USAGE, "is no JSON")
    Path("ticket.json").write_bytes(content)
    refused(counter, "verify ticket.json --block-hash {nobody}", INTEGRITY, made["block_hash"], "you gave")


def test_bad_input_to_verify(counter: Counter, made: dict[str, Any]) -> None:
    assert made["acts"] == 3
    refused(counter, "verify nothing.json", SETUP, "nothing.json: No such file")
    refused(counter, "verify config", SETUP, "directory")
    refused(counter, "verify ticket.json --block-hash 0x12", USAGE, "block hash", "64 hex digits")
    refused(counter, "verify ticket.json --block-hash {hash} --node {url}", USAGE, "give one of them")
    refused(counter, "verify ticket.json --node http://127.0.0.1:9", NODE, "127.0.0.1:9")
    value = json.loads(Path("ticket.json").read_bytes())
    value["desk"]["chain_id"] = 5
    Path("other.json").write_text(
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    )
    refused(counter, "verify other.json --node {url}", NODE, "the node is on chain 31337")
    refused(counter, "verify other.json", INTEGRITY, "made for chain 5")


def test_a_node_on_another_branch(counter: Counter, made: dict[str, Any]) -> None:
    snapshot = counter.chain.rpc("evm_snapshot")
    counter.pass_time(timedelta(minutes=1))
    assert counter.run("proof {ticket} -o later.json --json").json["block"] > made["block"]
    counter.chain.rpc("evm_revert", snapshot)
    refused(counter, "verify later.json --node {url}", INTEGRITY, "has no block", "yet")
    counter.pass_time(timedelta(minutes=2))
    refused(counter, "verify later.json --node {url}", INTEGRITY, "the file is about the block of hash")


def test_bad_input_to_proof(counter: Counter, made: dict[str, Any]) -> None:
    assert made["acts"] == 3
    refused(counter, "proof {ticket} -o ticket.json", SETUP, "ticket.json is there already")
    refused(counter, "proof {ticket} -o no/ticket.json", SETUP, "there is no folder no")
    refused(counter, "proof {nobody} -o x.json", 5, "no such ticket")
    refused(counter, "proof 0x12 -o x.json", USAGE, "too short")
    refused(counter, "proof {ticket} -o x.json --disclose {nobody}", USAGE, "0x7777")
    refused(counter, "proof {ticket} -o x.json --block soon", USAGE, "soon is no block")
    refused(counter, "proof {ticket} -o x.json --block 99999999", USAGE, "no block 99999999")
    refused(counter, "proof {ticket} -o x.json --earlier config/development.toml", USAGE, "is no JSON")
    assert not Path("x.json").exists()
