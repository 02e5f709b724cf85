"""The relayer: takes acts that were signed without gas, promises when they will be on chain, carries them.

    from proofdesk.ops.relay import Relayer

    with Relayer(desk, "relay.db") as relayer:
        answers = relayer.submit([signed])
        relayer.step(flush=True)
        print(relayer.fate(signed.digest).stage)

`http.asgi` puts it behind HTTP, `folder.Folder` behind a folder; docs/gasless.md says what is promised.
"""

from __future__ import annotations

from proofdesk.ops.relay.acknowledgement import Acknowledgement, Judgement, Promise, judge
from proofdesk.ops.relay.answers import Answer, Fate, Refusal, Stage
from proofdesk.ops.relay.carrier import Batching, Round
from proofdesk.ops.relay.limits import Allowance, Limits
from proofdesk.ops.relay.records import RefusedRecord
from proofdesk.ops.relay.relayer import Relayer

__all__ = [
    "Acknowledgement",
    "Allowance",
    "Answer",
    "Batching",
    "Fate",
    "Judgement",
    "Limits",
    "Promise",
    "Refusal",
    "RefusedRecord",
    "Relayer",
    "Round",
    "Stage",
    "judge",
]
