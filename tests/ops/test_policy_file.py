"""A policy's file says what people mean, or is refused by file, table, key and value."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from proofdesk import ConfigurationError
from proofdesk.claims import ETH, EvidenceKind, Policy, Reason, Rule
from proofdesk.ops.policy_file import read_policy

TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
LANES = {"claims": 4, "warranty": 5}
FILE = """
token = "ETH"
lane = "claims"
[return]
window = "30d"
refund = "100%"
evidence = ["return", "photo"]
automatic_limit = "0.5"
[defect]
window = "730d"
refund = "50.25%"
lane = "warranty"
review = true
"""


def read(folder: Path, text: str = FILE, decimals: int | None = None) -> Policy:
    (folder / "standard.toml").write_text(text, encoding="utf-8")
    return read_policy(folder / "standard.toml", LANES, decimals=decimals)


def test_reads_what_the_file_says(tmp_path: Path) -> None:
    assert read(tmp_path) == Policy(
        ETH,
        (
            Rule(
                Reason.RETURN,
                timedelta(days=30),
                10_000,
                (EvidenceKind.RETURN, EvidenceKind.PHOTO),
                5 * 10**17,
                lane=4,
            ),
            Rule(Reason.DEFECT, timedelta(days=730), 5_025, lane=5, review=True),
        ),
    )


def test_every_reason_and_kind_has_its_name(tmp_path: Path) -> None:
    reasons = ["return", "defect", "not_delivered", "wrong_item", "overcharged", "service_failure", "other"]
    kinds = ["delivery", "return", "defect", "condition", "payment", "service"]
    kinds += [f"custom_{number}" for number in range(6, 12)] + ["photo", "statement", "document", "message"]
    text = 'token = "ETH"\nlane = "claims"\n'
    for reason in reasons:
        text += f'[{reason}]\nwindow = "1s"\nrefund = "0%"\nevidence = {kinds}\n'.replace("'", '"')
    rules = read(tmp_path, text).rules
    assert [rule.reason for rule in rules] == list(Reason)[1:]
    assert all(rule.evidence == tuple(EvidenceKind) for rule in rules)


def test_amounts_are_of_the_tokens_decimals(tmp_path: Path) -> None:
    text = FILE.replace('"ETH"', f'"{TOKEN}"')
    assert read(tmp_path, text, decimals=6).rules[0].automatic_limit == 500_000
    assert read(tmp_path, "decimals = 6" + text).rules[0].automatic_limit == 500_000
    assert read(tmp_path, "decimals = 6" + text, decimals=6).token == TOKEN
    most = text.replace('"0.5"', f'"{2**128 - 1}"')
    assert read(tmp_path, most, decimals=0).rules[0].automatic_limit == 2**128 - 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"ETH"', '"eth"', "token is 'eth': write an address (0x and 40 hex digits) or \"ETH\""),
        ('"ETH"', "5", "token is 5"),
        ('token = "ETH"', "", "token is missing"),
        ('"ETH"', f'"{TOKEN}"', "decimals is missing"),
        ('lane = "claims"', 'lane = "cards"', "lane is 'cards', no lane of this desk: claims, warranty"),
        ('lane = "claims"', "", "return.lane is missing"),
        ('lane = "warranty"', 'lane = "w"', "defect.lane is 'w'"),
        ('"30d"', '"30 days"', "return.window is '30 days'"),
        ('"30d"', '"0d"', "return.window is '0d'"),
        ('"30d"', '"49711d"', "return.window is '49711d'"),
        # Digits to Python, and no "3d" to who reads the file.
        ('"30d"', '"٣d"', "return.window is '٣d'"),
        ('window = "30d"', "", "return.window is missing"),
        ('"100%"', '"100"', "return.refund is '100'"),
        ('"100%"', '"100.01%"', "return.refund is '100.01%'"),
        ('"100%"', '"50.125%"', "return.refund is '50.125%'"),
        ('"100%"', "100", "return.refund is 100"),
        ('"photo"', '"foto"', "return.evidence[2] is 'foto': write one of delivery"),
        ('"photo"', "12", "return.evidence[2] is 12"),
        ('"photo"', '"return"', "return.evidence[2] is 'return' once more: write each kind once"),
        (
            "review = true",
            'review = true\nautomatic_limit = "1"',
            "defect.automatic_limit counts for nothing",
        ),
        ('"0.5"', '"٣"', "return.automatic_limit is '٣'"),
        ('"0.5"', "0.5", "return.automatic_limit is"),
        ('"0.5"', '"0.5 ETH"', "return.automatic_limit is '0.5 ETH'"),
        ('"0.5"', '"0.1234567890123456789"', "return.automatic_limit is '0.1234567890123456789'"),
        ('"0.5"', f'"{2**128}"', "return.automatic_limit is"),
        ("review = true", 'review = "yes"', "defect.review is 'yes'"),
        ("review = true", "reveiw = true", "defect.reveiw is not known here"),
        ("[defect]", "[broken]", "broken is not known here"),
        ("[defect]", "[defect", "is no TOML"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, FILE.replace(old, new))
    assert str(caught.value).startswith(str(tmp_path / "standard.toml"))
    assert problem in str(caught.value)


def test_what_is_deep_or_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is nested too deeply"):
        read(tmp_path, FILE.replace('["return", "photo"]', 20_000 * "[" + 20_000 * "]"))
    with pytest.raises(ConfigurationError, match="decimals is a number beyond"):
        read(tmp_path, FILE.replace('"ETH"', f'"{TOKEN}"\ndecimals = 0x{6_000 * "f"}'))


def test_a_file_without_a_reason_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="every other reason"):
        read(tmp_path, 'token = "ETH"\nlane = "claims"\n')


def test_decimals_that_are_not_the_tokens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="decimals is 6, and the token says 18"):
        read(tmp_path, "decimals = 6" + FILE.replace('"ETH"', f'"{TOKEN}"'), decimals=18)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no file"):
        read_policy(tmp_path / "none.toml", LANES)
