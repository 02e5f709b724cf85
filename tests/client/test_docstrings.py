"""Every example in the package's docstrings runs, on a live chain, each as if it were alone."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from eth_account import Account

import proofdesk
import proofdesk.live
import proofdesk.proof
import proofdesk.sending
import proofdesk.signed
from proofdesk import Desk, Sender, Status, verify_inclusion
from proofdesk.sending.journal import Entry, JournalFile
from tests.client.office import Office, account

PACKAGES = (proofdesk, proofdesk.live, proofdesk.proof, proofdesk.sending, proofdesk.signed)
MODULES = [
    f"{package.__name__}.{module.name}"
    for package in PACKAGES
    for module in iter_modules(package.__path__)
    if not module.ispkg
]


def _examples() -> Iterator[doctest.DocTest]:
    for name in MODULES:
        module = import_module(name)
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples:
                yield test


@pytest.mark.parametrize("test", list(_examples()), ids=lambda test: test.name)
def test_example(
    test: doctest.DocTest, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ticket = office.opened()
    if re.search(r"taken[,)]", "".join(example.source for example in test.examples)):
        office.agent.tickets.take(ticket)
    test.globs |= {
        "Account": Account,
        "Desk": Desk,
        "Sender": Sender,
        "Status": Status,
        "datetime": datetime,
        "timedelta": timedelta,
        "timezone": timezone,
        "verify_inclusion": verify_inclusion,
        "w3": office.w3,
        "url": office.chain.url,
        "manifest": office.deployment,
        "desk": office.desk,
        "customer": office.customer,
        "account": office.newcomer,
        "agent": office.agent,
        "certifier": office.certifier,
        "supervisor": office.supervisor,
        "newcomer": office.newcomer.address,
        "ticket": ticket,
        "journal": JournalFile(tmp_path / "journal"),
        "entry": Entry(31337, account(0).address, 7, None, b"", 0, 90_000, {}, ("0x1",), ("0x02",)),
        "taken": office.desk.tickets.get(ticket),
    }
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    output: list[str] = []
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_every_public_name_is_explained() -> None:
    for name in proofdesk.__all__:
        value = getattr(proofdesk, name)
        assert value.__doc__, name
        for member, method in vars(value).items() if isinstance(value, type) else ():
            if not member.startswith("_") and callable(method):
                assert inspect.getdoc(method), f"{name}.{member}"
