"""A folder as the door: files in, answers out, whatever happens in between."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from proofdesk import ConfigurationError
from proofdesk.ops.relay import Relayer
from proofdesk.ops.relay.folder import take_folder, watch_folder
from proofdesk.ops.relay.submissions import MAX_BYTES
from tests.relay.people import Crowd


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
    (folder / "bad.json").write_text("{")
    (folder / "huge.json").write_bytes(b" " * (MAX_BYTES + 5))
    (folder / "note.txt").write_text("not looked at")
    (folder / "link.json").symlink_to(folder / "note.txt")
    assert take_folder(relayer, folder) == 4
    assert answer(folder, "one.json")["answers"][0]["acknowledgement"]["act"] == acts[0].digest
    assert len(answer(folder, "two.json")["answers"]) == 2
    assert answer(folder, "bad.json")["refusal"]["code"] == "malformed"
    assert answer(folder, "huge.json")["refusal"]["code"] == "too-large"
    left = {path.name for path in folder.iterdir() if not path.is_dir()}
    assert left == {"note.txt", "link.json"} and len(list((folder / "taken").iterdir())) == 4
    assert take_folder(relayer, folder) == 0


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
