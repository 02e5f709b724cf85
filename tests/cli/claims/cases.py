"""As the table of all commands: those of claims and their money."""

from __future__ import annotations

from collections.abc import Mapping

from tests.cli.cases import NO_KEY, REFUSED, SETUP, UNKNOWN_TICKET, USAGE, Case

FILE = "claim file receipt.json --reason return --amount 0.4 --evidence returned.json"
SIGN = "receipt sign --order A-7 --product Kettle --price 0.5 --customer {customer} --policy standard"
DECIMALS = "with at most 18 decimals"
NO_ROLE = (REFUSED, "lacks the role")
MISSPELT = "0x" + 20 * "aB"
UNKNOWN_CLAIM = (REFUSED, "this ticket has no claim")

CLAIMS: Mapping[str, Case] = {
    "policy check": Case(
        "policy check summer.toml --network development",
        # It names no automatic limit.
        "paid at once up to\tan agent decides each",
        (
            ("policy check bad.toml --network development", SETUP, "return.refund is '180%'"),
            ("policy check missing.toml", SETUP, "missing.toml"),
            ("policy check summer.toml --network nowhere", SETUP, "there is no config"),
        ),
        given="sold",
        acts=False,
    ),
    "policy publish": Case(
        "policy publish summer.toml --account {supervisor} --yes",
        "policy summer is published: 0x",
        (
            ("policy publish summer.toml --account {customer} --yes", *NO_ROLE),
            ("policy publish summer.toml --account {supervisor}", USAGE, "Say so by --yes"),
            ("policy publish bad.toml --account {supervisor} --yes", SETUP, "return.refund is '180%'"),
            ("policy publish standard.toml --account {supervisor} --yes", SETUP, "a policy never changes"),
            (
                "policy publish foreign.toml --account {supervisor} --yes",
                USAGE,
                "does not say how many decimals it has",
            ),
        ),
        given="sold",
    ),
    "policy list": Case(
        "policy list",
        "standard",
        (("policy list extra", USAGE, "extra"), ("policy list --node ftp://x", SETUP, "starts with http://")),
        acts=False,
    ),
    "policy show": Case(
        "policy show standard",
        "paid at once up to\t0.5 ETH",
        (
            ("policy show winter", SETUP, "has no policy 'winter'"),
            ("policy show {nobody}", REFUSED, "this desk never published these rules"),
        ),
        acts=False,
    ),
    "party list": Case(
        "party list --office merchant --now",
        "merchant",
        (("party list --office boss", USAGE, "boss"), ("party list --config config", SETUP, "is a folder")),
        acts=False,
    ),
    "party appoint": Case(
        "party appoint {customer} defect --account {supervisor}",
        "is defect",
        (
            ("party appoint {customer} defect --account {customer}", *NO_ROLE),
            ("party appoint Bob merchant --account {supervisor}", USAGE, "ADDRESS Bob is no address"),
        ),
    ),
    "party dismiss": Case(
        "party dismiss {shop} merchant --account {supervisor} --yes",
        "is merchant no more",
        (
            ("party dismiss {shop} merchant --account {supervisor}", USAGE, "nobody anchored counts no more"),
            ("party dismiss {agent} merchant --account {supervisor} --yes", REFUSED, "NotInOffice"),
        ),
    ),
    "receipt sign": Case(
        f"{SIGN} --account {{shop}}",
        '"order":"A-7"',
        (
            (SIGN, *NO_KEY),
            (f"{SIGN} --price 0.0000000000000000001 --account {{shop}}", USAGE, DECIMALS),
            (f"{SIGN} --price 0 --account {{shop}}", USAGE, "--price 0: write an amount of ETH"),
            (f"{SIGN} --price half --account {{shop}}", USAGE, "--price half: write an amount of ETH"),
            (f"{SIGN} --customer Ann --account {{shop}}", USAGE, "--customer Ann is no address"),
            (f"{SIGN} --policy winter --account {{shop}}", SETUP, "has no policy 'winter'"),
            (f"{SIGN} --purchased-at today --account {{shop}}", USAGE, "today is no moment with its zone"),
            (f"{SIGN} -o receipt.json --account {{shop}}", SETUP, "receipt.json is there already"),
            (f"{SIGN} --secret-file password --account {{shop}}", SETUP, "password holds no secret of 64"),
            (f"{SIGN} --secret-file no/x --account {{shop}}", SETUP, "there is no folder no: make it first"),
        ),
        given="sold",
        acts=False,
    ),
    "receipt show": Case(
        "receipt show receipt.json",
        "a claim may rest on it",
        (
            ("receipt show missing.json", SETUP, "missing.json: No such file"),
            ("receipt show password", USAGE, "password: receipt: is no JSON"),
            ("receipt show returned.json", USAGE, "returned.json is evidence: proofdesk claim file"),
            ("receipt show forged.json", 1, "it was changed after it was signed"),
        ),
        given="sold",
        acts=False,
    ),
    "receipt anchor": Case(
        "receipt anchor receipt.json returned.json -o anchored --account {shop}",
        "2 are anchored under 0x",
        (
            ("receipt anchor receipt.json --account {shop}", USAGE, "--out"),
            ("receipt anchor password -o anchored --account {shop}", USAGE, "password: receipt: is no JSON"),
            ("receipt anchor receipt.json -o password --account {shop}", SETUP, "password is a file"),
            ("receipt anchor receipt.json ./receipt.json -o x --account {shop}", SETUP, "have one name"),
        ),
        given="sold",
    ),
    "evidence sign": Case(
        "evidence sign return --receipt receipt.json --text JD0021-77 --account {carrier}",
        '"content":"JD0021-77"',
        (
            ("evidence sign return --text X --account {carrier}", USAGE, "which order?"),
            ("evidence sign return --order {order} --account {carrier}", USAGE, "what does it say?"),
            ("evidence sign return --order 0x12 --text X --account {carrier}", USAGE, "--order"),
            ("evidence sign proof --order {order} --text X --account {carrier}", USAGE, "proof"),
            ("evidence sign return --order {order} --text X", *NO_KEY),
            (
                "evidence sign defect --order {order} --text X --declare --account {customer}",
                USAGE,
                "attested by an accredited party",
            ),
        ),
        given="sold",
        acts=False,
    ),
    "evidence show": Case(
        "evidence show returned.json",
        "kind\treturn",
        (
            ("evidence show missing.json", SETUP, "missing.json: No such file"),
            ("evidence show receipt.json", USAGE, "receipt.json is a receipt: proofdesk claim file is"),
        ),
        given="sold",
        acts=False,
    ),
    "claim preview": Case(
        "claim preview receipt.json --reason return --amount 0.4 --evidence returned.json",
        "verdict\tapproved",
        (
            (
                "claim preview receipt.json --reason return --amount 0.4",
                1,
                "This evidence is missing: return.",
            ),
            ("claim preview receipt.json --reason lost --amount 0.4", USAGE, "lost"),
            ("claim preview receipt.json --reason return --amount 0,4", USAGE, DECIMALS),
            ("claim preview forged.json --reason return --amount 0.4", REFUSED, "InvalidSignature"),
        ),
        given="sold",
        acts=False,
    ),
    "claim file": Case(
        f"{FILE} --text Broken --account {{customer}}",
        "0.4 ETH is paid to",
        (
            (FILE, *NO_KEY),
            (f"{FILE} --amount 2 --account {{customer}}", USAGE, "It would be denied: It asks for 2 ETH"),
            (f"{FILE} --evidence receipt.json --account {{customer}}", USAGE, "receipt.json is a receipt"),
            (
                "claim file forged.json --reason return --amount 0.4 --account {customer}",
                REFUSED,
                "InvalidSignature",
            ),
        ),
        given="funded",
    ),
    "claim carry": Case(
        "claim carry claim.json --account {newcomer}",
        "0.4 ETH is paid to",
        (
            ("claim carry claim.json", *NO_KEY),
            ("claim carry missing.json --account {newcomer}", SETUP, "missing.json: No such file"),
            (
                "claim carry receipt.json --account {newcomer}",
                USAGE,
                "receipt.json is a receipt: proofdesk claim file is",
            ),
        ),
        given="claim signed",
    ),
    "claim decide": Case(
        "claim decide {claim} 0.7 --text Lost --account {agent}",
        "0.7 ETH is paid to",
        (
            (
                "claim decide {claim} 1.5 --account {agent}",
                REFUSED,
                "1.5 ETH is more than the rule still admits for this claim: 1 ETH",
            ),
            ("claim decide {claim} 0.7 --account {customer}", REFUSED, "NotDecider"),
            ("claim decide {nobody} 0.7 --account {agent}", *UNKNOWN_TICKET),
            ("claim decide {claim} half --account {agent}", USAGE, DECIMALS),
            ("claim decide {claim} --amount half --account {agent}", USAGE, DECIMALS),
            ("claim decide {claim} --account {agent}", USAGE, "how much is to be paid?"),
            ("claim decide {claim} 1 --amount 1 --account {agent}", USAGE, "how much is to be paid?"),
        ),
        given="served",
    ),
    "claim show": Case(
        "claim show {claim}",
        "state\treview",
        (("claim show {nobody}", *UNKNOWN_CLAIM), ("claim show first", USAGE, "is not hex")),
        given="review",
        acts=False,
    ),
    "claim list": Case(
        "claim list --state review",
        "not_delivered",
        (("claim list --state lost", USAGE, "lost"), ("claim list --receipt missing", SETUP, "missing: No")),
        given="review",
        acts=False,
    ),
    "claim release": Case(
        "claim release {claim} --account {newcomer}",
        "nothing is kept for it any more",
        (
            ("claim release {nobody} --account {newcomer}", REFUSED, "NotReleasable"),
            ("claim release {claim}", *NO_KEY),
        ),
        given="given up",
    ),
    "vault show": Case(
        "vault show",
        "free\t5 ETH",
        (
            ("vault show --token Gold", USAGE, "Gold is no token"),
            ("vault show --token {customer}", USAGE, "does not say how many decimals it has"),
        ),
        given="funded",
        acts=False,
    ),
    "vault deposit": Case(
        "vault deposit 0.5 --account {customer}",
        "of it free 0.5 ETH",
        (
            ("vault deposit 0 --account {customer}", USAGE, DECIMALS),
            ("vault deposit ٣ --account {customer}", USAGE, DECIMALS),
            (f"vault deposit 1 --token {MISSPELT} --account {{customer}}", USAGE, "the capitals of its"),
            ("vault deposit 0.5", *NO_KEY),
            ("vault deposit 0.5 --token {customer} --account {customer}", USAGE, "how many decimals"),
        ),
    ),
    "vault owed": Case(
        "vault owed {customer}",
        "0.4 ETH",
        (("vault owed", *NO_KEY), ("vault owed Ann", USAGE, "ADDRESS Ann is no address")),
        given="owed",
        acts=False,
    ),
    "vault withdraw": Case(
        "vault withdraw --account {customer}",
        "the vault holds 4.6 ETH",
        (
            ("vault withdraw --account {agent}", REFUSED, "NothingOwed"),
            ("vault withdraw --to Ann --account {customer}", USAGE, "--to Ann is no address"),
            (f"vault withdraw --to {MISSPELT} --account {{customer}}", USAGE, "not the capitals of its"),
        ),
        given="owed",
    ),
    "vault carry": Case(
        "vault carry withdrawal.json --account {agent}",
        "the vault holds 4.6 ETH",
        (
            ("vault carry missing.json --account {agent}", SETUP, "missing.json: No such file"),
            (
                "vault carry receipt.json --account {agent}",
                USAGE,
                "receipt.json is a receipt: proofdesk claim file is",
            ),
        ),
        given="withdrawal signed",
    ),
    "vault pending": Case(
        "vault pending",
        "0.4 ETH",
        (("vault pending --token Gold", USAGE, "Gold is no token"), ("vault pending extra", USAGE, "extra")),
        given="unpaid",
        acts=False,
    ),
    "vault settle": Case(
        "vault settle --account {agent}",
        "0 ETH waits for money",
        (
            ("vault settle --most 0 --account {agent}", USAGE, "0"),
            ("vault settle --token Gold --account {agent}", USAGE, "Gold is no token"),
        ),
        given="unpaid",
    ),
    "vault schedule-withdrawal": Case(
        "vault schedule-withdrawal 0.5 --account {treasurer}",
        "0.5 ETH can be taken out from 2",
        (
            ("vault schedule-withdrawal 0.5 --account {agent}", REFUSED, "AccessManagerUnauthorizedCall"),
            ("vault schedule-withdrawal all --account {treasurer}", USAGE, DECIMALS),
            (
                f"vault schedule-withdrawal 1 --to {MISSPELT} --account {{treasurer}}",
                USAGE,
                f"--to {MISSPELT} has not the capitals of its checksum",
            ),
        ),
        given="funded",
    ),
    "vault execute-withdrawal": Case(
        "vault execute-withdrawal 1 --account {treasurer}",
        "of it free 4 ETH",
        (
            ("vault execute-withdrawal 2 --account {treasurer}", REFUSED, "schedule the call first"),
            ("vault execute-withdrawal 1 --account {agent}", *NO_ROLE),
        ),
        given="scheduled",
    ),
    "vault list-token": Case(
        "vault list-token {contract} --account {treasurer}",
        "announced: this account's role has a delay",
        (
            ("vault list-token Gold --account {treasurer}", USAGE, "ADDRESS Gold is no address"),
            ("vault list-token {customer} --account {treasurer}", USAGE, "there is no contract at"),
            ("vault list-token {contract} --account {agent}", *NO_ROLE),
        ),
    ),
    "vault delist-token": Case(
        "vault delist-token {customer} --account {treasurer}",
        "announced: this account's role has a delay",
        (
            ("vault delist-token Gold --account {treasurer}", USAGE, "ADDRESS Gold is no address"),
            ("vault delist-token {customer} --account {agent}", *NO_ROLE),
        ),
    ),
    "compensation show": Case(
        "compensation show",
        "refunds\t0.01 ETH\t0.5 ETH",
        (
            ("compensation show {nobody}", *UNKNOWN_TICKET),
            ("compensation show 0xffff", USAGE, "no ticket of this desk begins with"),
        ),
        acts=False,
    ),
    "compensation offer": Case(
        "compensation offer orders-vip 0.01 --daily-cap 0.5 --account {supervisor} --yes",
        "lane orders-vip promises 0.01 ETH",
        (
            (
                "compensation offer refunds 1 --daily-cap 1 --account {supervisor} --yes",
                REFUSED,
                "LaneInUse",
            ),
            ("compensation offer cards 0.01 --daily-cap 1 --account {supervisor} --yes", REFUSED, "gated"),
            (
                "compensation offer orders-vip 2 --daily-cap 1 --account {supervisor} --yes",
                REFUSED,
                "daily cap",
            ),
            ("compensation offer orders-vip 0 --daily-cap 1 --account {supervisor} --yes", USAGE, DECIMALS),
            ("compensation offer orders-vip 1 --daily-cap 1 --account {supervisor}", USAGE, "for ever?"),
        ),
    ),
    "compensation note": Case(
        "compensation note {claim} --account {newcomer}",
        "noted: 1",
        (
            ("compensation note --account {newcomer}", USAGE, "ID"),
            ("compensation note {nobody} --account {newcomer}", REFUSED, "NothingToNote"),
        ),
        given="late",
    ),
    "compensation pay": Case(
        "compensation pay {claim} --account {newcomer}",
        "0.01 ETH is paid to",
        (
            ("compensation pay {nobody} --account {newcomer}", REFUSED, "NothingDue"),
            ("compensation pay {claim}", *NO_KEY),
        ),
        given="noted",
    ),
    "compensation exclude-outage": Case(
        "compensation exclude-outage {an_hour_ago} {now} --account {guardian} --yes",
        "are not compensated",
        (
            (
                "compensation exclude-outage {now} {an_hour_ago} --account {guardian} --yes",
                USAGE,
                "before it",
            ),
            ("compensation exclude-outage yesterday {now} --account {guardian} --yes", USAGE, "is no moment"),
            # Either is in no year that there is by UTC.
            (
                "compensation exclude-outage 0001-01-01T00:00:00+23:00 {now} --account {guardian} --yes",
                USAGE,
                "is no moment",
            ),
            (
                "compensation exclude-outage {now} 9999-12-31T23:59:59-23:00 --account {guardian} --yes",
                USAGE,
                "is no moment",
            ),
            ("compensation exclude-outage {an_hour_ago} {now} --account {agent} --yes", *NO_ROLE),
            ("compensation exclude-outage {an_hour_ago} {now} --account {guardian}", USAGE, "can see?"),
        ),
    ),
}
