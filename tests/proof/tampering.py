"""Proof files tampered with at random, judged by both verifiers, in a process with little time and memory.

`python -m tests.proof.tampering FOLDER SEED COUNT`: base.json is tampered with, the other files lend parts.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import rfc8785

from proofdesk._errors import RecordError
from proofdesk._models import Actor
from proofdesk._records import Record
from proofdesk._words import CERTIFICATE, LANE, TICKET, keccak, pack, unpack
from proofdesk.proof import slots
from proofdesk.proof.errors import MalformedProof, ProofFailed
from proofdesk.proof.file import ProofFile, ShownAct
from proofdesk.proof.header import Header
from proofdesk.proof.proven import Proven
from proofdesk.proof.state import StateProof
from proofdesk.proof.verifying import verify_file
from tests.proof.forging import Beside, rebuilt
from tests.proof.second import verify as verify_again
from tests.proof.second_parts import Refused

MEMORY = 2 * 2**30  # bytes of address space, the interpreter and its libraries included
SECONDS = 2.0  # for one file, by both
STRANGER = f"0x{20 * '66'}"


class Tamperer:
    """Changes one thing of a file, or lets a forger change one and make all hashes anew."""

    def __init__(self, base: bytes, others: list[bytes], random: Random) -> None:
        self._base = base
        self._others = [json.loads(other) for other in others]
        self._file = ProofFile.load(base)
        self._beside = beside_of(self._file)
        self._random = random

    def tampered(self) -> tuple[str, bytes]:
        """What was done, and what came of it."""
        kinds = (self._bytes, self._part, self._part, self._forged, self._forged, self._grafted)
        kind = self._random.choice(kinds)
        while True:
            try:
                content = kind()
            except (ValueError, RecordError, KeyError, IndexError, OverflowError, AssertionError):
                continue  # there is nothing of this kind to be made
            if content != self._base:
                return kind.__name__.strip("_"), content

    def _bytes(self) -> bytes:
        """The file's bytes, whatever they mean."""
        raw, random = bytearray(self._base), self._random
        place = random.randrange(len(raw))
        match random.randrange(6):
            case 0:
                raw[place] ^= 1 << random.randrange(8)
            case 1:
                del raw[place : place + random.choice((1, 2, 64, 1000))]
            case 2:
                raw[place:place] = raw[place : place + random.choice((1, 2, 64, 1000))]
            case 3:
                del raw[place:]
            case 4:
                other = random.randrange(len(raw))
                raw[place], raw[other] = raw[other], raw[place]
            case _:
                raw[place] = random.choice(b'0123456789abcdef"{}[],:')
        return bytes(raw)

    def _part(self) -> bytes:
        """One value of the file, in the canonical form again."""
        value = json.loads(self._base)
        holder, name = self._place(value)
        holder[name] = self._other(holder[name], self._path)
        if isinstance(holder[name], _Gone):
            del holder[name]
        return self._written(value)

    def _forged(self) -> bytes:
        """A lie for which the forger has made every hash anew: only the block's is not the chain's."""
        return self._forgery().dump()

    def _grafted(self) -> bytes:
        """Fields of a forged file among those of the true one, or the other way about."""
        true, forged = json.loads(self._base), json.loads(self._forgery().dump())
        for name in true:
            if self._random.random() < 0.5 and name in forged:
                true[name] = forged[name]
        if self._random.random() < 0.5:
            true["nodes"] = _sorted({*json.loads(self._base)["nodes"], *forged["nodes"]})
        return self._written(true)

    # ------------------------------------------------------------------------------------------ single values

    def _place(self, value: Any) -> tuple[Any, Any]:
        """A place somewhere in the file, and the way to it."""
        self._path: list[Any] = []
        while True:
            name = self._random.choice(list(value) if isinstance(value, dict) else range(len(value)))
            self._path.append(name)
            found = value[name]
            if not isinstance(found, (dict, list)) or not found or self._random.random() < 0.25:
                return value, name
            value = found

    def _other(self, value: Any, path: list[Any]) -> Any:
        """Something else in the place of a value."""
        random = self._random
        if random.random() < 0.2:
            return self._lent(path)
        if random.random() < 0.05:
            return random.choice((_Gone(), None, True, 0, -1, 2**53, 0.5, "", "0x", [], {}))
        if isinstance(value, str):
            place = random.randrange(len(value) + 1)
            digit = random.choice("0123456789abcdefA")
            return value[:place] + digit + value[place + random.randrange(2) :]
        if isinstance(value, bool) or value is None:
            return 1
        if isinstance(value, int):
            return random.choice((value + 1, value - 1, value ^ 1 << random.randrange(40), 0))
        if isinstance(value, list):
            return self._shuffled(value)
        name = random.choice(list(value))
        renamed = random.choice(({}, {f"{name}s": 1}))
        return {each: item for each, item in value.items() if each != name} | renamed

    def _shuffled(self, value: list[Any]) -> list[Any]:
        random, place = self._random, self._random.randrange(len(value))
        match random.randrange(4):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return [*value[:place], value[place], *value[place:]]
            case 2:
                other = random.randrange(len(value))
                swapped = list(value)
                swapped[place], swapped[other] = value[other], value[place]
                return swapped
            case _:
                return value[::-1]

    def _lent(self, path: list[Any]) -> Any:
        """What stands at this place in another file."""
        value = self._random.choice(self._others)
        for name in path:
            value = value[name % len(value) if isinstance(value, list) else name]
        return value

    def _written(self, value: Any) -> bytes:
        if self._random.random() < 0.5 and isinstance(value.get("nodes"), list):
            with suppress(TypeError, AttributeError, ValueError):  # they are no nodes any more
                value["nodes"] = _sorted(value["nodes"])
        try:
            return rfc8785.dumps(value)
        except (rfc8785.CanonicalizationError, TypeError):
            plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            return plain.encode()

    # --------------------------------------------------------------------------------------------- the forger

    def _forgery(self) -> ProofFile:
        lies: tuple[Callable[[], tuple[ProofFile, Beside]], ...] = (
            *(5 * (self._lie_of_act,)),
            *(2 * (self._lie_of_record, self._lie_of_state)),
            self._lie_of_order,
            self._lie_of_place,
        )
        return rebuilt(*self._random.choice(lies)())

    def _lie_of_act(self) -> tuple[ProofFile, Beside]:
        random, acts = self._random, list(self._file.acts)
        place = random.randrange(len(acts))
        act = acts[place]
        changes: dict[str, Any] = random.choice(
            (
                {"actor": STRANGER},
                {"kind": random.choice(list(Actor)[1:])},
                {"entry": f"0x{random.getrandbits(256):064x}"},
                {"at": act.at + random.choice((-3600, -1, 1, 3600))},
                {"lane": random.choice([each.lane for each in acts])},
                {"position": act.position + 1},
                {"word": self._other_word(act)},
                {"word": self._other_word(act)},
            )
        )
        acts[place] = replace(act, **changes)
        return replace(self._file, acts=tuple(acts)), self._beside

    def _other_word(self, act: ShownAct) -> int:
        fields = unpack(TICKET, act.word)
        name = self._random.choice(list(fields))
        return pack(TICKET, **fields | {name: self._random.getrandbits(TICKET[name][1])})

    def _lie_of_order(self) -> tuple[ProofFile, Beside]:
        acts = tuple(self._shuffled(list(self._file.acts)))
        return replace(self._file, acts=acts), replace(self._beside, ticket=self._file.acts[-1].word)

    def _lie_of_record(self) -> tuple[ProofFile, Beside]:
        openings = list(self._file.openings)
        place = self._random.randrange(len(openings))
        record = openings[place].record
        changes: dict[str, Any] = self._random.choice(
            (
                {"body": "I never said that."},
                {"author": "Eve"},
                {"kind": "note"},
                {"lang": "de"},
                {"subject": "No"},
            )
        )
        # One that fits its schema: the second verifier leaves that to who has a JSON Schema library.
        made = Record.from_json(replace(record, **changes).to_json())
        openings[place] = replace(openings[place], record=made)
        return replace(self._file, openings=tuple(openings)), self._beside

    def _lie_of_state(self) -> tuple[ProofFile, Beside]:
        random, beside = self._random, self._beside
        match random.randrange(4):
            case 0:
                name = random.choice(list(CERTIFICATE))
                number = random.choice(list(beside.certificates))
                fields = unpack(CERTIFICATE, beside.certificates[number])
                fields[name] = random.getrandbits(CERTIFICATE[name][1])
                words = {**beside.certificates, number: pack(CERTIFICATE, **fields)}
                beside = replace(beside, certificates=words)
            case 1:
                number = random.choice(list(beside.lanes))
                word = pack(LANE, **unpack(LANE, beside.lanes[number]) | {"program": random.getrandbits(16)})
                beside = replace(beside, lanes={**beside.lanes, number: word})
            case 2:
                beside = replace(beside, anchored=random.choice((0, 1, beside.anchored - 1, beside.time + 1)))
            case _:
                beside = replace(beside, time=beside.time + random.choice((-(10**6), -1, 1, 10**12)))
        return self._file, beside

    def _lie_of_place(self) -> tuple[ProofFile, Beside]:
        random, file = self._random, self._file
        match random.randrange(3):
            case 0:
                return replace(file, chain_id=random.randrange(1, 10**6)), self._beside
            case 1:
                return replace(file, block=replace(file.block, number=random.randrange(10**6))), self._beside
            case _:
                name = random.choice(list(file.contracts))
                other = replace(file.contracts[name], address=STRANGER, created=None)
                return replace(file, contracts={**file.contracts, name: other}), self._beside


class _Gone:
    """In the place of a value: there is none."""


def _sorted(nodes: Iterable[str]) -> list[str]:
    return sorted(nodes, key=lambda node: keccak(bytes.fromhex(node[2:])))


def beside_of(file: ProofFile) -> Beside:
    """What a true file's state says beside its acts."""
    header = Header.decode(file.block.header)
    state = StateProof(file.nodes, header.state_root)
    desk, certification = file.contracts["TicketDesk"].address, file.contracts["AgentCertification"].address
    seats = slots.certificates_in(act.word for act in file.acts)
    lanes = {lane: state.storage(desk, slots.lane_slot(lane)) for lane in {act.lane for act in file.acts}}
    return Beside(
        certificates={each: state.storage(certification, slots.certificate_slot(each)) for each in seats},
        lanes={lane: word % 2 ** LANE["size"][0] for lane, word in lanes.items()},
        anchored=header.time - 1,
        time=header.time,
    )


def judged(content: bytes, block_hash: str | None) -> Proven | None:
    """What a file proves; None where it is refused. Any other exception is a fault."""
    try:
        return verify_file(content, block_hash=block_hash)
    except (MalformedProof, ProofFailed):
        return None


def judged_again(content: bytes, block_hash: str | None) -> dict[str, Any] | None:
    """As `judged`, by the second verifier."""
    try:
        return verify_again(content, block_hash)
    except Refused:
        return None


def same_truth(found: Proven, truth: Proven) -> bool:
    """Whether a proof says nothing but what the true one says; it may say less of what was written."""
    acts = [replace(act, record=None) for act in found.acts]
    return (
        replace(found, called="", acts=(), messages=(), erasures=(), earlier=(), anchor=None, began=())
        == replace(truth, called="", acts=(), messages=(), erasures=(), earlier=(), anchor=None, began=())
        and set(found.began) <= set(truth.began)
        and acts == [replace(act, record=None) for act in truth.acts]
        and all(one.record in (None, other.record) for one, other in zip(found.acts, truth.acts, strict=True))
        and all(each in truth.messages for each in found.messages)
        and all(each in truth.erasures for each in found.erasures)
        and all(each in truth.earlier for each in found.earlier)
    )


def main(folder: str, seed: str, count: str) -> None:
    """Tamper so often; prints what was done and how it was judged, as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    base = (Path(folder) / "base.json").read_bytes()
    others = [path.read_bytes() for path in sorted(Path(folder).glob("*.json")) if path.name != "base.json"]
    hash_ = json.loads(base)["block"]["hash"]
    truth = verify_file(base, block_hash=hash_)
    tamperer, tally, slowest = Tamperer(base, others, Random(seed)), Counter[str](), 0.0
    for number in range(int(count)):
        kind, content = tamperer.tampered()
        start = time.process_time()
        anchored, alone = judged(content, hash_), judged(content, None)
        again, again_alone = judged_again(content, hash_), judged_again(content, None)
        slowest = max(slowest, time.process_time() - start)
        problem = ""
        if anchored is not None and not same_truth(anchored, truth):
            problem = "verifies as a different truth"
        elif alone is not None and alone.block.hash == hash_ and anchored is None:
            problem = "verifies without the hash only"
        elif (anchored is None, alone is None) != (again is None, again_alone is None):
            problem = "is judged otherwise by the second verifier"
        if problem:
            Path(folder, "found").write_bytes(content)
            raise SystemExit(f"tampering {number} of seed {seed}, {kind}: {problem}; see {folder}/found")
        fate = "refused" if alone is None else "of another block" if anchored is None else "same truth"
        tally[f"{kind} {fate}"] += 1
    print(json.dumps({"tally": tally, "slowest": slowest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
