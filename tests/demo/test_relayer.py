"""The relayer of `make up`, with the seed that is left for it: what it keeps its customers can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.readers import PASSWORD
from demo.stage import local_stage
from demo.up import KEYS, leave_keys, seed
from proofdesk import Actor, Desk, MemoryStore, SignedAct
from proofdesk.ops.relay import Acknowledgement, Relayer
from proofdesk.privacy import Keyring, Seed


def in_the_clear(desk: Desk, signed: SignedAct) -> str:
    """A record as it is handed in beside its act."""
    kept = desk.archive.read(signed.entry)
    return json.dumps(
        {"v": 1, "entry": kept.entry, "salt": f"0x{kept.salt.hex()}", "record": kept.record.to_json()}
    )


def test_customers_read_in_the_desks_copy_what_it_kept_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with local_stage() as stage:
        stage.deploy(folder=stage.manifests)
        seed(stage)
        leave_keys()
        keyring = Keyring.of(Seed.load(KEYS / "relayer.keys", PASSWORD))
        desk = stage.desk.using(stage.account("relayer"), keyring=keyring)
        face = Seed.new().pseudonym(0)
        customer = stage.desk.using(face.account, keyring=Keyring.of(face))
        # Somebody else carries the first words: the relayer has to open what it did not seal itself.
        opened = customer.tickets.sign_open(lane="payments", content="Where is my card?")
        stage["keeper"].tickets.carry(opened)
        elsewhere = Desk.connect(
            stage.w3, deployment=stage.deployment, account=face.account, keyring=Keyring.of(face),
            store=MemoryStore(),
        )  # fmt: skip
        reply = elsewhere.tickets.sign_reply(opened.ticket_id, "I need it on Monday.")
        with Relayer(desk, tmp_path / "relay.db") as relayer:
            (answer,) = relayer.submit([reply], [in_the_clear(elsewhere, reply)])
            assert isinstance(answer, Acknowledgement), answer
            relayer.step(flush=True)
        history = customer.tickets.history(opened.ticket_id)
        words = [entry.record and entry.record.body for entry in history]
        assert words == ["Where is my card?", "I need it on Monday."]
        # It opens first words, which name the reader of later ones, and not what agents write.
        served = next(act.ticket_id for act in desk.tickets.acts() if act.kind is Actor.AGENT)
        first, *later = (entry.record is not None for entry in desk.tickets.history(served))
        assert first and later and not any(later)
