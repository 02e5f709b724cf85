"""A valid record that tests change one member of."""

from __future__ import annotations

from typing import Any

from proofdesk._records import Attachment

TICKET = "0x" + 64 * "a"
ENTRY = "0x" + 64 * "b"


def valid(**changes: Any) -> dict[str, Any]:
    """A valid record's JSON with some members changed; None takes one out."""
    record = {
        "v": 1,
        "kind": "reply",
        "ticket": TICKET,
        "after": ENTRY,
        "author": "Ann",
        "created_at": "2026-01-31T12:00:00Z",
        "channel": "chat",
        "lang": "zh-CN",
        "subject": "退款",
        "body": "您好，请问退款什么时候到账？",
        "attachments": [Attachment.of("receipt.pdf", "application/pdf", b"paid").to_json()],
        "data": {"amount": "0.1", "items": [1, True, None, {"sku": "A-1"}]},
    }
    return {name: value for name, value in (record | changes).items() if value is not None}
