"""The table [claims] is read as it stands, or refused naming file, key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofdesk._errors import ConfigurationError
from proofdesk.claims import ETH, EvidenceKind
from proofdesk.ops.claims_terms import Compensation
from proofdesk.ops.config import Config, load
from tests.ops.test_config import OTHER, OWNER

TOKEN = "0x" + 40 * "7"
POLICY = """
token = "ETH"
lane = "refunds"
[return]
window = "30d"
refund = "100%"
"""
IN_TOKENS = POLICY.replace('"ETH"', f'"{TOKEN}"\ndecimals = 6')
VALID = f"""
[desk]
name = "acme"
chain_id = 31337
[accounts]
shop = "{OWNER}"
carrier = "{OTHER}"
[roles]
treasurer = [{{ account = "shop", delay = "1d" }}]
[[programs]]
name = "orders"
syllabus_hash = "0x{64 * "1"}"
pass_mark = 7000
validity = "365d"
[[lanes]]
name = "orders"
respond_within = "4h"
resolve_within = "2d"
confirm_within = "3d"
program = "orders"
[[lanes]]
name = "refunds"
respond_within = "4h"
resolve_within = "2d"
confirm_within = "3d"
program = "orders"
claims = true
[[lanes]]
name = "vip"
respond_within = "4h"
resolve_within = "2d"
confirm_within = "3d"
program = "orders"
gated = true
[claims]
tokens = ["{TOKEN}"]
merchants = ["shop"]
policies = ["policies/standard.toml", "policies/in-tokens.toml"]
[claims.parties]
delivery = ["carrier", "shop"]
photo = ["carrier"]
[[claims.compensation]]
lane = "refunds"
amount = "0.01"
daily_cap = "0.5"
[[claims.compensation]]
lane = "vip"
token = "{TOKEN}"
decimals = 6
amount = "12.5"
daily_cap = "100"
"""


def read(folder: Path, text: str = VALID, standard: str = POLICY, in_tokens: str = IN_TOKENS) -> Config:
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "standard.toml").write_text(standard, encoding="utf-8")
    (folder / "policies" / "in-tokens.toml").write_text(in_tokens, encoding="utf-8")
    (folder / "policies" / "Standard_2.toml").write_text(standard, encoding="utf-8")
    (folder / "standard.toml").write_text(standard, encoding="utf-8")
    (folder / "twin.toml").write_text(f"# the same rules\n{standard}", encoding="utf-8")
    (folder / "acme.toml").write_text(text, encoding="utf-8")
    return load(folder / "acme.toml", {})


def test_reads_what_the_file_says(tmp_path: Path) -> None:
    claims = read(tmp_path).claims
    assert claims is not None
    assert (claims.tokens, claims.merchants) == ((TOKEN,), (OWNER,))
    assert claims.parties == (
        (EvidenceKind.DELIVERY, OTHER),
        (EvidenceKind.DELIVERY, OWNER),
        (EvidenceKind.PHOTO, OTHER),
    )
    assert [policy.token for policy in claims.policies.values()] == [ETH, TOKEN]
    assert list(claims.policies) == ["standard", "in-tokens"]
    assert {rule.lane for policy in claims.policies.values() for rule in policy.rules} == {2}
    assert claims.compensation == (
        Compensation("refunds", ETH, 10**16, 5 * 10**17),
        Compensation("vip", TOKEN, 12_500_000, 100_000_000),
    )
    assert claims.decimals == {TOKEN: 6}


def test_a_desk_need_not_have_claims(tmp_path: Path) -> None:
    assert read(tmp_path, VALID[: VALID.index("[claims]")]).claims is None


def test_an_empty_table_is_a_desk_with_claims(tmp_path: Path) -> None:
    claims = read(tmp_path, VALID[: VALID.index("tokens =")]).claims
    assert claims is not None
    assert claims.merchants == ()


@pytest.mark.parametrize(
    ("valid", "wrong", "message"),
    [
        ('merchants = ["shop"]', 'merchant = ["shop"]', r"claims\.merchant is not known here: "),
        ('merchants = ["shop"]', 'merchants = "shop"', r"claims\.merchants is 'shop': write a list"),
        ('merchants = ["shop"]', 'merchants = ["till"]', r"merchants\[1\] is 'till': write an address"),
        ('merchants = ["shop"]', 'merchants = ["shop", "shop"]', r"merchants\[2\] is .*, named twice"),
        (f'tokens = ["{TOKEN}"]', f'tokens = ["{ETH}"]', r"claims\.tokens\[1\] is the zero address"),
        (f'tokens = ["{TOKEN}"]', "", r"policies\[2\] is .*, whose token 0x7+ is not among"),
        ('photo = ["carrier"]', 'photos = ["carrier"]', r"parties\.photos is not known here: .*photo"),
        ('"carrier", "shop"', '"carrier", "carrier"', r"parties\.delivery\[2\] is .*, named twice"),
        ("policies/standard.toml", "policies/none.toml", r"there is no file .*policies/none\.toml"),
        ("policies/standard.toml", "policies/Standard_2.toml", r"its file names the policy, in lower-case"),
        ("policies/standard.toml", "policies/0x11.toml", r"policies\[1\] is .*not beginning with 0x"),
        ('"policies/in-tokens.toml"', '"standard.toml"', r"policies\[2\] is .*'standard' is there already"),
        ('"policies/in-tokens.toml"', '"twin.toml"', r"policies\[2\] is .*: it says the same as 'standard'"),
        ('"policies/standard.toml"', "7", r"claims\.policies\[1\] is 7: write the path"),
        ("claims = true", "claims = false", r"policies\[1\] is .* lane for return is not a claims lane"),
        ('lane = "vip"', 'lane = "orders"', r"\.lane is 'orders', no gated or .*: refunds, vip"),
        ('lane = "vip"', 'lane = "refunds"', r"compensation\[2\]\.lane is 'refunds', which promises already"),
        ('lane = "vip"', "lane = 3", r"compensation\[2\]\.lane is 3: write a text"),
        ("decimals = 6\namount", "amount", r"compensation\[2\]\.decimals is missing"),
        ("decimals = 6\namount", "decimals = 8\namount", r"gives token 0x7+ 8 decimals, .* gave it 6"),
        (f'token = "{TOKEN}"\ndec', f'token = "{OTHER}"\ndec', r"\.token is .*not among claims\.tokens"),
        ('"12.5"', '"12.1234567"', r"\.amount is '12\.1234567': write .* at most 6 decimals"),
        ('"12.5"', "12.5", r"compensation\[2\]\.amount is .*: write an amount as a text"),
        ('"12.5"', '"0"', r"compensation\[2\]\.amount is '0': write"),
        ('"0.5"', '"0.005"', r"compensation\[1\]\.daily_cap is below the amount"),
        ('"0.5"', '"0.5"\ncap = 1', r"compensation\[1\]\.cap is not known here"),
        ("[[claims.compensation]]", "[claims.compensation]", r"is no TOML|write tables, each headed"),
    ],
)  # fmt: skip
def test_refuses(tmp_path: Path, valid: str, wrong: str, message: str) -> None:
    assert valid in VALID
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, VALID.replace(valid, wrong))


@pytest.mark.parametrize("grant", ['"shop"', '{ account = "shop", delay = "23h" }'])
def test_a_treasurer_off_local_chains_announces_a_day_before(tmp_path: Path, grant: str) -> None:
    text = VALID.replace('{ account = "shop", delay = "1d" }', grant)
    # Where nobody else is, nobody has to be warned.
    assert read(tmp_path, text).grants
    with pytest.raises(
        ConfigurationError, match=r"roles\.treasurer\[1\] is a treasurer with a delay of .* s"
    ):
        read(tmp_path, text.replace("chain_id = 31337", "chain_id = 8453"))


def test_a_policys_file_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"standard\.toml: return\.refund is '101%'"):
        read(tmp_path, standard=POLICY.replace("100%", "101%"))


def test_two_policies_give_a_token_the_same_decimals(tmp_path: Path) -> None:
    text = VALID.replace('"policies/in-tokens.toml"', '"policies/in-tokens.toml", "standard.toml"').replace(
        '"policies/standard.toml", ', ""
    )
    other = IN_TOKENS.replace("decimals = 6", "decimals = 18").replace("30d", "31d")
    with pytest.raises(ConfigurationError, match=r"policies\[2\] gives token 0x7+ 18 decimals, and another"):
        read(tmp_path, text, standard=other)
