"""Keyrings: what they open, by which keys, and how they come to know of shares."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace

import pytest

from proofdesk import (
    ConfigurationError,
    ContentErased,
    ContentMissing,
    InvalidArgument,
    MemoryStore,
)
from proofdesk._deployments import CLEAR, Deployment
from proofdesk._errors import ContentSealed, ContentTampered
from proofdesk._store import Archive, ClearCodec
from proofdesk.privacy.keyring import Keyring, SealedCodec
from proofdesk.privacy.keys import Reader, ReadingKey
from proofdesk.privacy.sealed import seal
from proofdesk.privacy.shares import Share, put_shares, seal_share
from tests.privacy.office import seed
from tests.privacy.people import KEYS, SCOPE, opening
from tests.privacy.test_shares import MANIFEST

ME, ROLE, OTHER = KEYS["agents"], KEYS["supervisors"], KEYS["auditors"]


def shared(role: str, key: ReadingKey, member: ReadingKey = ME) -> Share:
    """A share; who signed it is nothing to who opens it."""
    reader = Reader("0x" + 40 * "1", member.public)
    return Share(
        role, key.public, reader.name, member.public, reader.name, b"", seal_share(SCOPE, role, key, reader)
    )


def archive(store: MemoryStore, *keys: ReadingKey, manifest: Deployment = MANIFEST) -> Archive:
    """What somebody with these keys reads."""
    return Archive(store, Keyring(keys).codec(manifest, store))


def kept(store: MemoryStore, *keys: ReadingKey) -> str:
    """A record in a store, sealed to these; its entry."""
    made = opening("Where is my card?")
    store.put(
        made.entry, seal(made, SCOPE, [Reader(str(place), key.public) for place, key in enumerate(keys)])
    )
    return made.entry


def test_own_keys_open_and_others_do_not() -> None:
    store = MemoryStore()
    entry = kept(store, ME, ROLE)
    assert archive(store, ME).read(entry).record.body == "Where is my card?"
    assert archive(store, OTHER, ME).read(entry).record.body == "Where is my card?"
    with pytest.raises(ContentSealed) as caught:
        archive(store, OTHER).read(entry)
    assert caught.value.entry == entry


def test_a_shared_role_opens_from_when_it_is_shared() -> None:
    store = MemoryStore()
    entry, mine = kept(store, ROLE), archive(store, ME)
    with pytest.raises(ContentSealed):
        mine.read(entry)
    put_shares(store, [shared("agents", ROLE)])
    assert isinstance(mine.codec, SealedCodec)
    # Somebody who looks all the time is kept from it now and then.
    mine.codec._not_before = 0.0
    assert mine.read(entry).record.body == "Where is my card?"
    assert mine.codec.holder_of(ROLE.public) == ROLE
    assert mine.codec.holder_of(OTHER.public) is None


def test_another_ones_share_opens_nothing() -> None:
    store = MemoryStore()
    put_shares(store, [shared("agents", ROLE, OTHER)])
    with pytest.raises(ContentSealed):
        archive(store, ME).read(kept(store, ROLE))


def test_a_share_of_another_key_than_the_listed_one_is_not_taken() -> None:
    store = MemoryStore()
    made = shared("agents", ROLE)
    lie = Share("agents", OTHER.public, made.member, ME.public, made.by, b"", made.sealed)
    put_shares(store, [lie])
    assert list(Keyring([ME]).codec(MANIFEST, store).held()) == [ME]


def test_what_is_clear_or_erased_is_read_as_it_is() -> None:
    store = MemoryStore()
    clear, erased = opening("In the clear"), opening("Gone")
    store.put(clear.entry, ClearCodec().encode(clear))
    tombstone = f'{{"format":"proofdesk-erased/1","entry":"{erased.entry}","erasure":"0x{64 * "1"}"}}'
    store.put(erased.entry, tombstone.encode())
    mine = archive(store, ME)
    assert mine.read(clear.entry) == clear
    with pytest.raises(ContentErased):
        mine.read(erased.entry)
    with pytest.raises(ContentMissing):
        mine.read("0x" + 64 * "9")


def test_a_record_under_anothers_entry_is_tampered_with() -> None:
    store = MemoryStore()
    one, other = kept(store, ME), kept(store, ME)
    store.put(one, store.get(other))
    with pytest.raises(ContentTampered):
        archive(store, ME).read(one)
    # Its wraps are addressed by the entry: under another one nobody finds his.
    store.put(one, store.get(other).replace(other.encode(), one.encode()))
    with pytest.raises(ContentSealed):
        archive(store, ME).read(one)


def test_a_sealed_desk_writes_nothing_in_the_clear() -> None:
    store, made = MemoryStore(), opening()
    with pytest.raises(ConfigurationError, match=r"desk\.keep"):
        archive(store, ME).write(made)
    assert made.entry not in store
    trial = archive(store, ME, manifest=replace(MANIFEST, records=CLEAR))
    trial.write(made)
    assert trial.read(made.entry) == made


def test_who_meets_only_what_is_sealed_to_others_searches_a_fifth_of_the_time() -> None:
    class Slow(MemoryStore):
        searched = 0

        def shelf(self, name: str) -> MemoryStore:
            if name == "roles":
                Slow.searched += 1
                time.sleep(0.02)
            return super().shelf(name)

    store = Slow()
    entry, mine = kept(store, OTHER), archive(store, ME)
    begun = time.monotonic()
    while time.monotonic() - begun < 0.3:
        with pytest.raises(ContentSealed):
            mine.read(entry)
    # Once in 0.1 seconds; a machine that is busy makes it less often.
    assert 1 <= Slow.searched <= 4


def test_a_seeds_keyring_begins_with_the_version_published_last() -> None:
    owner = seed("agent")
    assert Keyring.of(owner, version=3).own == (owner.key(3), owner.key(2), owner.key(1))
    pseudonym = owner.pseudonym(7)
    assert Keyring.of(pseudonym).own == (pseudonym.key,)
    assert Keyring.of(owner).reply_key == "0x" + owner.key(1).public.hex()
    for version in (0, -1, None, "1"):
        with pytest.raises(InvalidArgument, match="count from 1"):
            Keyring.of(owner, version=version)  # type: ignore[arg-type]  # what is refused


def test_words_are_no_seed_and_stand_in_no_error() -> None:
    with pytest.raises(InvalidArgument, match="pass a Seed") as refused:
        Keyring.of("abandon ability able")  # type: ignore[arg-type]  # what is refused
    assert "abandon" not in str(refused.value)


def test_an_empty_keyring_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="at least one"):
        Keyring([])


def test_a_keyring_shows_no_private_half() -> None:
    keyring = Keyring([ME, ROLE])
    shown = f"{keyring!r} {keyring} {keyring.own!r} {vars(keyring)}"
    assert ME.public.hex() in shown
    assert not any(
        key.private_bytes().hex() in shown or repr(key.private_bytes()) in shown for key in (ME, ROLE)
    )
    with pytest.raises(TypeError):
        pickle.dumps(keyring)
