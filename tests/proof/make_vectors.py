"""Writes tests/proof/vectors/ and the worked example of docs/proof-format.md.

`python -m tests.proof.make_vectors` does it.

Made of a story that nobody lived, so that every run writes the same bytes; only another build changes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rfc8785

from proofdesk._words import keccak, leaf_data, to_hex
from proofdesk.proof import slots
from proofdesk.proof.file import ProofFile
from proofdesk.proof.log import leaf_hash
from proofdesk.proof.saying import Statement
from proofdesk.proof.verifying import verify_file
from tests.proof.forging import honest, rebuilt, story
from tests.proof.lies import LIES
from tools.chain import ROOT

FOLDER = Path(__file__).parent / "vectors"
PAGE = ROOT / "docs" / "proof-format.md"
MARK = "<!-- example -->\n"
# The checks' numbers on that page, for each change of one value of the true file.
CHANGES: tuple[tuple[int, list[Any], Any], ...] = (
    (1, ["block", "number"], 78),
    (2, ["desk", "contracts", "TicketDesk", "address"], "0x" + 40 * "9"),
    (3, ["desk", "chain_id"], 1),
    (4, ["ticket"], "0x" + 64 * "7"),
    (5, ["acts", 2, "actor"], "0x" + 40 * "9"),
    (5, ["acts", 7, "at"], 1_800_000_481),
    (9, ["openings", 0, "salt"], "0x" + 64 * "7"),
    (10, ["messages", 0, "path"], []),
    (11, ["consistency", 0, "size"], 17),
)


def vectors() -> dict[str, bytes]:
    """The files of the folder."""
    file = honest()
    proven = verify_file(file.dump(), block_hash=file.block.hash)
    found = {"ticket.proof.json": file.dump()}
    # Lies for which every hash was made anew: each is of a block of its own.
    refused = {
        "a-move": "an illegal move",
        "an-agent": "who takes without the certificate",
        "an-end": "the last act left out",
    }
    for name, lie in refused.items():
        found[f"refused-{name}.proof.json"] = rebuilt(*LIES[lie][0](*story())).dump()
    about = {
        "file": "ticket.proof.json",
        "block_hash": file.block.hash,
        "example": dict(example(file)),
        "statements": {lang: list(map(told, proven.statements(lang))) for lang in ("en", "zh")},
        "changes": [{"check": check, "path": path, "value": value} for check, path, value in CHANGES],
        "refused": sorted(f"refused-{name}.proof.json" for name in refused),
    }
    return found | {"vectors.json": (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()}


def told(statement: Statement) -> str:
    """A statement and what it is about."""
    return f"{statement.part.value}: {statement.text}"


def example(file: ProofFile) -> list[tuple[str, str]]:
    """What stands on the way to the true file's first act."""
    act, opening = file.acts[0], next(each for each in file.openings if each.entry == file.acts[0].entry)
    slot = slots.ticket_slot(file.ticket).to_bytes(32, "big")
    data = leaf_data(
        bytes.fromhex(file.ticket[2:]), act.word, act.actor, act.kind, bytes.fromhex(act.entry[2:]), act.at
    )
    proven = verify_file(file)
    return [
        ("block.hash", file.block.hash),
        ("slot of the ticket's word", to_hex(slot)),
        ("its key in the storage trie", to_hex(keccak(slot))),
        ("the ticket's word", f"0x{file.acts[-1].word:064x}"),
        ("root of lane 1, of 41 acts", proven.lanes[0].root),
        ("canonical JSON of act 1's record", rfc8785.dumps(opening.record.to_json()).decode()),
        ("its salt", to_hex(opening.salt)),
        ("entry of act 1", act.entry),
        ("ticket", file.ticket),
        ("leaf's data of act 1", to_hex(data)),
        ("leaf of act 1, at position 5", to_hex(leaf_hash(data))),
    ]


def page() -> str:
    """The page, with the example as it is now."""
    before, _mark, _old = PAGE.read_text(encoding="utf-8").partition(MARK)
    rows = [f"| {what} | `{value}` |" for what, value in example(honest())]
    return before + MARK + "\n".join(["| what | value |", "|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in vectors().items():
        (FOLDER / name).write_bytes(content)
    PAGE.write_text(page(), encoding="utf-8")
