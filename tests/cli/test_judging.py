"""`proofdesk relay judge` of several words at once: what one waited for is looked at with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from eth_account import Account

from proofdesk import Status
from proofdesk.ops.relay import Acknowledgement
from proofdesk.ops.relay.acknowledgement import typed_data
from proofdesk.signed.signing import sign_move, sign_open
from tests.cli.counter import Counter
from tests.relay.people import coming

FOUND = 1


def test_who_gave_his_word_for_both_is_not_excused_by_the_one(counter: Counter) -> None:
    customer, relayer = Account.create(), Account.create()
    opened = sign_open(counter.deployment, customer, lane=1, entry=bytes(31) + b"\x01")
    note = sign_move(
        counter.deployment, customer, ticket=coming(opened, 1), to=Status.NEW, entry=bytes(31) + b"\x02"
    )
    now, words = int(counter.desk().now().timestamp()), []
    for act in (opened, note):
        word = Acknowledgement(act.digest, relayer.address, act.chain_id, act.desk, now, now + 300, "")
        signature = relayer.sign_typed_data(full_message=typed_data(word)).signature
        words.append(json.dumps(replace(word, signature="0x" + signature.hex().removeprefix("0x")).to_json()))
    Path("acts.jsonl").write_text(f"{opened.to_json()}\n{note.to_json()}\n")
    Path("words.jsonl").write_text("\n".join(words) + "\n")
    Path("second.json").write_text(words[1])
    counter.pass_time(timedelta(minutes=10))

    together = counter.run("relay judge words.jsonl acts.jsonl --json")
    assert together.code == FOUND, together
    assert [each["excuse"] for each in together.json] == [None, None]
    alone = counter.run("relay judge second.json acts.jsonl --json")
    assert alone.code == FOUND, alone
    assert [each["excuse"] for each in alone.json] == ["UnknownTicket"]
