"""Customers who have a key and nothing else, and the desk's relayer, which carries what they sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from demo.show import held, refused, say
from demo.stage import Stage
from proofdesk import SignedAct
from proofdesk.ops.clear_signing import in_words
from proofdesk.ops.relay import Acknowledgement, Allowance, Limits, Promise, Refusal, Relayer, judge

CUSTOMERS = 18


class Gasless:
    """What customers do without gas; `carried` are their acts, in the order in which they were signed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._relayer = Relayer(
            stage["relayer"],
            stage.chain.folder / "relay.db",
            # A day's work of eighteen customers is done here in seconds.
            limits=Limits(allowance=Allowance(acts=500, gas=200_000_000)),
        )
        self.carried: list[SignedAct] = []
        self.refused = 0

    def carry(self, acts: Sequence[SignedAct]) -> None:
        """Hand acts to the relayer and see them on chain; raises AssertionError for one that is refused."""
        for act, answer in zip(acts, self._relayer.submit(acts), strict=True):
            assert isinstance(answer, Acknowledgement), f"{act!r}: {answer}"
        counts = self._relayer.counts()
        while counts["queued"] + counts["sent"]:
            self._relayer.step(flush=True)
            counts = self._relayer.counts()
        assert not counts["refused"], f"{counts['refused']} acts were refused after all"
        self.carried += acts

    def show_one(self, act: SignedAct) -> None:
        """Show what a customer's wallet showed, and what the relayer's word for his act was worth."""
        say("Before it signs, a customer's wallet shows in words:")
        for line in in_words(act):
            say(f"  │ {line}")
        (answer,) = self._relayer.submit([act])
        assert isinstance(answer, Acknowledgement)
        moment = datetime.fromtimestamp(answer.include_by, timezone.utc)
        say(f"The relayer signed that it has it, and that it is on chain by {moment:%H:%M:%S} UTC")
        judged = judge(answer, act, self._stage.desk)
        assert judged.promise is Promise.KEPT, judged
        held("the chain says that it kept its word")

    def expect(self, error: str, attempt: str, sign: Callable[[], SignedAct]) -> None:
        """Sign what must not be possible: it is refused with this error before any gas is spent."""
        before = self._stage.desk.node.height()
        (answer,) = self._relayer.submit([sign()])
        assert isinstance(answer, Refusal), f"{attempt}: was not refused"
        assert answer.error == error, f"{attempt}: expected {error}, was refused with {answer}"
        assert self._stage.desk.node.height() == before, f"{attempt}: somebody paid for it"
        refused(f"{attempt} (the relayer refuses, and pays nothing)", answer.words)
        self.refused += 1

    def figures(self) -> tuple[int, int]:
        """In how many transactions the acts were carried, and gas for an act."""
        fates = [self._relayer.fate(act.digest) for act in self.carried]
        hashes = {fate.tx_hash for fate in fates if fate is not None}
        receipts = self._stage.desk.node.batch([("eth_getTransactionReceipt", [tx]) for tx in hashes])
        return len(hashes), sum(int(receipt["gasUsed"], 16) for receipt in receipts) // len(self.carried)

    def have_paid_nothing(self) -> None:
        """See that no customer ever had anything or sent anything; raises AssertionError otherwise."""
        node, customers = self._stage.desk.node, {act.signer for act in self.carried}
        for address in customers:
            for question in ("eth_getBalance", "eth_getTransactionCount"):
                assert int(node.request(question, address, "latest"), 16) == 0, f"{address}: {question}"
        held(f"{len(customers)} customers: {len(self.carried)} acts, 0 ETH, 0 transactions of their own")

    def close(self) -> None:
        """End the relayer."""
        self._relayer.close()
