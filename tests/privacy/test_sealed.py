"""Sealed records: opened by their readers alone, refused when anything was changed, alike from outside."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
import rfc8785
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import proofdesk
from proofdesk._errors import (
    ContentSealed,
    ContentTampered,
    IntegrityError,
    InvalidArgument,
    ProofdeskError,
    RecordTooLarge,
)
from proofdesk._records import Attachment, Opening
from proofdesk._store import Archive
from proofdesk._words import keccak, to_hex
from proofdesk.privacy import sealed
from proofdesk.privacy.errors import MalformedSealed, NoReaders, SealedMismatch
from proofdesk.privacy.keys import Reader, ReadingKey, Scope, key_id
from proofdesk.privacy.sealed import entry_of, rewrap, seal, strangers, swap, unseal, who_reads
from proofdesk.privacy.wraps import unwrap, wrap
from proofdesk.stores import MemoryStore
from tests.conftest import SEED
from tests.privacy.people import KEYS, NAMES, READERS, SCOPE, opening, readers

SCHEMA = json.loads(
    (Path(proofdesk.__file__).parent / "schemas" / "sealed-record.schema.json").read_text(encoding="utf-8")
)
schema = jsonschema.Draft202012Validator(SCHEMA)

OPENING = opening()
ENTRY = bytes.fromhex(OPENING.entry[2:])
CONTENT = seal(OPENING, SCOPE, readers("agents", "supervisors", "customer"))
FOUR = json.loads(CONTENT)["wraps"]
AGENTS = READERS["agents"]
MINE = key_id(OPENING.entry, AGENTS.key).hex()


def opens(content: bytes, name: str) -> bool:
    """Whether a reader opens what was sealed as OPENING, and nothing else."""
    try:
        return unseal(content, SCOPE, [KEYS[name]]) == OPENING
    except ContentSealed:
        return False


def refused(content: bytes, *names: str, scope: Scope = SCOPE) -> SealedMismatch:
    """How content is refused to readers."""
    with pytest.raises(SealedMismatch) as caught:
        unseal(content, scope, [KEYS[name] for name in names or NAMES])
    assert isinstance(caught.value, IntegrityError)
    return caught.value


def changed(content: bytes = CONTENT, /, **members: Any) -> bytes:
    """Sealed content with some members changed, in the form's one spelling."""
    return json.dumps(json.loads(content) | members, separators=(",", ":")).encode()


def rewrapped(wrapped: bytes, **members: Any) -> bytes:
    """The content with another wrap for the agents."""
    key = b64encode(wrapped).decode()
    wraps = [each | {"key": key} if each["to"] == MINE else each for each in FOUR]
    return changed(wraps=wraps, **members)


def test_only_readers_open() -> None:
    assert [name for name in NAMES if opens(CONTENT, name)] == ["agents", "supervisors", "customer"]
    assert unseal(CONTENT, SCOPE, [ReadingKey.new(), KEYS["customer"]]) == OPENING
    with pytest.raises(ContentSealed) as caught:
        unseal(CONTENT, SCOPE, [KEYS["auditors"]])
    assert caught.value.entry == OPENING.entry
    with pytest.raises(ContentSealed):
        unseal(CONTENT, SCOPE, [])


def test_sealing_the_same_twice_shows_nothing_in_common() -> None:
    again = seal(OPENING, SCOPE, readers("agents", "supervisors", "customer"))
    one, other = json.loads(CONTENT), json.loads(again)
    assert one["nonce"] != other["nonce"]
    assert one["content"] != other["content"]
    assert not {each["key"] for each in one["wraps"]} & {each["key"] for each in other["wraps"]}


@settings(max_examples=60, deadline=None)
@seed(SEED)
@given(st.text(min_size=1), st.lists(st.sampled_from(NAMES), min_size=1), st.data())
def test_what_is_sealed_is_what_is_opened(body: str, names: list[str], data: Any) -> None:
    given_record = opening(body)
    content = seal(given_record, SCOPE, readers(*names))
    assert unseal(content, SCOPE, [KEYS[data.draw(st.sampled_from(names))]]) == given_record
    assert len(json.loads(content)["wraps"]) == -(-len(set(names)) // 4) * 4
    assert entry_of(content) == given_record.entry
    assert schema.is_valid(json.loads(content))


# From outside.


def shape(content: bytes) -> dict[str, Any]:
    """What stored bytes show to who has no key: of whatever is random, how long it is."""
    value = json.loads(content)
    hidden = {name: len(b64decode(value[name])) for name in ("nonce", "content")}
    wraps = [(len(each["to"]), len(b64decode(each["key"])), sorted(each)) for each in value["wraps"]]
    return {"size": len(content), "names": list(value), "format": value["format"], "wraps": wraps} | hidden


def test_records_of_one_size_class_look_alike() -> None:
    office = readers("agents", "supervisors", "auditors")
    with_customer = [*office, READERS["customer"]]
    reply = seal(opening("Your money is on its way. " * 20, "reply", lang="en"), SCOPE, with_customer)
    note = seal(opening("?", "note"), SCOPE, office)
    assert shape(note) == shape(reply)
    # Two of one text, or of none alike, have no bytes in common that an entry would not have.
    for one, other in [(note, reply), (reply, seal(opening("x"), SCOPE, office[:1]))]:
        ours, theirs = json.loads(one), json.loads(other)
        assert ours["entry"] != theirs["entry"]
        assert not {each["to"] for each in ours["wraps"]} & {each["to"] for each in theirs["wraps"]}
        assert b64decode(ours["content"])[:16] != b64decode(theirs["content"])[:16]


def test_wraps_and_decoys_are_in_no_order_that_tells_them_apart() -> None:
    places = set()
    for _ in range(60):
        content = seal(opening(), SCOPE, readers("agents"))
        mine = key_id(entry_of(content), READERS["agents"].key).hex()
        places.add([each["to"] for each in json.loads(content)["wraps"]].index(mine))
    assert places == {0, 1, 2, 3}


@pytest.mark.parametrize("length", [1, 500, 900, 1100, 2500, 9000, 65_000])
def test_a_size_tells_its_class_only(length: int) -> None:
    record = opening(length * "x")
    content = json.loads(seal(record, SCOPE, readers("agents")))["content"]
    plain = rfc8785.dumps({"record": record.record.to_json(), "salt": to_hex(record.salt), "v": 1})
    size = len(b64decode(content)) - 16
    assert size in {1024 << doubled for doubled in range(8)}
    assert size >= len(plain) + 4
    assert size == 1024 or size < 2 * (len(plain) + 4)


def test_the_largest_record_fits_with_the_most_readers() -> None:
    # 64 KiB in canonical form.
    size = 64 * 1024 - len(opening("x").record.canonical()) + 1
    record = opening(size * "x")
    assert len(record.record.canonical()) == 64 * 1024
    many = [Reader(f"{place}", ReadingKey.new().public) for place in range(1023)]
    content = seal(record, SCOPE, [READERS["agents"], *many])
    assert len(content) <= sealed.MAX_BYTES
    assert unseal(content, SCOPE, [KEYS["agents"]]) == record
    with pytest.raises(RecordTooLarge):
        opening((size + 1) * "x")
    with pytest.raises(InvalidArgument, match=r"1,025 readers, 1,024 fit"):
        rewrap(content, SCOPE, [KEYS["agents"]], add=readers("customer"))


def test_a_known_text_is_not_found_by_its_entry() -> None:
    known = OPENING.record
    guessed = {to_hex(keccak(b"proofdesk.entry.v1" + salt + known.canonical())) for salt in (b"", bytes(32))}
    assert OPENING.entry not in guessed
    assert to_hex(OPENING.salt)[2:].encode() not in CONTENT
    assert opening().entry != opening().entry


# Changed.


def test_every_changed_byte_is_seen_by_some_reader() -> None:
    """By the reader whose wrap it is, by who counts strangers where it is a decoy's, else by everybody."""
    random, agents = Random(SEED), READERS["agents"]
    content = seal(OPENING, SCOPE, [agents])
    mine = key_id(OPENING.entry, agents.key).hex().encode()
    start = content.index(mine)
    decoys = range(content.index(b'"wraps":[') + 9, len(content) - 2)
    own = range(start, start + 32 + 9 + 108)
    for place in range(len(content)):
        for bit in range(8):
            tampered = bytearray(content)
            tampered[place] ^= 1 << bit
            if place in decoys and place not in own:
                assert not is_clean(bytes(tampered))
            else:
                with pytest.raises((SealedMismatch, ContentSealed)):
                    unseal(bytes(tampered), SCOPE, [KEYS["agents"]])
    for _ in range(300):
        cut = random.randrange(len(content))
        with pytest.raises(SealedMismatch):
            unseal(content[:cut], SCOPE, [KEYS["agents"]])
        with pytest.raises(SealedMismatch):
            unseal(content[:cut] + random.randbytes(1) + content[cut:], SCOPE, [KEYS["agents"]])


def is_clean(content: bytes) -> bool:
    """Whether there is nothing but the agents' wrap and decoys."""
    try:
        return strangers(content, SCOPE, [KEYS["agents"]], readers("agents")) == []
    except SealedMismatch:
        return False


def test_another_desks_scope_opens_nothing() -> None:
    for scope in (Scope(1, SCOPE.desk), Scope(SCOPE.chain_id, "0x" + 20 * "d6")):
        assert "another desk or chain" in refused(CONTENT, "agents", scope=scope).problem


def test_a_content_is_bound_to_the_scope_even_where_its_key_is_known() -> None:
    """Who can read a record wraps its key anew for another desk: it is not that desk's record for that."""
    wrapped = next(b64decode(each["key"]) for each in FOUR if each["to"] == MINE)
    secret = unwrap(wrapped, KEYS["agents"], SCOPE, ENTRY)
    assert secret
    other = Scope(1, SCOPE.desk)
    content = rewrapped(wrap(secret, AGENTS, other, ENTRY))
    assert "content" in refused(content, "agents", scope=other).problem


def test_wraps_of_another_entry_open_nothing() -> None:
    other = json.loads(seal(opening(), SCOPE, readers("agents", "supervisors", "customer")))["wraps"]
    with pytest.raises(ContentSealed):
        unseal(changed(wraps=other), SCOPE, KEYS.values())
    # Even under the ids of this one.
    for theirs in other:
        assert "another desk" in refused(rewrapped(b64decode(theirs["key"])), "agents").problem
    # And of one reader under the id of another.
    for ours in FOUR:
        if ours["to"] != MINE:
            refused(rewrapped(b64decode(ours["key"])), "agents")


def sealed_under(secret: bytes, plain: bytes) -> bytes:
    """What somebody who knows the agents' key and the format makes, of whatever plaintext."""
    content = AESGCM(secret).encrypt(bytes(12), plain, b"proofdesk.record.v1" + SCOPE.packed + ENTRY)
    nonce = b64encode(bytes(12)).decode()
    wrapped = wrap(secret, AGENTS, SCOPE, ENTRY)
    return rewrapped(wrapped, nonce=nonce, content=b64encode(content).decode())


def inside(value: object, *, length: int | None = None, size: int = 1024, filler: bytes = b"\0") -> bytes:
    """A plaintext as sealed records have it, or nearly."""
    plain = value if isinstance(value, bytes) else rfc8785.dumps(value)  # type: ignore[arg-type]  # any JSON
    whole = (len(plain) if length is None else length).to_bytes(4, "big") + plain
    return whole.ljust(size, filler)


RIGHT = {"v": 1, "salt": to_hex(OPENING.salt), "record": OPENING.record.to_json()}
OTHER = opening("Something else")


@pytest.mark.parametrize(
    ("plain", "problem"),
    [
        (inside(RIGHT | {"record": OTHER.record.to_json()}), "hashes to another entry"),
        (inside(RIGHT | {"salt": to_hex(OTHER.salt)}), "hashes to another entry"),
        (inside(RIGHT, size=2048), "padded"),
        (inside(RIGHT, filler=b"\1"), "padded"),
        (inside(RIGHT, length=2**32 - 1), "padded"),
        (inside(RIGHT | {"v": 2}), "no record of version 1"),
        (inside(RIGHT | {"more": 1}), "no record of version 1"),
        (inside({}), "no record of version 1"),
        (inside([]), "no record of version 1"),
        (inside(RIGHT | {"salt": "0x12"}), "no record"),
        (inside(RIGHT | {"salt": 5}), "no record"),
        (inside(RIGHT | {"record": {"kind": "hello"}}), "no record"),
        (inside(b"\xff\xfe"), "no record"),
        (inside(b"[" * 1020), "no record"),
        (bytes(1024), "no record"),
    ],
    # Records and salts are random: workers would not agree on their names.
    ids=map(str, range(15)),
)
def test_a_reader_who_seals_something_else_is_found_out(plain: bytes, problem: str) -> None:
    error = refused(sealed_under(bytes(32), plain), "agents")
    assert problem in error.problem
    assert error.entry == OPENING.entry


def test_what_that_reader_makes_would_open_if_it_were_right() -> None:
    assert opens(sealed_under(bytes(32), inside(RIGHT)), "agents")


def test_a_bad_wrap_for_one_of_my_keys_does_not_stop_another() -> None:
    content = rewrapped(bytes(80))
    refused(content, "agents")
    assert unseal(content, SCOPE, [KEYS["agents"], KEYS["customer"]]) == OPENING


# What the schema refuses too, and what it cannot tell.
NOT_THE_FORM = [
    changed(format="proofdesk-sealed/2"),
    changed(format=None),
    changed(entry=None),
    changed(entry=OPENING.entry.upper()),
    changed(entry=OPENING.entry[:-1]),
    changed(nonce=b64encode(bytes(11)).decode()),
    changed(nonce=5),
    changed(content=b64encode(bytes(512 + 16)).decode()),
    changed(content=b64encode(bytes(16)).decode()),
    changed(content=""),
    changed(content="ü" * 1388),
    changed(content=json.loads(CONTENT)["content"] + "\n"),
    changed(wraps=[]),
    changed(wraps={}),
    changed(wraps=None),
    changed(wraps=FOUR[:3]),
    changed(wraps=[*FOUR[:3], None]),
    changed(wraps=[*FOUR[:3], {"to": FOUR[3]["to"]}]),
    changed(wraps=[*FOUR[:3], FOUR[3] | {"more": 1}]),
    changed(wraps=[*FOUR[:3], FOUR[3] | {"to": "A" * 32}]),
    changed(wraps=[*FOUR[:3], FOUR[3] | {"key": FOUR[3]["key"][:-2] + "B="}]),
    changed(wraps=[{"to": f"{place:032x}", "key": FOUR[0]["key"]} for place in range(1028)]),
    changed(more=1),
    b"{}",
    b"[]",
    b"null",
]
NOT_THE_FILE = [
    b"",
    b"[" * 200_000,
    b'{"a":' * 80_000,
    b"\xff\xfe",
    b" " * 400_001,
    changed(content=b64encode(bytes(1024 + 17)).decode()),
    changed(content=b64encode(bytes(3072 + 16)).decode()),
    changed(wraps=FOUR[::-1]),
    changed(wraps=[FOUR[0], *FOUR[:3]]),
    changed(wraps=[*FOUR, {"to": "f" * 32, "key": FOUR[0]["key"]}]),
    b" " + CONTENT,
    CONTENT + b"\n",
    CONTENT.replace(b'"entry":', b'"entry":"0x","entry":', 1),
    json.dumps(json.loads(CONTENT), sort_keys=True, separators=(",", ":")).encode(),
    CONTENT.decode().encode("utf-16"),
]
MALFORMED = [*NOT_THE_FORM, *NOT_THE_FILE]


@pytest.mark.parametrize("content", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_sealed_record(content: bytes) -> None:
    calls: list[Any] = [
        lambda: unseal(content, SCOPE, KEYS.values()),
        lambda: entry_of(content),
        lambda: who_reads(content, READERS.values()),
        lambda: rewrap(content, SCOPE, KEYS.values()),
        lambda: strangers(content, SCOPE, KEYS.values(), ()),
        lambda: swap(content, SCOPE, KEYS.values(), [(AGENTS, AGENTS)]),
    ]
    for call in calls:
        with pytest.raises(MalformedSealed, match=r"no sealed record|missing, changed or added"):
            call()


def test_a_file_that_is_too_large_is_not_even_looked_into() -> None:
    assert "400,001 bytes" in refused(b" " * 400_001).problem


def test_the_schema_says_what_we_check() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert schema.is_valid(json.loads(CONTENT))
    assert not [content for content in NOT_THE_FORM if schema.is_valid(json.loads(content))]


@settings(max_examples=60, deadline=None)
@seed(SEED)
@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_anything_else_is_refused_in_so_many_words(content: bytes) -> None:
    with pytest.raises(MalformedSealed):
        unseal(content, SCOPE, KEYS.values())


@settings(max_examples=300, deadline=None)
@seed(SEED)
@given(st.data())
def test_a_member_of_another_kind_is_refused(data: Any) -> None:
    odd = st.none() | st.integers() | st.text(max_size=40) | st.lists(st.text(max_size=3), max_size=5)
    value = json.loads(CONTENT)
    spot = data.draw(st.sampled_from([value, *value["wraps"]]))
    spot[data.draw(st.sampled_from([*spot, "colour"]))] = data.draw(odd)
    content = json.dumps(value, separators=(",", ":")).encode()
    try:
        assert unseal(content, SCOPE, KEYS.values()) == OPENING and content == CONTENT
    except MalformedSealed:
        pass
    except (SealedMismatch, ContentSealed):
        assert schema.is_valid(value)


# Readers.


def test_who_reads_needs_no_key() -> None:
    assert [reader.name for reader in who_reads(CONTENT, READERS.values())] == [
        "agents",
        "supervisors",
        "customer",
    ]
    assert who_reads(CONTENT, []) == []


def test_rewrapping_adds_and_removes_and_leaves_the_record_alone() -> None:
    more = rewrap(CONTENT, SCOPE, [KEYS["customer"]], add=readers("auditors", "grantee"))
    assert all(opens(more, name) for name in NAMES)
    less = rewrap(more, SCOPE, [KEYS["auditors"]], remove=readers("customer", "agents", "grantee"))
    assert [name for name in NAMES if opens(less, name)] == ["supervisors", "auditors"]
    for content in (more, less):
        ours, theirs = json.loads(content), json.loads(CONTENT)
        assert {name: ours[name] for name in ours if name != "wraps"} == {
            name: theirs[name] for name in theirs if name != "wraps"
        }
        assert len(ours["wraps"]) % 4 == 0
        assert strangers(content, SCOPE, [KEYS["supervisors"]], READERS.values()) == []


def test_who_was_given_a_wrap_that_does_not_open_gets_one_that_does() -> None:
    spoiled = rewrapped(bytes(80))
    refused(spoiled, "agents")
    assert rewrap(spoiled, SCOPE, [KEYS["supervisors"]], add=readers("agents")) == spoiled
    mended = rewrap(spoiled, SCOPE, [KEYS["supervisors"]], add=readers("agents"), anew=True)
    assert opens(mended, "agents")
    assert len(json.loads(mended)["wraps"]) == len(FOUR)
    assert strangers(mended, SCOPE, [KEYS["agents"]], readers("agents", "supervisors", "customer")) == []


def test_rewrapping_again_changes_no_byte() -> None:
    keys = [KEYS["agents"]]
    assert rewrap(CONTENT, SCOPE, keys) == CONTENT
    assert rewrap(CONTENT, SCOPE, keys, add=readers("agents"), remove=readers("grantee")) == CONTENT
    more = rewrap(CONTENT, SCOPE, keys, add=readers("auditors"), remove=readers("customer"))
    assert rewrap(more, SCOPE, keys, add=readers("auditors"), remove=readers("customer")) == more
    # Who is in both stays, whatever he is called.
    both = rewrap(
        CONTENT, SCOPE, keys, add=readers("customer"), remove=[Reader("?", READERS["customer"].key)]
    )
    assert both == CONTENT


@settings(max_examples=40, deadline=None)
@seed(SEED)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(NAMES[1:])), max_size=12))
def test_readers_are_who_was_added_and_not_removed(steps: list[tuple[bool, str]]) -> None:
    content, present = seal(OPENING, SCOPE, readers("agents")), {"agents"}
    for is_added, name in steps:
        (present.add if is_added else present.discard)(name)
        change: dict[str, Any] = {"add" if is_added else "remove": readers(name)}
        content = rewrap(content, SCOPE, [KEYS["agents"]], **change)
        assert {name for name in NAMES if opens(content, name)} == present
        assert {reader.name for reader in who_reads(content, READERS.values())} == present
        assert len(json.loads(content)["wraps"]) == -(-len(present) // 4) * 4


# Another reader in one's place.


NEW = Reader("agents v2", ReadingKey.new().public)


@pytest.mark.parametrize("names", [NAMES[:1], NAMES[:3], NAMES[:4], NAMES])
@pytest.mark.parametrize("opener", ["agents", "own"])
def test_who_is_swapped_takes_the_place_of_the_old_one(names: list[str], opener: str) -> None:
    content = seal(OPENING, SCOPE, readers(*names))
    key = KEYS["agents"] if opener == "agents" else KEYS[names[-1]]
    swapped = swap(content, SCOPE, [key], [(AGENTS, NEW)])
    before, after = json.loads(content), json.loads(swapped)
    theirs = {each["to"]: each for each in before.pop("wraps")}
    ours = {each["to"]: each for each in after.pop("wraps")}
    assert before == after
    # All other wraps and the decoys are there byte by byte.
    assert theirs.keys() - ours.keys() == {MINE}
    assert [ours[to] for to in ours.keys() & theirs] == [theirs[to] for to in ours.keys() & theirs]
    assert len(ours) == len(theirs)
    others = [name for name in names if name != "agents"]
    assert [name for name in NAMES if opens(swapped, name)] == others
    assert len(who_reads(swapped, [AGENTS, NEW])) == 1
    for name in others:
        assert strangers(swapped, SCOPE, [KEYS[name]], [NEW, *readers(*others)]) == []


def test_a_swapped_record_opens_to_the_new_key() -> None:
    key = ReadingKey.new()
    swapped = swap(CONTENT, SCOPE, [KEYS["customer"]], [(AGENTS, Reader("agents", key.public))])
    assert unseal(swapped, SCOPE, [key]) == OPENING


def test_swapping_again_changes_no_byte_and_needs_no_key() -> None:
    swapped = swap(CONTENT, SCOPE, [KEYS["agents"]], [(AGENTS, NEW)])
    assert swap(swapped, SCOPE, [], [(AGENTS, NEW)]) == swapped
    assert swap(CONTENT, SCOPE, [], []) == CONTENT


def test_of_two_who_are_swapped_one_may_be_there_already() -> None:
    office = [AGENTS, NEW, *readers("supervisors", "customer")]
    content, keys = seal(OPENING, SCOPE, office), [KEYS["supervisors"]]
    for swaps in ([(AGENTS, NEW)], [(AGENTS, NEW), (READERS["customer"], NEW)]):
        swapped = swap(content, SCOPE, keys, swaps)
        left = [each for each in office if each not in [old for old, _ in swaps]]
        assert who_reads(swapped, office) == left
        assert strangers(swapped, SCOPE, keys, left) == []
        assert len(json.loads(swapped)["wraps"]) == 4
    both = swap(CONTENT, SCOPE, keys, [(AGENTS, NEW), (READERS["customer"], READERS["auditors"])])
    assert who_reads(both, [NEW, *READERS.values()]) == [NEW, *readers("supervisors", "auditors")]


def test_no_other_key_is_handed_on_than_what_opens_the_record() -> None:
    """A writer gives the supervisors a key that opens something else: the agents keep theirs."""
    for plain in (inside(RIGHT | {"salt": to_hex(OTHER.salt)}), inside(RIGHT, filler=b"\1"), inside({})):
        content = sealed_under(bytes(32), plain)
        with pytest.raises(SealedMismatch):
            swap(content, SCOPE, [KEYS["agents"]], [(READERS["supervisors"], NEW)])
    # What is right in another spelling is the record all the same.
    spelled = sealed_under(bytes(32), inside(json.dumps(RIGHT).encode()))
    assert opens(spelled, "agents")
    assert swap(spelled, SCOPE, [KEYS["agents"]], [(AGENTS, NEW)]) != spelled


def test_what_rewrapping_decides_it_decides_by_what_is_read() -> None:
    seen = []

    def decide(found: Opening) -> Any:
        seen.append(found)
        return readers("auditors"), readers("agents")

    made = sealed.Sealed.load(CONTENT).rewrapped(SCOPE, [KEYS["customer"]], decide)
    assert seen == [OPENING]
    assert who_reads(made.dump(), READERS.values()) == readers("supervisors", "auditors", "customer")


def test_somebody_must_be_able_to_read() -> None:
    with pytest.raises(NoReaders, match="name at least one"):
        seal(OPENING, SCOPE, [])
    with pytest.raises(NoReaders):
        rewrap(CONTENT, SCOPE, [KEYS["agents"]], remove=READERS.values())


def test_only_who_opens_can_rewrap_or_look_for_strangers() -> None:
    with pytest.raises(ContentSealed):
        rewrap(CONTENT, SCOPE, [KEYS["auditors"]], add=readers("auditors"))
    with pytest.raises(ContentSealed):
        strangers(CONTENT, SCOPE, [KEYS["auditors"]], READERS.values())
    with pytest.raises(ContentSealed):
        swap(CONTENT, SCOPE, [KEYS["auditors"]], [(AGENTS, READERS["auditors"])])


def test_readers_of_one_key_count_once() -> None:
    content = seal(OPENING, SCOPE, [READERS["agents"], Reader("the same", READERS["agents"].key)])
    assert len(json.loads(content)["wraps"]) == 4
    assert strangers(content, SCOPE, [KEYS["agents"]], readers("agents")) == []


def test_a_planted_stranger_is_found_wherever_it_hides() -> None:
    planted = Reader("stranger", ReadingKey.new().public)
    office = readers("agents", "supervisors", "customer")
    content = rewrap(CONTENT, SCOPE, [KEYS["agents"]], add=[planted])
    theirs = key_id(OPENING.entry, planted.key).hex()
    assert strangers(content, SCOPE, [KEYS["supervisors"]], office) == [theirs]
    assert strangers(content, SCOPE, [KEYS["supervisors"]], [*office, planted]) == []
    # Under a decoy's id, which who knows the record's key can make: it is not the decoy's wrap.
    hidden = next(each["key"] for each in json.loads(content)["wraps"] if each["to"] == theirs)
    office_ids = {key_id(OPENING.entry, reader.key).hex() for reader in office}
    wraps = [each if each["to"] in office_ids else each | {"key": hidden} for each in FOUR]
    (decoy,) = {each["to"] for each in FOUR} - office_ids
    assert strangers(changed(wraps=wraps), SCOPE, [KEYS["agents"]], office) == [decoy]


def test_an_opening_of_another_entry_is_not_sealed() -> None:
    wrong = Opening(OTHER.entry, OPENING.salt, OPENING.record)
    with pytest.raises(InvalidArgument, match="is not this record's"):
        seal(wrong, SCOPE, readers("agents"))


# In an archive.


class Sealing:
    """The codec of who has the agents' key."""

    def encode(self, opening: Opening) -> bytes:
        return seal(opening, SCOPE, readers("agents"))

    def decode(self, content: bytes) -> Opening:
        return unseal(content, SCOPE, [KEYS["agents"]])


def test_an_archive_takes_it_for_tampered_where_it_was() -> None:
    archive = Archive(MemoryStore(), Sealing())
    archive.write(OPENING)
    assert archive.read(OPENING.entry) == OPENING
    for content in (CONTENT[:-1], changed(content=b64encode(bytes(1040)).decode())):
        archive.store.put(OPENING.entry, content)
        with pytest.raises(ContentTampered):
            archive.read(OPENING.entry)
    archive.store.put(OTHER.entry, CONTENT)
    with pytest.raises(ContentTampered, match="another entry"):
        archive.read(OTHER.entry)


def test_errors_and_reprs_tell_nothing() -> None:
    attached = opening("TOPSECRET", attachments=[Attachment.of("TOPSECRET", "text/plain", b"x")])
    content = seal(attached, SCOPE, readers("agents"))
    private = KEYS["agents"].private_bytes().hex()
    shown = [repr(KEYS["agents"]), repr(READERS["agents"]), repr(attached)]
    for call in (
        lambda: unseal(content, Scope(1, SCOPE.desk), [KEYS["agents"]]),
        lambda: unseal(content, SCOPE, []),
        lambda: rewrap(content, SCOPE, [KEYS["agents"]], remove=READERS.values()),
        lambda: swap(content, SCOPE, [], [(AGENTS, NEW)]),
    ):
        with pytest.raises(ProofdeskError) as caught:
            call()
        shown.append(repr(caught.value) + str(caught.value))
    for text in shown:
        assert "TOPSECRET" not in text
        assert private not in text
        assert attached.salt.hex() not in text
