"""An archive gives back what was written, verified, or says why not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from proofdesk._errors import ContentErased, ContentMissing, ContentSealed, ContentTampered
from proofdesk._records import Opening, commit, compose
from proofdesk._store import ERASED, SEALED, Archive, Store
from tests.stores.places import ENTRY

OTHER = "0x" + 64 * "b"


@pytest.fixture
def opening() -> Opening:
    """A customer's."""
    return commit(
        compose({"body": "Where is my parcel? 我的包裹呢？", "lang": "en"}, kind="open", author="Ann")
    )


def test_an_archive_gives_records_back(store: Store, opening: Opening) -> None:
    archive = Archive(store)
    archive.write(opening)
    assert archive.read(opening.entry) == opening
    with pytest.raises(ContentMissing):
        archive.read(ENTRY)


def changed(name: str, value: object) -> Callable[[bytes], bytes]:
    return lambda content: json.dumps(json.loads(content) | {name: value}).encode()


def reworded(content: bytes) -> bytes:
    return content.replace(b"parcel", b"letter")


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (reworded, "hashes to another entry"),
        (changed("salt", "0x" + 64 * "0"), "hashes to another entry"),
        (changed("entry", ENTRY), "hashes to another entry"),
        (changed("record", {"body": "parcel"}), "a record that does not fit the schema"),
        (changed("salt", "0xparcel"), "is no stored record of version 1"),
        (changed("salt", 5), "is no stored record of version 1"),
        (changed("v", 2), "is no stored record of version 1"),
        (lambda content: content[:-9], "is no stored record of version 1"),
        (lambda _: b"", "is no stored record of version 1"),
        (lambda _: b"\xff\xfe parcel", "is no stored record of version 1"),
        (lambda _: b"[" * 100_000, "is no stored record of version 1"),
        (lambda _: b'["parcel"]', "is no stored record of version 1"),
        (
            lambda content: content.replace(b"parcel", 70_000 * b"parcel"),
            "a record that does not fit the schema",
        ),
    ],
)
def test_tampered_content_is_named_and_never_shown(
    store: Store, opening: Opening, tamper: Callable[[bytes], bytes], problem: str
) -> None:
    archive = Archive(store)
    archive.write(opening)
    store.put(opening.entry, tamper(store.get(opening.entry)))
    with pytest.raises(ContentTampered, match=problem) as caught:
        archive.read(opening.entry)
    assert caught.value.entry == opening.entry
    assert opening.entry in str(caught.value)
    assert "parcel" not in str(caught.value)
    assert opening.salt.hex() not in str(caught.value)
    assert caught.value.__cause__ is None


# ------------------------------------------------------------------------------------------ what nobody opens


def put(store: Store, **value: object) -> Archive:
    store.put(ENTRY, json.dumps(value).encode())
    return Archive(store)


def test_what_was_erased_is_told_so(store: Store) -> None:
    with pytest.raises(ContentErased) as caught:
        put(store, format=ERASED, entry=ENTRY, erasure=OTHER).read(ENTRY)
    assert (caught.value.entry, caught.value.erasure) == (ENTRY, OTHER)


def test_what_is_sealed_is_told_so(store: Store) -> None:
    with pytest.raises(ContentSealed, match="no key at hand opens it: connect with keyring=") as caught:
        put(store, format=SEALED, entry=ENTRY, nonce="", content="", wraps=[]).read(ENTRY)
    assert caught.value.entry == ENTRY


@pytest.mark.parametrize("form", [ERASED, SEALED])
def test_one_that_says_it_is_another_entrys_is_tampered_with(store: Store, form: str) -> None:
    with pytest.raises(ContentTampered, match="says that it is another entry's"):
        put(store, format=form, entry=OTHER, erasure=OTHER).read(ENTRY)


@pytest.mark.parametrize(
    "value",
    [
        {"format": ERASED, "entry": ENTRY},
        {"format": ERASED, "entry": ENTRY, "erasure": "parcel"},
        {"format": ERASED, "entry": ENTRY, "erasure": 5},
        {"format": SEALED},
        {"format": SEALED, "entry": ["parcel"]},
        {"format": "proofdesk-sealed/9", "entry": ENTRY},
        {"format": ["parcel"]},
    ],
)
def test_one_that_says_nothing_of_use_is_tampered_with(store: Store, value: dict[str, object]) -> None:
    with pytest.raises(ContentTampered, match="is no stored record of version 1") as caught:
        put(store, **value).read(ENTRY)
    assert "parcel" not in str(caught.value)
