"""Each check of a proof file, by a file that holds in every hash and lies in this one thing."""

from __future__ import annotations

import doctest
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from proofdesk._models import Actor, Status
from proofdesk._records import Opening
from proofdesk._words import TICKET, keccak, pack, to_hex, unpack
from proofdesk.proof.errors import MalformedProof, ProofFailed
from proofdesk.proof.file import ProofFile, ShownMessage
from proofdesk.proof.proven import Proven
from proofdesk.proof.saying import Part
from proofdesk.proof.verifying import verify_file
from tests.proof import forging
from tests.proof.forging import honest, rebuilt, story
from tests.proof.lies import LIES, OTHER
from tests.proof.second import verify as verify_again
from tests.proof.second_parts import Refused


@pytest.fixture(scope="module")
def file() -> ProofFile:
    return honest()


@pytest.fixture(scope="module")
def proven(file: ProofFile) -> Proven:
    return verify_file(file.dump(), block_hash=file.block.hash)


# ---------------------------------------------------------------------------------- what an honest one proves


def test_an_honest_file_proves_all_that_it_shows(file: ProofFile, proven: Proven) -> None:
    assert (proven.chain_id, proven.called, proven.block.number) == (31_337, "acme", 77)
    assert proven.block.hash == file.block.hash and proven.block.is_given
    assert proven.ticket.status is Status.CLOSED and proven.ticket.rating == 4 and proven.ticket.breached
    assert [act.number for act in proven.acts] == list(range(1, 11))
    assert [act.status.name for act in proven.acts[:3]] == ["NEW", "OPEN", "WAITING"]
    assert [act.record is None for act in proven.acts] == [act in (4, 10) for act in range(1, 11)]
    assert [certificate.id for certificate in proven.certificates] == [2, 5]
    assert [(lane.id, lane.size) for lane in proven.lanes] == [(1, 41), (2, 41)]
    assert [(lane.id, lane.size) for lane in proven.earlier] == [(1, 18), (2, 3)]
    assert {message.record.body for message in proven.messages} == {"Hello?", "Thanks!"}
    (erasure,) = proven.erasures
    assert (erasure.entry, erasure.number, erasure.act) == (file.acts[3].entry, 4, 7)
    assert (erasure.acts, erasure.kind) == (0, Actor.AGENT)
    assert erasure.ground == "GDPR art. 17(1)(a)" and erasure.by == proven.acts[6].actor


def test_file_bytes_and_path_are_the_same_to_it(file: ProofFile, proven: Proven, tmp_path: Any) -> None:
    (tmp_path / "file.json").write_bytes(file.dump())
    assert verify_file(file, block_hash=bytes.fromhex(file.block.hash[2:])) == proven
    assert verify_file(tmp_path / "file.json", block_hash=file.block.hash) == proven
    assert verify_file(file) == replace(proven, block=replace(proven.block, is_given=False))
    # Nobody asks for the hash of nothing.
    assert verify_file(file, is_asked=True) == verify_file(file)
    asked = verify_file(file, block_hash=file.block.hash, is_asked=True)
    assert asked == replace(proven, block=replace(proven.block, is_asked=True))


def test_without_messages_and_earlier_roots(file: ProofFile) -> None:
    told, beside = story()
    entries = {message.entry for message in told.messages}
    kept = {name: each for name, each in told.contracts.items() if name != "RecordAnchor"}
    openings = tuple(each for each in told.openings if each.entry not in entries)
    told = replace(told, messages=(), contracts=kept, openings=openings, consistency=())
    made = rebuilt(told, beside)
    found = verify_file(made.dump())
    assert not found.messages and not found.earlier and found.anchor is None
    assert verify_again(made.dump())["ticket"] == file.ticket


def test_what_could_not_be_read_is_not_verified_either(file: ProofFile) -> None:
    without = {name: each for name, each in file.contracts.items() if name != "RecordAnchor"}
    fourth = {**file.contracts, "KeyRegistry": file.contracts["TicketDesk"]}
    for changes in (
        {"messages": (*file.messages, file.messages[1])},
        {"contracts": without},
        {"contracts": fourth},
        {"acts": ()},
    ):
        with pytest.raises(MalformedProof):
            verify_file(replace(file, **changes))


def test_secrets_are_in_no_repr(proven: Proven) -> None:
    assert "4711" not in repr(proven) and "Hello?" not in repr(proven)


@pytest.mark.parametrize("name", LIES)
def test_a_lie_that_holds_in_every_hash_is_named(name: str) -> None:
    lie, part, problem = LIES[name]
    made = rebuilt(*lie(*story()))
    with pytest.raises(ProofFailed) as raised:
        verify_file(made.dump(), block_hash=made.block.hash)
    assert raised.value.part.startswith(part) and problem in raised.value.problem, raised.value
    with pytest.raises(Refused):
        verify_again(made.dump(), made.block.hash)


def test_a_module_may_end_what_it_opened(file: ProofFile) -> None:
    """A claim that is judged at once: two acts carry the record that opened the ticket."""
    told, beside = story()
    second = {"status": Status.REJECTED, "acts": 2, "seat": 0}
    fields = unpack(TICKET, told.acts[0].word)
    module: dict[str, Any] = {"actor": forging.STRANGER, "kind": Actor.MODULE}
    acts = (
        replace(told.acts[0], **module),
        replace(told.acts[1], **module, entry=told.acts[0].entry, word=pack(TICKET, **fields | second)),
    )
    own = tuple(each for each in told.openings if each.entry == told.acts[0].entry)
    kept = {name: each for name, each in told.contracts.items() if name != "RecordAnchor"}
    made = rebuilt(
        replace(told, acts=acts, openings=own, messages=(), contracts=kept, consistency=()),
        replace(beside, certificates={}),
    )
    assert [act.record is not None for act in verify_file(made.dump()).acts] == [True, True]
    assert verify_again(made.dump())["ticket"] == file.ticket


def named_again(act: int, entry: str) -> ProofFile:
    """The story's file, in which an act names what is another's: whoever acts may."""
    told, beside = story()
    own = told.acts[act - 1].entry
    openings = tuple(each for each in told.openings if each.entry != own)
    acts = tuple(replace(each, entry=entry) if each.entry == own else each for each in told.acts)
    return rebuilt(replace(told, acts=acts, openings=openings), beside)


def test_an_act_that_names_the_opening_again_takes_nothing_from_it() -> None:
    made = named_again(8, story()[0].acts[0].entry)
    found = verify_file(made.dump())
    assert found.acts[0].record is not None and found.acts[0].record.subject == "Charged twice"
    assert found.acts[7].record is None and found.acts[7].entry == found.acts[0].entry
    told = [each.text for each in found.statements() if each.part is Part.HIDDEN]
    assert any(text.startswith("Act 8 names the record of act 1 again") for text in told)
    assert not any("not shown:" in text for text in told)
    assert verify_again(made.dump())["ticket"] == made.ticket


def test_an_act_that_names_a_message_takes_nothing_from_it() -> None:
    made = named_again(8, story()[0].messages[0].entry)
    found = verify_file(made.dump())
    assert {message.record.body for message in found.messages} == {"Hello?", "Thanks!"}
    assert found.acts[7].record is None
    told = [each.text for each in found.statements() if each.part is Part.HIDDEN]
    assert f"Act 8 names message {found.acts[7].entry}: it has no record of its own." in told
    assert verify_again(made.dump())["ticket"] == made.ticket


def test_a_record_that_is_named_twice_is_shown_at_both_and_said() -> None:
    made = named_again(8, story()[0].acts[2].entry)
    found = verify_file(made.dump())
    assert found.acts[2].record == found.acts[7].record is not None
    assert any("Act 8 names the record of act 3 again" in each.text for each in found.statements())
    assert verify_again(made.dump())["ticket"] == made.ticket


# ------------------------------------------------------------------------- contracts that may not begin empty


def made_otherwise(name: str, **changes: Any) -> ProofFile:
    """The honest file, in which a contract's creation is another, or unknown."""
    file = honest()
    contract = file.contracts[name]
    assert contract.created is not None
    created = replace(contract.created, **changes) if changes else None
    return replace(file, contracts={**file.contracts, name: replace(contract, created=created)})


def test_contracts_began_empty_where_their_addresses_say_so(file: ProofFile, proven: Proven) -> None:
    assert proven.began == ("AgentCertification", "RecordAnchor", "TicketDesk")
    (empty,) = [each for each in proven.statements() if "empty when it was made" in each.text]
    assert empty.part is Part.PROVEN
    for contract in file.contracts.values():
        assert contract.address in empty.text.lower()
    assert verify_again(file.dump())["began"] == list(proven.began)


@pytest.mark.parametrize("name", ["AgentCertification", "RecordAnchor", "TicketDesk"])
def test_where_it_is_not_known_what_made_a_contract_is_said(name: str) -> None:
    made = made_otherwise(name)
    found = verify_file(made.dump())
    assert name not in found.began and len(found.began) == 2
    said = [each for each in found.statements() if "empty when it was made" in each.text]
    (told,) = (each.text for each in said if each.part is Part.LIMIT)
    assert f"made: {name} at {made.contracts[name].address}.".lower() in told.lower()
    assert verify_again(made.dump())["began"] == list(found.began)


@pytest.mark.parametrize("name", ["AgentCertification", "RecordAnchor", "TicketDesk"])
def test_a_creation_leads_to_the_address(name: str) -> None:
    manager = (forging.MANAGER,)
    for changes in (
        {"factory": forging.STRANGER},
        {"salt": bytes(32)},
        {"arguments": (*manager, forging.CERTIFICATION) if name == "RecordAnchor" else ()},
        {"arguments": manager if name != "AgentCertification" else (forging.STRANGER,)},
    ):
        _fails(made_otherwise(name, **changes), name, "made")


# -------------------------------------------------------------------------------------- what is not made anew


def changed(file: ProofFile, **changes: Any) -> ProofFile:
    """A file with other fields, and nothing made to fit."""
    return replace(file, **changes)


def test_the_block(file: ProofFile) -> None:
    shown = file.block
    for block in (
        replace(shown, number=78),
        replace(shown, hash=OTHER),
        replace(shown, header=shown.header[:-1] + b"\1"),
        replace(shown, header=b"\x80"),
        replace(shown, header=shown.header + b"\0"),
    ):
        _fails(replace(file, block=block), "block")
    with pytest.raises(ProofFailed, match=f"of hash {shown.hash}, you gave {OTHER}"):
        verify_file(file, block_hash=OTHER)
    with pytest.raises(ValueError, match="block hash '0x12'"):
        verify_file(file, block_hash="0x12")


def test_nodes_are_all_there_and_none_of_no_use(file: ProofFile) -> None:
    for place in range(len(file.nodes)):
        _fails(replace(file, nodes=(*file.nodes[:place], *file.nodes[place + 1 :])), "")
    other = rebuilt(story()[0], replace(story()[1], time=forging.NOON + 9000, anchored=forging.NOON + 501))
    for node in set(other.nodes) - set(file.nodes):
        nodes = tuple(sorted((*file.nodes, node), key=keccak))
        _fails(replace(file, nodes=nodes), "nodes", "nothing needs node")


def test_inclusion(file: ProofFile) -> None:
    for number, act in enumerate(file.acts, 1):
        for other in (
            replace(act, position=act.position ^ 1),
            replace(act, path=act.path[:-1]),
            replace(act, path=(*act.path, act.path[0])),
            replace(act, path=tuple(reversed(act.path))),
            replace(act, at=act.at + 1),
            replace(act, entry=OTHER),
            replace(act, actor=forging.CERTIFICATION),
        ):
            acts = (*file.acts[: number - 1], other, *file.acts[number:])
            _fails(replace(file, acts=acts), f"act {number}", "is not leaf")


def test_openings_open_their_entries(file: ProofFile) -> None:
    for place, opening in enumerate(file.openings):
        lying = replace(opening.record, author="Eve")
        for other in (
            Opening(opening.entry, bytes(32), opening.record),
            Opening(opening.entry, opening.salt, lying),
        ):
            openings = (*file.openings[:place], other, *file.openings[place + 1 :])
            _fails(replace(file, openings=openings), "", "is not what was committed to")


def test_messages_paths(file: ProofFile) -> None:
    shown = file.messages[0]
    for other in (
        replace(shown, path=shown.path[:-1]),
        replace(shown, root=OTHER),
        ShownMessage(shown.entry, to_hex(keccak(shown.path[0])), shown.path),
    ):
        _fails(replace(file, messages=(other, file.messages[1])), "message", "its path does not lead")


def test_earlier_roots(file: ProofFile) -> None:
    one, other = file.consistency
    for wrong in (
        replace(one, size=17),
        replace(one, root=bytes(32)),
        replace(one, path=one.path[1:]),
        replace(one, path=()),
        replace(one, size=42),
    ):
        _fails(replace(file, consistency=(wrong, other)), "lane 1", "is not continued")
    _fails(replace(file, consistency=(one, replace(other, lane=3))), "lane 3", "no act of the ticket")


def test_accounts(file: ProofFile) -> None:
    desk = file.contracts["TicketDesk"]
    for name, contract in file.contracts.items():
        code = replace(contract, code=contract.code[:-1])
        _fails(replace(file, contracts={**file.contracts, name: code}), name, "is not that of the account")
        place = replace(contract, address=forging.STRANGER)
        _fails(replace(file, contracts={**file.contracts, name: place}), "account", "")
    # This package's code is shown where the chain has another.
    evil = rebuilt(story()[0], replace(story()[1], codes={"TicketDesk": b"\x60\x00"}))
    _fails(replace(evil, contracts=file.contracts), "TicketDesk", "is not that of the account")
    swapped = {**file.contracts, "AgentCertification": desk}
    _fails(replace(file, contracts=swapped), "AgentCertification", "")
    _fails(replace(file, chain_id=1), "", "this package's")


def test_a_record_too_large_opens_nothing(file: ProofFile) -> None:
    huge = replace(file.openings[0].record, body=60_000 * "x", subject=1000 * "y", data={"more": 9000 * "z"})
    openings = (replace(file.openings[0], record=huge), *file.openings[1:])
    _fails(replace(file, openings=openings), "", "is not what was committed to")


def test_what_is_no_file_is_malformed(file: ProofFile) -> None:
    for content in (b"", b"{}", b"[]", b"\xff", file.dump() + b"\n", b" " + file.dump(), b"[" * 100_000):
        with pytest.raises(MalformedProof):
            verify_file(content)
        with pytest.raises(Refused):
            verify_again(content)


def _fails(file: ProofFile, part: str, problem: str = "") -> None:
    content = file.dump()
    with pytest.raises((ProofFailed, MalformedProof)) as raised:
        verify_file(content)
    if isinstance(raised.value, ProofFailed):
        assert raised.value.part.startswith(part) and problem in raised.value.problem, raised.value
    with pytest.raises(Refused):
        verify_again(content)


@pytest.mark.parametrize("module", ["code", "saying"])
def test_examples(module: str) -> None:
    """Those of what needs no desk; tests/client/test_docstrings.py runs the others."""
    found = import_module(f"proofdesk.proof.{module}")
    assert doctest.testmod(found).failed == 0 < doctest.testmod(found).attempted
