"""What a wallet shows of an act, by the descriptor: words and moments, no numbers that stand for them."""

from __future__ import annotations

import pytest

from proofdesk.ops.clear_signing import in_words
from proofdesk.signed import TypedAct

WHO, TICKET, ENTRY = "0x" + 40 * "1", "0x" + 64 * "2", "0x" + 64 * "3"


@pytest.mark.parametrize(
    ("act", "message", "lines"),
    [
        (
            "open",
            {"customer": WHO, "lane": 3},
            ["Open a ticket in lane 3", "Customer: 0x11111111…1111", "Lane: 3"],
        ),
        (
            "take",
            {"agent": WHO, "ticketId": TICKET, "certificateId": 7},
            [
                "Take ticket 0x22222222…2222",
                "Agent: 0x11111111…1111",
                "Ticket: 0x22222222…2222",
                "Certificate: 7",
            ],
        ),
        (
            "move",
            {"actor": WHO, "ticketId": TICKET, "from": 5, "to": 9, "seen": 4},
            [
                "Close ticket 0x22222222…2222, now Resolved",
                "Ticket: 0x22222222…2222",
                "Status now: Resolved",
                "Step: Close ticket",
                "By: 0x11111111…1111",
            ],
        ),
        (
            "rate",
            {"customer": WHO, "ticketId": TICKET, "score": 4},
            [
                "Rate ticket 0x22222222…2222 with 4 of 5",
                "Customer: 0x11111111…1111",
                "Ticket: 0x22222222…2222",
                "Score, 1 to 5: 4",
            ],
        ),
    ],
)
def test_an_act_in_words(act: str, message: dict[str, int | str], lines: list[str]) -> None:
    typed = TypedAct(act, 31337, WHO, message | {"entry": ENTRY, "deadline": 1_769_860_800})
    assert in_words(typed) == [*lines, "Valid until: 31 January 2026, 12:00 UTC"]


def test_a_moment_that_no_calendar_has_is_shown_by_its_number() -> None:
    message = {"customer": WHO, "lane": 1, "entry": ENTRY, "deadline": 2**53 - 1}
    assert in_words(TypedAct("open", 31337, WHO, message))[-1] == "Valid until: 9007199254740991"
