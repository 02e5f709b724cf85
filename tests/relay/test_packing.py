"""Submissions as they go out: no record twice; by a folder, what of them was handed in though it failed."""

from __future__ import annotations

import errno
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from proofdesk._files import write_atomically
from proofdesk.ops.relay import Relayer, packing
from proofdesk.ops.relay import folder as folders
from proofdesk.ops.relay.folder import NoFolder, hand_in, take_folder, watch_folder
from proofdesk.ops.relay.packing import packed
from proofdesk.ops.relay.submissions import answer
from tests.client.office import Office
from tests.relay.people import Crowd, key


def test_a_record_that_is_given_twice_is_handed_in_once(office: Office, relayer: Relayer) -> None:
    signed = office.desk.using(key(1)).tickets.sign_open(lane="cards", content="Where is my card?")
    store = office.desk.archive.store
    opening, kept = office.desk.archive.read(signed.entry), json.loads(store.get(signed.entry))
    store.delete(signed.entry)
    ((_some, body),) = packed([signed], [kept, opening, kept])
    assert json.loads(body)["records"] == [kept]
    assert not answer(relayer, [body])[0].is_refused


def test_acts_that_share_an_entry_share_its_record(
    office: Office, relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening = office.desk.using(key(1)).prepare("My card is lost.", kind="open")
    store = office.desk.archive.store
    kept = json.loads(store.get(opening.entry))
    acts = [crowd.open(1, entry=opening.entry), crowd.open(2, entry=opening.entry)]
    ((_some, body),) = packed(acts, [kept, kept])
    assert json.loads(body)["records"] == [kept] and answer(relayer, [body])[0].refusal is None
    monkeypatch.setattr(packing, "MAX_ACTS", 1)
    assert [json.loads(body)["records"] for _some, body in packed(acts, [kept, kept])] == [[kept], [kept]]


def test_what_none_names_goes_once(crowd: Crowd) -> None:
    strays: list[dict[str, object]] = [
        {"entry": "of nobody"},
        {"entry": 1},
        {"entry": "of nobody"},
        {"entry": 1},
    ]
    ((_some, body),) = packed([crowd.open()], strays)
    assert json.loads(body)["records"] == strays[:2]


def test_an_act_that_is_too_large_goes_alone_as_it_is(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = [crowd.open(number) for number in range(3)]
    monkeypatch.setattr(packing, "MAX_BYTES", 4096)
    found = list(packed(acts, [{"entry": acts[1].entry, "record": "x" * 5000}]))
    assert [list(some) for some, _body in found] == [[act] for act in acts]
    assert [len(body) > packing.MAX_BYTES for _some, body in found] == [False, True, False]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "acts"
    place.mkdir()
    return place


def test_what_was_handed_in_before_the_folder_failed_is_named(
    folder: Path, relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_ACTS", 2)
    acts, written = [crowd.open(number) for number in range(5)], []

    def fill_up(path: Path, body: bytes) -> None:
        written.append(path)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_atomically(path, body)

    with monkeypatch.context() as full:
        full.setattr(folders, "write_atomically", fill_up)
        with pytest.raises(
            NoFolder, match=r"No space left on device\. The first 2 of 5 acts are handed in"
        ) as caught:
            hand_in(folder, acts)
    assert take_folder(relayer, folder) == 1 and len(caught.value.answers) == 2
    for act, place in zip(acts, caught.value.answers, strict=False):
        given = json.loads(place.read_text("utf-8"))["answers"]
        assert act.digest in [each["acknowledgement"]["act"] for each in given]
    assert NoFolder("nothing").answers == ()


@pytest.mark.parametrize("is_taken", [False, True])
def test_what_stands_in_the_folder_is_handed_in_though_the_disk_did_not_say_so(
    folder: Path, relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    """Its names could not be made sure of; by then a relayer may have answered it."""

    def fail(place: Path) -> None:
        if place == folder:
            if is_taken:
                take_folder(relayer, folder)
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("proofdesk._files.sync_folder", fail)
    (place,) = hand_in(folder, [crowd.open()])
    assert take_folder(relayer, folder) == (0 if is_taken else 1) and place.is_file()


@pytest.mark.parametrize("door", [hand_in, take_folder, watch_folder])
def test_no_name_is_no_folder(door: Any, relayer: Relayer, crowd: Crowd) -> None:
    """To pathlib it is the current directory."""
    stop = threading.Event()
    stop.set()
    given = {hand_in: ("", [crowd.open()]), take_folder: (relayer, ""), watch_folder: (relayer, "", stop)}
    with pytest.raises(NoFolder, match="no folder was named"):
        door(*given[door])
