"""The descriptors by the rules of ERC-7730, version 2, as far as they use them: written down from its text.

Stricter than its schema where wallets are: an address without types is refused by the registry's own check.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from proofdesk.ops.clear_signing import DESCRIPTORS, NAMES

FILES: dict[str, dict[str, Any]] = {
    name: json.loads((DESCRIPTORS / f"eip712-{name}.json").read_text(encoding="utf-8")) for name in NAMES
}
TEXT = {"type": "string", "minLength": 1}
# Words that a small screen may cut, and how much of them it shows.
SHORT = {"intent": 30, "label": 20}


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object of these members and no other."""
    members = required | (optional or {})
    return {
        "type": "object",
        "properties": members,
        "required": list(required),
        "additionalProperties": False,
    }


def field(format_: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """A field of a format, with what the format asks for."""
    said = {"path": TEXT, "label": TEXT | {"maxLength": SHORT["label"]}, "format": {"const": format_}}
    optional = {"visible": {"enum": ["always", "never", "optional"]}}
    return closed(said | ({"params": params} if params else {}), optional)


PEOPLE = {"type": "array", "items": {"enum": ["wallet", "eoa", "contract"]}, "minItems": 1}
FIELD = {
    "oneOf": [
        field("raw"),
        field("tokenTicker"),
        field("addressName", closed({"types": PEOPLE})),
        field("date", closed({"encoding": {"const": "timestamp"}})),
        field("enum", closed({"$ref": {"type": "string", "pattern": r"^\$\.metadata\.enums\.\w+$"}})),
        field("unit", closed({"base": TEXT, "decimals": {"type": "integer"}})),
    ]
}
FORMAT = closed(
    {"intent": TEXT | {"maxLength": SHORT["intent"]}, "fields": {"type": "array", "items": FIELD}},
    {"interpolatedIntent": TEXT},
)
STRUCT = r"[A-Z]\w*\([\w\[\]]+ \w+(,[\w\[\]]+ \w+)*\)"
DEPLOYMENT = closed(
    {"chainId": {"type": "integer"}, "address": {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}}
)
RULES = closed(
    {
        "$schema": {"const": "https://eips.ethereum.org/assets/eip-7730/erc7730-v2.schema.json"},
        "$comment": TEXT,
        "context": closed(
            {
                "$id": TEXT,
                "eip712": closed(
                    {
                        "domain": closed({"name": TEXT, "version": TEXT}),
                        "deployments": {"type": "array", "items": DEPLOYMENT},
                    }
                ),
            }
        ),
        "metadata": closed(
            {"owner": TEXT, "contractName": TEXT},
            {
                "enums": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "propertyNames": {"pattern": r"^\d+$"},
                        "additionalProperties": TEXT,
                    },
                }
            },
        ),
        "display": closed(
            {
                "formats": {
                    "type": "object",
                    "propertyNames": {"pattern": f"^({STRUCT})+$"},
                    "additionalProperties": FORMAT,
                    "minProperties": 1,
                }
            }
        ),
    }
)
Draft202012Validator.check_schema(RULES)


def problems(file: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a descriptor: by its form, then by what one part of it says of another."""
    yield from (each.message for each in Draft202012Validator(RULES).iter_errors(file))
    enums = file["metadata"].get("enums", {})
    for form in file["display"]["formats"].values():
        fields = {each["path"]: each for each in form["fields"]}
        if len(fields) < len(form["fields"]) or len({each["label"] for each in fields.values()}) < len(
            fields
        ):
            yield "a path or a label stands twice"
        for each in fields.values():
            name = each.get("params", {}).get("$ref", "").rpartition(".")[2]
            if name and name not in enums:
                yield f"there is no enum {name}"
        for path in re.findall(r"\{(.*?)\}", form.get("interpolatedIntent", "")):
            # A sentence names what is always shown, and one value: of a list a wallet makes none.
            if path not in fields or fields[path].get("visible", "always") != "always" or "[]" in path:
                yield f"a sentence cannot name {path}"


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_the_rules(name: str) -> None:
    assert list(problems(FILES[name])) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_two_values_look_alike_where_words_are_cut(name: str) -> None:
    for words in FILES[name]["metadata"].get("enums", {}).values():
        assert len({each[: SHORT["label"]] for each in words.values()}) == len(words)


def claim(file: dict[str, Any]) -> Any:
    """What is said of filing a claim."""
    return next(form for key, form in file["display"]["formats"].items() if key.startswith("FileClaim("))


def spoil(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    file = copy.deepcopy(FILES["ClaimDesk"])
    change(file)
    return file


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.pop("$schema"),
        lambda file: file["context"]["eip712"].update(domains={}),
        lambda file: file["metadata"].pop("owner"),
        lambda file: file["metadata"]["enums"].pop("reason"),
        lambda file: file["display"]["formats"].update({"FileClaim": claim(file)}),
        lambda file: claim(file).update(interpolatedIntent="Claim {entry}"),
        lambda file: claim(file).update(interpolatedIntent="Claim {total}"),
        lambda file: claim(file).update(interpolatedIntent="Claim with {evidence.[].kind}"),
        lambda file: claim(file).update(required=["amount"]),
        lambda file: claim(file)["fields"].append(dict(claim(file)["fields"][0])),
        lambda file: claim(file)["fields"][0].pop("params"),
        lambda file: claim(file)["fields"][2].update(format="money"),
        lambda file: claim(file)["fields"][2].update(label="Amount in the smallest units"),
        lambda file: claim(file)["fields"][-1].pop("params"),
    ],
)
def test_what_breaks_a_rule_is_found(change: Callable[[dict[str, Any]], object]) -> None:
    assert list(problems(spoil(change)))
