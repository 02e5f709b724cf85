"""What is private, and what anyone can check: sealed records, an erasure, a proof file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from demo.gasless import Gasless
from demo.readers import SUPERVISOR, keyring, seed
from demo.show import held, refused, say
from demo.stage import Stage
from proofdesk import Actor, ContentErased, ContentSealed, Desk, ProofdeskError
from proofdesk.anchors.queue import proof_of
from proofdesk.ops.anchoring import Anchorer
from proofdesk.ops.audit import audit
from proofdesk.ops.rewrapping import rewrap_all
from proofdesk.privacy import Ground, Keyring, MalformedLink, Scope, link, verify_link
from proofdesk.proof import ProofFailed, ProofFile, verify_file

LANE, AGENT, PROGRAM = "public", "Dana", "order-support"
LEAVER, STRANGER, OMBUDSMAN = "Emil", "customer 17", "customer 16"
PURPOSE = "for the ombudsman, about my two complaints"
ASKED = "My doctor's bill stood in the parcel that you lost."
NOTED = "He calls often; be kind."
SAID = "Was it found?"
WORDS = (ASKED, NOTED, SAID)


class Privacy:
    """The act, scene by scene; each raises AssertionError where something was not as promised."""

    def __init__(self, stage: Stage, gasless: Gasless) -> None:
        self.stage = stage
        self.gasless = gasless
        self.faces = [seed("a customer of two complaints").pseudonym(number) for number in range(2)]
        self.customers = [stage.desk.using(face.account, keyring=Keyring.of(face)) for face in self.faces]
        self.tickets: list[str] = []

    def scenes(self) -> tuple[Callable[[], None], ...]:
        """All of it, in its order."""
        return (
            self.talk, self.link, self.look_from_outside, self.open_and_close, self.anchor, self.prove,
            self.leave, self.erase, self.audit,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------- who reads

    def talk(self) -> None:
        """A customer of two pseudonyms, who has no ether, is served under both."""
        stage, agent = self.stage, self.stage[AGENT]
        words = (ASKED, "The lamp is loud.")
        signed = [
            customer.tickets.sign_open(lane=LANE, content={"channel": "chat", "body": body})
            for customer, body in zip(self.customers, words, strict=True)
        ]
        self.gasless.carry(signed)
        self.tickets = [act.ticket_id for act in signed]
        first = self.tickets[0]
        certificate = stage.certificate(AGENT, PROGRAM)
        stage[SUPERVISOR].tickets.assign(self.tickets, [certificate] * 2)
        agent.tickets.note(first, NOTED)
        self.gasless.carry([self.customers[0].tickets.sign_reply(first, "It was a red box.")])
        self.customers[0].records.message(first, SAID)
        agent.records.message(first, "We are looking.")
        for body in ("It is in Lublin.", "You will have it tomorrow."):
            agent.records.message(first, body)

        one, other = self.customers
        read, sealed = self._seen(one, first)
        assert (read, sealed) == (3, 1), f"the customer reads {read} records, and {sealed} not"
        assert [message.record is not None for message in one.records.messages(first)] == [True] * 4
        held("one seed, two pseudonyms: each reads its own ticket and four chat messages, but not the note")
        assert self._seen(other, first)[0] == 0, "the other pseudonym's key reads this ticket"
        held("neither pseudonym's key opens what was written to the other")

    def link(self) -> None:
        """The customer alone can show that both are one person's, to whom and for what he says."""
        scope = Scope.of(self.stage.deployment)
        linked = link(self.faces, scope, PURPOSE)
        assert set(verify_link(linked.to_json(), scope, PURPOSE)) == {face.address for face in self.faces}
        held("the customer shows the ombudsman that both are one person's, by a signature of each")
        self._fails(MalformedLink, "somebody shows it for another purpose",
                    lambda: verify_link(linked, scope, "for advertising"))  # fmt: skip

    def look_from_outside(self) -> None:
        """Somebody who has all of the store, and the chain, and no key."""
        stage = self.stage
        thief = stage.desk.using(stage.account(STRANGER), keyring=keyring(STRANGER))
        files = [path.read_bytes() for path in stage.folder.rglob("*") if path.is_file()]
        assert not any(word.encode() in content for word in WORDS for content in files)
        verified = thief.tickets.verify_all()
        assert verified.records == 0, f"a stranger reads {verified.records} records"
        held(
            f"a thief of all {len(files):,} files of the store reads no record of any of {verified.sealed:,} "
            "acts, and can check each of them"
        )

    # --------------------------------------------------------------------------------------- who comes, goes

    def open_and_close(self) -> None:
        """A ticket is opened to an ombudsman, and closed again; the log says so."""
        stage, ticket = self.stage, self.tickets[0]
        stage[OMBUDSMAN].keys.publish()
        granted = stage[SUPERVISOR].records.grant(ticket, stage.address(OMBUDSMAN))
        assert self._seen(stage[OMBUDSMAN], ticket) == (4, 0)
        held(
            f"a supervisor opens the ticket to an ombudsman: {granted.records} records, chat messages among "
            "them, are sealed to him too"
        )
        stage[SUPERVISOR].records.revoke(ticket, stage.address(OMBUDSMAN))
        assert self._seen(stage[OMBUDSMAN], ticket) == (0, 4)
        held("and closes it: he reads nothing of it any more, but what he has kept")

    def leave(self) -> None:
        """An agent leaves: certificates resigned, the role's key rotated, every record re-wrapped."""
        stage = self.stage
        before = self._seen(stage[LEAVER], self.tickets[0])[0]
        assert before == 4, f"{LEAVER} reads {before} of 4 records while he is an agent"
        left = stage[LEAVER].records.leave()
        for role in left.roles:
            rotated = stage[SUPERVISOR].keys.rotate(role, without=[stage.address(LEAVER)])
            assert rotated.role.version == 2
        done = rewrap_all(stage[SUPERVISOR])
        assert not done.unreadable, f"{done.unreadable} records were not re-wrapped"
        assert self._seen(stage[LEAVER], self.tickets[0])[0] == 0
        assert self._seen(stage[AGENT], self.tickets[0])[0] == 4
        held(
            f"{LEAVER} leaves: the agents' key is a new one, all {done.rewrapped:,} records that agents "
            "read are sealed to it, and he reads none; what he did still verifies"
        )
        log = stage[SUPERVISOR].records.check_access()
        told = ", ".join(str(access.action) for access in log)
        held(f"the access log has {len(log)} signed entries: {told}")

    # ----------------------------------------------------------------------------------------------- proofs

    def anchor(self) -> None:
        """Messages cost no transaction each: one dates all of them, and the entries of the access log."""
        step = Anchorer(self.stage["keeper"], age=timedelta(0)).step()
        messages = self.customers[0].records.messages(self.tickets[0])
        assert step.waiting == 0
        assert all(proof_of(self.stage.store, message.entry) for message in messages)
        held(f"one transaction dates {step.values} chat messages and entries of the access log")

    def prove(self) -> None:
        """A file proves the ticket to who trusts a block's hash, and nothing else."""
        self.file = self.customers[0].proofs.make(self.tickets[0])
        content = self.file.dump()
        proven = verify_file(content, block_hash=self._hash_of(self.file))
        said = [str(statement) for statement in proven.statements()]
        assert any(ASKED in sentence for sentence in said)
        assert not any(NOTED in sentence for sentence in said)
        held(f"a proof file of {len(content) // 1024} KiB, verified offline against a block's hash, says:")
        for sentence in (said[2], said[-1]):
            say(f"  │ {sentence}")
        opening = self.file.openings[0]
        record = replace(opening.record, body="You promised me twice the price.")
        forged = replace(self.file, openings=(replace(opening, record=record), *self.file.openings[1:]))
        for forgery, attempt in (
            ("one sentence in it is changed", lambda: verify_file(forged)),
            ("it is compared with another block", lambda: verify_file(content, block_hash=bytes(32))),
        ):
            self._fails(ProofFailed, forgery, attempt)

    def erase(self) -> None:
        """The customer withdraws his consent: what he wrote is destroyed, and the log says so for ever."""
        stage, ticket = self.stage, self.tickets[0]
        opening = stage.desk.tickets.acts(ticket)[0].entry
        self.backup = opening, stage.store.get(opening)
        stage[SUPERVISOR].records.erase(ticket, ground=Ground.CONSENT_WITHDRAWN)
        gone = [entry.problem for entry in self.customers[0].tickets.history(ticket)]
        erased = [problem for problem in gone if isinstance(problem, ContentErased)]
        assert len(erased) == 4, gone
        say("The customer withdraws his consent, and asks for what was written; it says now:")
        say(f"  │ {erased[0]}")
        verified = stage.desk.tickets.verify_all()
        self.erased = verified.erased
        assert self.erased == len(erased)
        held("all of the desk verifies still: the hashes and places of what was erased are where they were")
        verify_file(self.file, block_hash=self._hash_of(self.file))
        held("the file that the customer kept proves what it proved: he has his own words, the desk has not")
        later = self.customers[0].proofs.make(ticket)
        (erasure,) = verify_file(later, block_hash=self._hash_of(later)).erasures
        assert erasure.ground == Ground.CONSENT_WITHDRAWN.value
        held("a file that is made now proves who erased what, when and on which ground")

    def audit(self) -> None:
        """An audit of the whole desk finds nothing; then a backup brings back what was erased."""
        stage = self.stage
        Anchorer(stage["keeper"]).step(everything=True)
        found = audit(stage.desk)
        assert found.ok, found.first
        (entry, content), counts = self.backup, found.counts
        last = stage[SUPERVISOR].records.check_access()[-1]
        assert (last.number, last.action) == (counts["access log"], "erase")
        held(
            f"an audit of {counts['acts']:,} acts, {counts['opened']:,} records with all of their readers, "
            f"{counts['erased']} erasures and {counts['access log']} entries of the access log, "
            "the last of which tells of the erasure: no difference"
        )
        acts = stage.desk.tickets.acts()
        named = len({act.entry for act in acts if act.kind is not Actor.ANYONE}) - self.erased
        exams = counts["opened"] - named - counts["access log"]
        say(
            f"Of these records {named:,} are of acts, {exams} of exams, the rest of the access log; a claim "
            "that is judged at once has one record for two acts. Of what was erased "
            f"{counts['erased'] - self.erased} are chat messages"
        )
        tombstone = stage.store.get(entry)
        stage.store.put(entry, content)
        refused("a backup brings back what was erased; the next audit says", str(audit(stage.desk).first))
        stage.store.put(entry, tombstone)

    # --------------------------------------------------------------------------------------------- internal

    def _hash_of(self, file: ProofFile) -> bytes:
        """A block's hash as its reader gets it: from a node that he trusts."""
        return bytes(self.stage.w3.eth.get_block(file.block.number)["hash"])

    @staticmethod
    def _seen(desk: Desk, ticket: str) -> tuple[int, int]:
        """Of a ticket's records those that somebody reads, and those that are sealed to others."""
        history = desk.tickets.history(ticket)
        sealed = sum(isinstance(entry.problem, ContentSealed) for entry in history)
        return sum(entry.record is not None for entry in history), sealed

    @staticmethod
    def _fails(error: type[ProofdeskError], attempt: str, act: Callable[[], object]) -> None:
        try:
            act()
        except error as found:
            refused(attempt, str(found))
        else:
            raise AssertionError(f"{attempt}: was not noticed")
