"""Every error of sealed records, stores and proof files ends the command with a code of its own kind."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest

from proofdesk._errors import ContentErased, ContentSealed, ContractRevert, ProofdeskError
from proofdesk.cli._failures import BUG, INTEGRITY, REFUSED, SETUP, USAGE, code_of, message_of
from proofdesk.cli._privacy_texts import in_commands
from proofdesk.ops.relay.records import RefusedRecord

PACKAGES = ("proofdesk.privacy", "proofdesk.stores", "proofdesk.proof")
CODES = {
    "AccessLogBroken": INTEGRITY,
    "InvalidKey": USAGE,
    "MalformedKey": USAGE,
    "MalformedLink": USAGE,
    "MalformedProof": USAGE,
    "MalformedSealed": INTEGRITY,
    "NoReaders": USAGE,
    "ProofFailed": INTEGRITY,
    "RefusedRecord": USAGE,
    "SealedMismatch": INTEGRITY,
    "StoreUnavailable": SETUP,
}
ENTRY = "0x" + 64 * "1"


def errors() -> Iterator[type[ProofdeskError]]:
    """Every error that a module of these packages defines, and the relayer's of records."""
    yield RefusedRecord
    for name in PACKAGES:
        package = import_module(name)
        for found in iter_modules(package.__path__, f"{name}."):
            module = import_module(found.name)
            yield from (
                value
                for value in vars(module).values()
                if isinstance(value, type)
                and issubclass(value, ProofdeskError)
                and value.__module__ == found.name
            )


@pytest.mark.parametrize("kind", sorted(set(errors()), key=str))
def test_has_an_exit_code(kind: type[ProofdeskError]) -> None:
    error = kind.__new__(kind)
    code = code_of(error)
    assert code != BUG
    if kind.__name__ in CODES:
        assert code == CODES[kind.__name__]


def test_all_that_are_named_are_there() -> None:
    assert set(CODES) <= {kind.__name__ for kind in errors()}


def test_of_the_core() -> None:
    assert code_of(ContentSealed(ENTRY)) == SETUP
    assert code_of(ContentErased(ENTRY, ENTRY)) == INTEGRITY
    assert code_of(ContractRevert("WrongVersion(1)")) == REFUSED


def test_messages_name_commands_and_no_calls() -> None:
    assert "--keys FILE" in message_of(ContentSealed(ENTRY))
    told = in_commands("see desk.keys.members, desk.keys.rotate; connect with keyring= of somebody")
    assert told == "see proofdesk key roles, proofdesk key rotate; connect with --keys FILE of somebody"
