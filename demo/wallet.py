"""A wallet's view of an act before it is signed, by the desk's ERC-7730 descriptor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from proofdesk.ops.clear_signing import TEMPLATE
from proofdesk.signed import TypedAct
from proofdesk.signed.typed_data import TYPES


def shown(act: TypedAct) -> Iterator[str]:
    """The lines that a wallet shows: what is done, then each field in words.

    What the descriptor leaves to machines is left out, as on a small screen.
    """
    descriptor = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    form = descriptor["display"]["formats"][TYPES[act.act]]
    fields = [field | _found(descriptor, field.get("$ref")) for field in form["fields"]]
    words = {field["path"]: _words(descriptor, field, act.message[field["path"]]) for field in fields}
    yield re.sub(r"\{(\w+)\}", lambda found: words[found[1]], form["interpolatedIntent"])
    for field in fields:
        if field.get("visible") != "optional":
            yield f"{field['label']}: {words[field['path']]}"


def _words(descriptor: Mapping[str, Any], field: Mapping[str, Any], value: int | str) -> str:
    if field["format"] == "enum":
        return str(_found(descriptor, field["params"]["$ref"])[str(value)])
    if field["format"] == "date":
        return datetime.fromtimestamp(int(value), timezone.utc).strftime("%d %B %Y, %H:%M UTC")
    text = str(value)
    return f"{text[:10]}…{text[-4:]}" if text.startswith("0x") else text


def _found(descriptor: Mapping[str, Any], place: str | None) -> Any:
    """What stands at a place such as $.metadata.enums.status."""
    found: Any = descriptor if place else {}
    for name in (place or "$").split(".")[1:]:
        found = found[name]
    return found
