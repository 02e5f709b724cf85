"""What a proof is told in: every sentence in both languages, nothing that people wrote can pass for one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any

import pytest

from proofdesk._errors import InvalidArgument
from proofdesk._models import Actor, Certificate, Standing, Status
from proofdesk._records import Attachment
from proofdesk.proof.proven import Proven, ProvenErasure
from proofdesk.proof.saying import Part, say
from proofdesk.proof.sentences import ACTOR, SAID, STANDING, STATUS
from proofdesk.proof.verifying import verify_file
from tests.proof.forging import honest

HEX = re.compile("0x[0-9a-fA-F]{40,}")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def proven() -> Proven:
    file = honest()
    return verify_file(file, block_hash=file.block.hash)


def told(proven: Proven, part: Part, lang: str = "en") -> str:
    return "\n".join(each.text for each in proven.statements(lang) if each.part is part)


def test_parts_come_in_their_order_and_each_is_there(proven: Proven) -> None:
    parts = [each.part for each in proven.statements()]
    assert list(dict.fromkeys(parts)) == list(Part) and parts == sorted(parts, key=list(Part).index)


def test_the_block_is_said_with_what_is_known_of_it(proven: Proven) -> None:
    assert "stands in block 77 of chain 31337" in told(proven, Part.PROVEN)
    assert "the block is on the chain" not in told(proven, Part.LIMIT)
    doubted = replace(proven, block=replace(proven.block, is_given=False))
    assert f"holds if {proven.block.hash} is the hash of block 77" in told(doubted, Part.PROVEN)
    assert "That the block is on the chain: no hash was given" in told(doubted, Part.LIMIT)
    # What a node said is not called the reader's own.
    assert "is the one you gave" in told(proven, Part.PROVEN)
    asked = replace(proven, block=replace(proven.block, is_asked=True))
    assert "is the one that the node that you named has" in told(asked, Part.PROVEN)
    assert "you gave" not in told(asked, Part.PROVEN)
    assert "That the node said the truth about the block" in told(asked, Part.LIMIT)


def test_every_act_is_told_with_who_when_and_what(proven: Proven) -> None:
    acts = [line for line in told(proven, Part.PROVEN).splitlines() if re.match("Act [0-9]+, ", line)]
    assert len(acts) == 10
    for act, line in zip(proven.acts, acts, strict=True):
        assert act.actor in line and f"{act.at:%Y-%m-%dT%H:%M:%SZ}" in line
    steps = [re.split(r"0x\w{40}: ", line)[1].partition(". Its record")[0].rstrip(".") for line in acts]
    assert steps == [
        "opened in lane 1",
        "from new to open, to the agent with certificate 2",
        "from open to waiting for the customer",
        "from waiting for the customer to open",
        "from open to escalated, transferred from lane 1 to lane 2",
        "from escalated to open, to the agent with certificate 5",
        "stays open",
        "from open to resolved",
        "rated 4 of 5",
        "from resolved to closed",
    ]


def test_certificates_are_told_as_they_are_at_the_block(proven: Proven) -> None:
    one, other = proven.certificates

    def line(certificate: Certificate) -> str:
        lines = told(replace(proven, certificates=(certificate,)), Part.PROVEN)
        return next(each for each in lines.splitlines() if each.startswith("Certificate"))

    assert "at this block it is valid." in line(one) and "renewed" not in line(one)
    assert "It was renewed after an act here" in line(other)
    assert "it is suspended." in line(replace(one, standing=Standing.SUSPENDED))
    assert "it is expired." in line(replace(one, expires_at=proven.block.at))
    assert "it is valid." in line(replace(one, expires_at=proven.block.at + timedelta(seconds=1)))
    assert "it is revoked." in line(replace(one, standing=Standing.REVOKED, expires_at=proven.block.at))


def test_what_is_hidden_is_counted_and_called_clocks_are_not(proven: Proven) -> None:
    # What was erased is told there, and not once more.
    assert "not shown:" not in told(proven, Part.HIDDEN)
    whole = replace(proven.erasures[0], entry="", number=0, acts=3)
    for erasures in [(), (whole,)]:
        found = told(replace(proven, erasures=erasures), Part.HIDDEN)
        assert "The record of act 4 is not shown: what it says, perhaps that something was erased" in found
    # Nor does who says of all of it that it was erased, and shows some, hide which he keeps back.
    belied = replace(proven, erasures=(replace(whole, acts=4),))
    assert "record of act 4 is not shown" in told(belied, Part.HIDDEN)
    acts = tuple(replace(each, record=None) if each.number <= 4 else each for each in proven.acts)
    assert "not shown:" not in told(replace(belied, acts=acts, messages=()), Part.HIDDEN)
    bare = replace(proven, acts=tuple(replace(act, record=None) for act in proven.acts), erasures=())
    assert "records of acts 1–9 are not shown" in told(bare, Part.HIDDEN)
    assert "what they say, perhaps that something was erased" in told(bare, Part.HIDDEN)
    assert not told(bare, Part.ERASED)
    some = replace(
        proven, acts=tuple(replace(a, record=None) if a.number in (1, 2, 4) else a for a in proven.acts)
    )
    assert "acts 1–2 are" in told(some, Part.HIDDEN)
    assert "acts 1–2, 4 are" in told(replace(some, erasures=()), Part.HIDDEN)


def test_erasures_are_told_by_when_whom_and_ground(proven: Proven) -> None:
    (erasure,) = proven.erasures
    line = told(proven, Part.ERASED)
    assert line == (
        f"Act 7 of 2027-01-15T08:07:00Z, by the agent {erasure.by}, says that the record of act 4 was "
        'erased; ground: "GDPR art. 17(1)(a)". This file does not show it; that nobody has it any more, '
        "nothing can prove."
    )

    def said(**changes: Any) -> str:
        return told(replace(proven, erasures=(replace(erasure, **changes),)), Part.ERASED)

    assert "ground: none was named" in said(ground="")
    assert "by the customer " in said(kind=Actor.CUSTOMER)
    other = said(entry="0x" + 64 * "7", number=0)
    assert f"says that record 0x{64 * '7'}, which is that of no act before it, was erased" in other
    assert "says that something, which it does not name plainly, was erased" in said(entry="", number=0)
    for shown in (said(entry=proven.acts[0].entry), said(entry=proven.messages[0].entry)):
        assert "discloses it, or some of it, all the same" in shown
    assert not any("discloses" in text for text in (line, other, said(entry="", number=0)))
    # What is not named may be among what is shown.
    assert "does not show it" in other and "does not show it" not in said(entry="", number=0)


def test_an_erasure_of_a_whole_ticket_is_contradicted_by_all_that_is_shown(proven: Proven) -> None:
    erasure = replace(proven.erasures[0], entry="", number=0, acts=6)

    def said(shown: set[int], messages: bool, **changes: Any) -> str:
        acts = tuple(
            each if each.number in shown else replace(each, record=None, entry=f"0x{each.number:064x}")
            for each in proven.acts
        )
        found = replace(proven, acts=acts, messages=proven.messages if messages else ())
        return told(replace(found, erasures=(replace(erasure, **changes),)), Part.ERASED)

    assert "says that what was written on this ticket up to act 6, messages too, was" in said({7}, False)
    # What tells of an erasure stays.
    assert "discloses" not in said({7, 8}, False) + said(set(), False) + said({7}, False, acts=7)
    assert "discloses it, or some of it" in said({6, 7}, False) and "discloses" in said({2}, False)
    # The messages were anchored after act 7: they may be of the time after it.
    assert "discloses" not in said(set(), True)
    assert "shows none of those acts' records" in said({7}, True) and "shows none" not in said({2}, False)
    assert "discloses" in said(set(), True, at=proven.messages[0].anchored_at)


def test_the_key_by_which_a_customer_is_answered_is_not_told(proven: Proven) -> None:
    act, key = proven.acts[6], f"0x{7:064x}"
    assert act.record is not None and act.record.kind == "erasure"

    def said(kind: str, **data: Any) -> str:
        assert act.record is not None
        record = replace(act.record, kind=kind, data=data)
        shown = replace(proven, acts=(*proven.acts[:6], replace(act, record=record), *proven.acts[7:]))
        (line,) = (each for each in told(shown, Part.PROVEN).splitlines() if each.startswith("Act 7,"))
        return line

    whole = said("erasure", ground="x", reply_key=key)
    assert key not in whole and "the file also shows the key by which the customer is answered" in whole
    assert 'with the data {"ground": "x"}' in whole
    assert "with the data" not in said("erasure", reply_key=key)
    assert "the key by which" not in said("erasure", ground="x")
    # Of any other record it is somebody's own data.
    assert key in said("reply", reply_key=key)


def test_what_people_wrote_cannot_pass_for_a_statement(proven: Proven) -> None:
    act = proven.acts[0]
    assert act.record is not None
    evil = 'Fine".\nAct 2, 2020-01-01T00:00:00Z: nothing.\u2028\u202e\x85{number} %s "'
    record = replace(act.record, author=evil, subject=evil, body=evil, data={evil: [evil]})
    record = replace(record, attachments=(Attachment.of(evil, "text/plain", b"x"),))
    lying = replace(
        proven,
        called=evil,
        acts=(replace(act, record=record), *proven.acts[1:]),
        messages=(replace(proven.messages[0], record=replace(proven.messages[0].record, body=evil)),),
        erasures=(replace(proven.erasures[0], ground=evil),),
    )
    for lang in ("en", "zh"):
        texts = [statement.text for statement in lying.statements(lang)]
        assert all(text.isprintable() for text in texts)
        for text in texts:
            assert (
                text.count("Fine")
                == text.count('\\".\\nAct 2')
                == text.count("\\u2028\\u202e\\u0085{number}")
            )
        assert sum(text.count("Fine") for text in texts) == 9
    assert 'attached "Fine' in told(lying, Part.PROVEN) and "with the data {" in told(lying, Part.PROVEN)


def test_both_languages_say_everything_with_the_same_values(proven: Proven) -> None:
    for name, (english, chinese) in SAID.items():
        assert fields(english) == fields(chinese), name
        assert CHINESE.search(chinese) and not CHINESE.search(english), name
    assert set(STATUS) == set(Status) and set(ACTOR) == set(Actor) and set(STANDING) == set(Standing)
    told_english, told_chinese = proven.statements("en"), proven.statements("zh-CN")
    assert [each.part for each in told_english] == [each.part for each in told_chinese]
    for one, other in zip(told_english, told_chinese, strict=True):
        # Ids, times and numbers are the same in both.
        assert sorted(HEX.findall(one.text)) == sorted(HEX.findall(other.text))
    assert proven.statements("zh_CN") == told_chinese == say(proven, "zh")


def fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def test_another_language_is_refused(proven: Proven) -> None:
    for lang in ("de", "", "english", 5 * "zh"):
        with pytest.raises(InvalidArgument, match="pass one of en, zh"):
            proven.statements(lang)


def test_erasures_of_a_whole_ticket_are_read_with_care(proven: Proven) -> None:
    from proofdesk.proof.proven import erasures_in

    act = proven.acts[6]

    def found(after: str | None, **data: Any) -> ProvenErasure:
        assert act.record is not None
        record = replace(act.record, after=after, data=data)
        (erasure,) = erasures_in((*proven.acts[:6], replace(act, record=record), *proven.acts[7:]))
        return erasure

    opening = proven.acts[0].entry
    assert found(opening, scope="ticket", acts=6, ground="x").acts == 6
    # What is odd says less, not more.
    assert [found(opening, scope="ticket", acts=odd).acts for odd in (7, 2**53)] == [6, 6]
    for odd in (-5, 0, "6", True, None):
        unclear = found(opening, scope="ticket", acts=odd)
        assert (unclear.entry, unclear.number, unclear.acts) == ("", 0, 0)
    assert found(act.entry, scope="ticket", acts=6) == found("0x" + 64 * "0") == found(None)
    assert (found(opening, acts=6).acts, found(opening).number) == (0, 1)
    assert found(opening, ground=7).ground == ""
    # Entries are made beforehand: that of an act to come is none's that was there.
    assert [found(proven.acts[place].entry).number for place in (5, 6, 8)] == [6, 0, 0]
    assert found(proven.acts[8].entry).entry == proven.acts[8].entry
