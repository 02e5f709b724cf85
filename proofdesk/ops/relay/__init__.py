"""The relayer: takes acts that were signed without gas, promises when they will be on chain, carries them.

    from proofdesk.ops.relay import Relayer

    with Relayer(desk, "relay.db") as relayer:
        answers = relayer.submit([signed])
        relayer.step(flush=True)
        print(relayer.fate(signed.digest).stage)

`http.asgi` puts it behind HTTP, `folder.watch_folder` behind a folder, and `RelayClient` asks one that is
elsewhere; docs/gasless.md says what is promised.

Names are found when they are first used: who only hands acts in, or judges a promise, needs no SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofdesk._shell import found_late

if TYPE_CHECKING:
    from proofdesk.ops.relay.acknowledgement import Acknowledgement
    from proofdesk.ops.relay.answers import Answer, Fate, Refusal, Stage
    from proofdesk.ops.relay.carrier import Batching, Round
    from proofdesk.ops.relay.client import (
        FalseAcknowledgement,
        NoRelayer,
        RelayClient,
        RelayerError,
        RelayerSilent,
    )
    from proofdesk.ops.relay.judging import Judgement, Promise, judge
    from proofdesk.ops.relay.limits import Allowance, Limits
    from proofdesk.ops.relay.records import RefusedRecord
    from proofdesk.ops.relay.relayer import Relayer

__all__ = [
    "Acknowledgement",
    "Allowance",
    "Answer",
    "Batching",
    "FalseAcknowledgement",
    "Fate",
    "Judgement",
    "Limits",
    "NoRelayer",
    "Promise",
    "Refusal",
    "RefusedRecord",
    "RelayClient",
    "Relayer",
    "RelayerError",
    "RelayerSilent",
    "Round",
    "Stage",
    "judge",
]

_HOMES = ("acknowledgement", "judging", "answers", "client", "limits", "records", "carrier", "relayer")

__getattr__, __dir__ = found_late(__name__, __all__, _HOMES)
