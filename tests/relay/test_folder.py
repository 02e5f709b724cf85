"""A folder as the door: files in, answers out, whatever happens in between."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from proofdesk import ConfigurationError
from proofdesk.ops.relay import Limits, Relayer, packing, submissions
from proofdesk.ops.relay import folder as folders
from proofdesk.ops.relay.folder import NoFolder, hand_in, take_folder, watch_folder
from proofdesk.ops.relay.packing import MAX_BYTES
from proofdesk.ops.relay.submissions import answer as answers_to
from tests.client.office import Office
from tests.relay.conftest import Make
from tests.relay.people import Crowd, key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "acts"
    place.mkdir()
    return place


def answer(folder: Path, name: str) -> Any:
    """What a file was answered."""
    return json.loads((folder / "answers" / name).read_text("utf-8"))


def test_files_are_answered_and_put_away(folder: Path, relayer: Relayer, crowd: Crowd) -> None:
    acts = [crowd.open(number) for number in range(3)]
    (folder / "one.json").write_text(acts[0].to_json())
    (folder / "two.json").write_text(json.dumps({"acts": [json.loads(act.to_json()) for act in acts[1:]]}))
    (folder / "bad.json").write_text("\n".join(act.to_json() for act in acts))
    (folder / "HUGE.JSON").write_bytes(b" " * (MAX_BYTES + 5))
    (folder / "note.txt").write_text("not looked at")
    (folder / "link.json").symlink_to(folder / "note.txt")
    assert take_folder(relayer, folder) == 4
    assert answer(folder, "one.json")["answers"][0]["acknowledgement"]["act"] == acts[0].digest
    assert len(answer(folder, "two.json")["answers"]) == 2
    refusal = answer(folder, "bad.json")["refusal"]
    assert refusal["code"] == "malformed" and "acts of one a line go into the list 'acts'" in refusal["words"]
    assert answer(folder, "HUGE.JSON")["refusal"]["code"] == "too-large"
    left = {path.name for path in folder.iterdir() if not path.is_dir()}
    assert left == {"note.txt", "link.json"}
    assert {path.name for path in (folder / "taken").iterdir()} == {"one.json", "two.json"}
    assert take_folder(relayer, folder) == 0


def test_what_is_handed_in_is_answered_where_it_was_said(
    folder: Path, relayer: Relayer, office: Office, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = office.desk.using(key(1)).tickets.sign_open(lane="cards", content="Where is my card?")
    words = office.desk.archive.read(signed.entry)
    office.desk.archive.store.delete(signed.entry)
    monkeypatch.setattr(packing, "MAX_ACTS", 2)
    acts = [signed, crowd.open(2), crowd.open(3)]
    answers = hand_in(folder, acts, [words]) + hand_in(str(folder), acts, [words])
    assert (len(answers), len(set(answers)), take_folder(relayer, folder)) == (6, 4, 4)
    for act, place in zip(acts * 2, answers, strict=True):
        given = json.loads(place.read_text("utf-8"))["answers"]
        assert act.digest in [each["acknowledgement"]["act"] for each in given]
    assert office.desk.archive.read(signed.entry).record == words.record


def test_what_is_no_folder_takes_nothing(folder: Path, crowd: Crowd) -> None:
    (folder / "file").write_text("")
    for place in (folder / "nowhere", folder / "file"):
        with pytest.raises(NoFolder, match="cannot be written as a relayer's folder"):
            hand_in(place, [crowd.open()])


def test_what_passes_stays(folder: Path, relayer: Relayer, crowd: Crowd) -> None:
    (folder / "one.json").write_text(crowd.open().to_json())
    relayer.halt("for a moment")
    assert take_folder(relayer, folder) == 0 and (folder / "one.json").is_file()
    relayer.resume()
    assert take_folder(relayer, folder) == 1


def test_a_file_that_was_taken_before_the_process_died(folder: Path, relayer: Relayer, crowd: Crowd) -> None:
    act = crowd.open()
    (folder / "one.json").write_text(act.to_json())
    take_folder(relayer, folder)
    first = answer(folder, "one.json")
    (folder / "taken" / "one.json").replace(folder / "one.json")
    (folder / "answers" / "one.json").unlink()
    assert take_folder(relayer, folder) == 1 and answer(folder, "one.json") == first


def test_watching_goes_on_until_it_is_stopped(folder: Path, relayer: Relayer, crowd: Crowd) -> None:
    stop = threading.Event()
    watching = threading.Thread(target=watch_folder, args=(relayer, folder, stop), kwargs={"poll": 0.01})
    watching.start()
    (folder / "part").write_text(crowd.open().to_json())
    (folder / "part").rename(folder / "one.json")
    while not (folder / "taken" / "one.json").exists():
        assert watching.is_alive()
    stop.set()
    watching.join()


def test_what_is_no_folder(tmp_path: Path, relayer: Relayer) -> None:
    with pytest.raises(ConfigurationError, match="relayer's folder"):
        take_folder(relayer, tmp_path / "nowhere")


def test_one_file_that_cannot_be_answered_is_no_harm_to_others(
    folder: Path, relayer: Relayer, crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        (folder / f"{number}.json").write_text(crowd.open(number).to_json())
    (folder / "answers" / "0.json").mkdir(parents=True)
    assert take_folder(relayer, folder) == 2 and (folder / "0.json").is_file()
    assert "0.json cannot be answered: Is a directory" in caplog.text
    (folder / "answers" / "0.json").rmdir()
    assert take_folder(relayer, folder) == 1


def test_one_file_that_cannot_be_read_is_no_harm_to_others(
    folder: Path, relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        (folder / f"{number}.json").write_text(crowd.open(number).to_json())
    opened = Path.open

    def fail(path: Path, *args: Any, **options: Any) -> Any:
        if path.name == "0.json" and args == ("rb",):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **options)

    monkeypatch.setattr(Path, "open", fail)
    assert take_folder(relayer, folder) == 1 and (folder / "0.json").is_file()


def test_trouble_with_the_database_is_outlived(
    folder: Path, relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "one.json").write_text(crowd.open().to_json())
    take_in, asked = relayer.take_in, []

    def fail_once(items: Any) -> Any:
        asked.append(items)
        if len(asked) == 1:
            raise ConfigurationError("the queue failed: database is locked")
        return take_in(items)

    monkeypatch.setattr(relayer, "take_in", fail_once)
    stop = threading.Event()
    watching = threading.Thread(target=watch_folder, args=(relayer, folder, stop), kwargs={"poll": 0.01})
    watching.start()
    while not (folder / "taken" / "one.json").exists():
        assert watching.is_alive()
    stop.set()
    watching.join()


def test_of_a_file_some_of_which_must_wait_the_rest_is_answered(
    folder: Path, make_relayer: Make, crowd: Crowd
) -> None:
    relayer = make_relayer(limits=Limits(queue=1))
    acts = [crowd.open(1), crowd.open(2)]
    (folder / "two.json").write_text(json.dumps({"acts": [json.loads(act.to_json()) for act in acts]}))
    assert take_folder(relayer, folder) == 0 and (folder / "two.json").is_file()
    taken, full = answer(folder, "two.json")["answers"]
    assert taken["acknowledgement"]["act"] == acts[0].digest and full["refusal"]["code"] == "queue-full"
    written = (folder / "answers" / "two.json").stat().st_ino
    assert take_folder(relayer, folder) == 0
    assert (folder / "answers" / "two.json").stat().st_ino == written, "as long as it says the same"
    relayer.step(flush=True)
    assert take_folder(relayer, folder) == 1 and not (folder / "two.json").exists()
    again, late = answer(folder, "two.json")["answers"]
    assert again == taken and late["acknowledgement"]["act"] == acts[1].digest


@pytest.mark.parametrize("is_renamed", [True, False])
def test_what_takes_a_files_place_while_it_is_answered_is_taken_as_well(
    folder: Path, relayer: Relayer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch, is_renamed: bool
) -> None:
    first, second = crowd.open(1), crowd.open(2)
    (folder / "one.json").write_text(first.to_json())

    def replace(relayer: Relayer, bodies: Any) -> Any:
        monkeypatch.undo()
        if is_renamed:
            before = (folder / "one.json").stat()
            (folder / ".new").write_text(second.to_json())
            os.utime(folder / ".new", ns=(before.st_atime_ns, before.st_mtime_ns))
            (folder / ".new").replace(folder / "one.json")
        else:
            time.sleep(0.02)  # what a file's moment is told in is coarser than nanoseconds
            (folder / "one.json").write_text(second.to_json())
        return answers_to(relayer, bodies)

    monkeypatch.setattr(submissions, "answer", replace)
    for act, left in ((first, True), (second, False)):
        assert take_folder(relayer, folder) == 1 and (folder / "one.json").exists() is left
        assert answer(folder, "one.json")["answers"][0]["acknowledgement"]["act"] == act.digest


def test_nobodys_words_stay_in_the_folder(
    folder: Path, relayer: Relayer, office: Office, crowd: Crowd
) -> None:
    opening = office.desk.using(key(1)).prepare("My card ends in 4711.", kind="open")
    kept = json.loads(office.desk.archive.store.get(opening.entry))
    act = json.loads(crowd.open(1, entry=opening.entry).to_json())
    other = json.loads(crowd.open(2).to_json())
    for name, body in (
        ("a.json", {"acts": [act], "records": [kept]}),
        ("b.json", {"acts": [other], "records": [kept]}),
        ("c.json", {"acts": 1, "records": [kept]}),
    ):
        (folder / name).write_text(json.dumps(body))
    assert take_folder(relayer, folder) == 3
    assert "acknowledgement" in answer(folder, "a.json")["answers"][0]
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"My card" not in everything and kept["salt"].encode() not in everything
    assert json.loads((folder / "taken" / "a.json").read_text()) == {"acts": [act]}


def nested(levels: int) -> bytes:
    """A submission that can just be read, or just not."""
    return b'{"a":' + b"[" * levels + b"]" * levels + b"}"


def test_no_depth_harms_others(relayer: Relayer, crowd: Crowd) -> None:
    good = crowd.open(1).to_json().encode()
    # Libraries of the tests raise it; a relayer has Python's own.
    raised = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    try:
        found = [answers_to(relayer, [nested(levels), good]) for levels in range(800, 1000)]
    finally:
        sys.setrecursionlimit(raised)
    for bad, fine in found:
        assert [each.code for each in bad.refusals] == ["malformed"] and not fine.is_refused


def test_a_file_that_nobody_thought_of_stops_neither_the_others_nor_the_watch(
    folder: Path,
    relayer: Relayer,
    crowd: Crowd,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    acts = [crowd.open(number) for number in range(3)]
    for number, act in enumerate(acts):
        (folder / f"{number}.json").write_text(act.to_json())
    take_in = relayer.take_in

    def fail(items: Any) -> Any:
        if acts[1].digest in {act.digest for act, _ in items}:
            raise RuntimeError("nobody thought of this")
        return take_in(items)

    monkeypatch.setattr(relayer, "take_in", fail)
    assert take_folder(relayer, folder) == 2 and (folder / "1.json").is_file()
    assert "'1.json' cannot be taken" in caplog.text


def test_what_is_passed_by_is_named_once(
    folder: Path, relayer: Relayer, crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "note.txt").write_text("for whom?")
    (folder / "link.json").symlink_to(folder / "note.txt")
    (folder / "dir.json").mkdir()
    (folder / "forged\nline").write_text("")
    stop = threading.Event()
    watching = threading.Thread(target=watch_folder, args=(relayer, folder, stop), kwargs={"poll": 0.01})
    watching.start()
    for number in range(2):
        (folder / f".{number}").write_text(crowd.open(number).to_json())
        (folder / f".{number}").rename(folder / f"{number}.json")
        while not (folder / "taken" / f"{number}.json").exists():
            assert watching.is_alive()
    stop.set()
    watching.join()
    said = [record.getMessage() for record in caplog.records if "passed by" in record.getMessage()]
    assert [line.split()[0] for line in said] == [
        "'dir.json'",
        "'forged\\nline'",
        "'link.json'",
        "'note.txt'",
    ]


def test_what_a_killed_process_had_begun_to_write_goes(folder: Path, relayer: Relayer) -> None:
    (folder / "answers").mkdir()
    (folder / "answers" / ".x1.tmp").write_text("{")
    old = time.time() - 3700
    for name in (".abcdefg1.tmp", ".abcdefg2.tmp", ".mine.tmp"):
        (folder / name).write_text("whoever writes it here renames it")
        if name != ".abcdefg1.tmp":
            os.utime(folder / name, (old, old))
    (folder / ".abcdefg3.tmp").mkdir()
    os.utime(folder / ".abcdefg3.tmp", (old, old))
    stop = threading.Event()
    stop.set()
    watch_folder(relayer, folder, stop)
    assert list((folder / "answers").iterdir()) == []
    left = {path.name for path in folder.glob(".*")}
    assert left == {".abcdefg1.tmp", ".abcdefg3.tmp", ".mine.tmp"}, (
        "what somebody still writes, or did not begin so"
    )


def test_a_watch_that_goes_on_sweeps_as_well(
    folder: Path, relayer: Relayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_OVER", 0.1)
    stop = threading.Event()
    watching = threading.Thread(target=watch_folder, args=(relayer, folder, stop), kwargs={"poll": 0.01})
    watching.start()
    while not (folder / "taken").exists():
        assert watching.is_alive()
    part = folder / ".abcdefgh.tmp"
    part.write_text("words")
    ends = time.monotonic() + 10
    while part.exists() and time.monotonic() < ends:
        assert watching.is_alive()
        time.sleep(0.01)
    stop.set()
    watching.join()
    assert not part.exists()
