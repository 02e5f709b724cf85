"""The table [relay] of a config is read as it stands, or refused naming file, key, value and what may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofdesk._errors import ConfigurationError
from proofdesk.ops.config import load
from proofdesk.ops.relay_terms import RelayTerms, read_relay
from tests.ops.conftest import CONFIG

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def read(folder: Path, text: str) -> RelayTerms:
    (folder / "acme.toml").write_text(text, encoding="utf-8")
    return read_relay(folder / "acme.toml")


def test_without_the_table_all_is_as_usual(tmp_path: Path) -> None:
    assert read(tmp_path, "") == read(tmp_path, "[relay]\n") == RelayTerms()


def test_what_the_table_says(tmp_path: Path) -> None:
    text = '[relay]\nspending_per_hour = 0.1\nwindow = "2h"\nbatch = 7\nconfirmations = 3\n'
    text += f'[relay.allowances]\n"{ADDRESS.lower()}" = 5\n"0x{40 * "1"}" = "unlimited"\n'
    terms = read(tmp_path, text)
    # Exact, though no float is a tenth.
    assert (terms.wei_per_hour, terms.window, terms.batch, terms.confirmations) == (10**17, 7200, 7, 3)
    assert terms.allowances == {ADDRESS: 5, "0x" + 40 * "1": None}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("allowance = 0", "relay.allowance is 0: write a whole number from 1"),
        ("allowence = 1", "relay.allowence is not known here: allowance, allowance_gas,"),
        ("spending_per_hour = 0", "relay.spending_per_hour is 0: write an amount of the chain's currency"),
        ("spending_per_hour = true", "relay.spending_per_hour is True"),
        ("spending_per_hour = '1'", "relay.spending_per_hour is '1'"),
        ("window = 60", "relay.window is 60: write a span such as"),
        ("include_within = '2d'", "relay.include_within is '2d'"),
        ("keep = '23h'", "relay.keep is '23h': write a span such as '30m', '4h' or '2d', from 1d to 3650d"),
        ("batch = 201", "relay.batch is 201: write a whole number from 1 to 200"),
        ("smart_account_gas = 500000", "relay.smart_account_gas is 500000"),
        ("confirmations = 'finalized'", "relay.confirmations is 'finalized': write a whole number"),
        ("allowances = 1", "relay.allowances is 1: write a table"),
        ("[relay.allowances]\nAda = 5", "relay.allowances.Ada is 'Ada': write an address"),
        (f'[relay.allowances]\n"{ADDRESS}" = "many"', "is 'many': write a whole number"),
        ("more = 1", "relay.more is not known here"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, f"[relay]\n{line}\n")
    assert str(caught.value).startswith(f"{tmp_path / 'acme.toml'}: ")
    assert said in str(caught.value)


def test_whoever_reads_the_config_is_told(tmp_path: Path) -> None:
    """So that a mistake shows when the desk is deployed or checked, and not when a relayer is needed."""
    text = CONFIG.read_text(encoding="utf-8").replace("syllabus/", f"{CONFIG.parent}/syllabus/")
    (tmp_path / "config.toml").write_text(f"{text}\n[relay]\nbatch = 0\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"relay\.batch is 0"):
        load(tmp_path / "config.toml")
