"""For every command: a line that works and at least two that are refused, and what is then said.

`given` is what has to be there before; words in braces are Counter.names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

USAGE, SETUP, NODE, REFUSED, INTEGRITY = 2, 3, 4, 5, 6


@dataclass(frozen=True)
class Case:
    """A command's line that works, what it prints, and lines that fail, by exit code and message."""

    line: str
    prints: str
    failures: tuple[tuple[str, int, str], ...]
    given: str = ""
    acts: bool = True
    stdin: str = ""


UNKNOWN_LANE = (SETUP, "has no lane 'loans'; it has cards")
UNKNOWN_TICKET = (REFUSED, "this desk has no such ticket")
NO_KEY = (SETUP, "no key to act with")
NO_WORDS = (USAGE, "what is to be written?")


def _on_ticket(name: str, who: str, prints: str, given: str, *, words: bool = False, more: str = "") -> Case:
    text = "--text Yes" if words else ""
    return Case(
        f"ticket {name} {{ticket}} {more} {text} --account {{{who}}}",
        prints,
        (
            (f"ticket {name} {{nobody}} {more} {text} --account {{{who}}}", *UNKNOWN_TICKET),
            (f"ticket {name} {{ticket}} {more} {text}", *NO_KEY),
            (f"ticket {name} {{ticket}} {more} --text Yes --file - --account {{{who}}}", USAGE, "at once"),
        ),
        given,
    )


CASES: Mapping[str, Case] = {
    "doctor": Case(
        "doctor --network development --account {deployer}",
        "admin",
        (
            ("doctor --node http://127.0.0.1:9 --account {deployer}", 1, "see that it runs"),
            ("doctor --deployment other", 1, "no deployment of desk other"),
            ("doctor --network nowhere", 1, "there is no config config/nowhere.toml"),
        ),
        acts=False,
    ),
    "account new": Case(
        "account new key.json --password-file password",
        "0x",
        (
            ("account new missing/key.json --password-file password", SETUP, "there is no folder missing"),
            ("account new password --password-file password", SETUP, "is there already"),
            ("account new key.json --password-file short", SETUP, "at least 8 characters"),
            ("account new key.json", SETUP, "no terminal to ask for the password on"),
        ),
        acts=False,
    ),
    "account show": Case(
        "account show --account {customer}",
        "ETH",
        (
            ("account show", *NO_KEY),
            ("account show --account nobody", SETUP, "--account is no address"),
        ),
        acts=False,
    ),
    "deploy": Case(
        "deploy --config config/second.toml --account {deployer} --yes",
        "deployments/31337/second.json",
        (
            ("deploy --account {deployer} --yes", SETUP, "which config?"),
            ("deploy --network development --yes", *NO_KEY),
            ("deploy --network ganache --account {deployer} --yes", NODE, "the config is for chain 1337"),
            ("deploy --config config/second.toml --account {deployer}", USAGE, "Say so by --yes"),
        ),
    ),
    "check": Case(
        "check --network development",
        "all is as it should be",
        (
            ("check", SETUP, "which config?"),
            ("check --network ganache", SETUP, "no deployment of desk ganache on chain 1337"),
            ("check --config config", SETUP, "is a folder"),
        ),
        acts=False,
    ),
    "sources": Case(
        "sources --network development",
        "standard JSON input: sources/31337/development/TicketDesk",
        (
            ("sources --network sepolia", SETUP, "no deployment of desk trial on chain 11155111"),
            ("sources --network development --folder password", SETUP, "password is a file"),
        ),
        acts=False,
    ),
    "handover": Case(
        "handover --network development --account {deployer} --yes",
        "is ADMIN",
        (
            ("handover --network development --account {customer} --yes", SETUP, "who deployed the desk"),
            ("handover --network development --account {deployer}", USAGE, "for ever?"),
        ),
    ),
    "lane list": Case(
        "lane list",
        "cards-fraud",
        (
            ("lane list --node ftp://x", SETUP, "starts with http://"),
            ("lane list --deployment nothere.json", SETUP, "nothere.json"),
        ),
        acts=False,
    ),
    "lane show": Case(
        "lane show cards",
        "respond within\t4h",
        (
            ("lane show loans", *UNKNOWN_LANE),
            ("lane show 99", REFUSED, "no such lane"),
            ("lane show", USAGE, "LANE"),
        ),
        acts=False,
    ),
    "lane next": Case(
        "lane next cards",
        "turn\t1",
        (("lane next loans", *UNKNOWN_LANE), ("lane next 99", REFUSED, "no such lane")),
        given="new",
        acts=False,
    ),
    "lane update": Case(
        "lane update --network development --account {supervisor}",
        "added: new",
        (
            ("lane update --network development --account {customer}", REFUSED, "lacks the role"),
            ("lane update --account {supervisor}", SETUP, "which config?"),
        ),
        given="another lane",
    ),
    "lane close": Case(
        "lane close cards --account {supervisor} --yes",
        "closed yes",
        (
            ("lane close loans --account {supervisor} --yes", *UNKNOWN_LANE),
            ("lane close cards --account {customer} --yes", REFUSED, "lacks the role"),
            ("lane close cards --account {supervisor}", USAGE, "Say so by --yes"),
        ),
    ),
    "lane article": Case(
        "lane article cards 7 --account {supervisor}",
        "article 7",
        (
            ("lane article cards -1 --account {supervisor}", USAGE, "-1"),
            ("lane article cards 7 --account {customer}", REFUSED, "lacks the role"),
        ),
    ),
    "lane skip": Case(
        "lane skip cards --account {customer}",
        "0 waiting",
        (
            ("lane skip loans --account {customer}", *UNKNOWN_LANE),
            ("lane skip cards --words 0 --account {customer}", USAGE, "0"),
        ),
    ),
    "program list": Case(
        "program list",
        "orders",
        (
            ("program list --node http://127.0.0.1:9", NODE, "did not answer"),
            ("program list --network development --config x", USAGE, "give one of them"),
        ),
        acts=False,
    ),
    "program show": Case(
        "program show cards",
        "pass mark\t70 %",
        (
            ("program show loans", SETUP, "has no program 'loans'"),
            ("program show 9", USAGE, "programs count from 1"),
        ),
        acts=False,
    ),
    "program activate": Case(
        "program activate cards --account {certifier}",
        "cards takes exams",
        (
            ("program activate 9 --account {certifier}", USAGE, "no program 9"),
            ("program activate cards --account {customer}", REFUSED, "lacks the role"),
        ),
    ),
    "program deactivate": Case(
        "program deactivate cards --account {certifier}",
        "cards takes no exams",
        (
            ("program deactivate loans --account {certifier}", SETUP, "has no program 'loans'"),
            ("program deactivate cards --account {customer}", REFUSED, "lacks the role"),
        ),
    ),
    "agent list": Case(
        "agent list --valid",
        "active",
        (("agent list --program loans", SETUP, "no program 'loans'"), ("agent list extra", USAGE, "extra")),
        acts=False,
    ),
    "agent show": Case(
        "agent show {agent}",
        "standing\tactive",
        (
            ("agent show {customer}", USAGE, "never had a certificate"),
            ("agent show 9", REFUSED, "no such certificate"),
            ("agent show Bob", USAGE, "is not hex"),
        ),
        acts=False,
    ),
    "agent certify": Case(
        "agent certify exams.csv --account {certifier}",
        "certificate 2",
        (
            ("agent certify missing.csv --account {certifier}", SETUP, "missing.csv"),
            ("agent certify --account {certifier}", USAGE, "which exams?"),
            ("agent certify config --account {certifier}", USAGE, "is a folder"),
            ("agent certify exams.csv --account {customer}", 1, "refused"),
        ),
    ),
    "agent suspend": Case(
        "agent suspend 1 --account {certifier}",
        "is suspended",
        (
            ("agent suspend 9 --account {certifier}", REFUSED, "no such certificate"),
            ("agent suspend 1 --account {customer}", REFUSED, "lacks the role"),
        ),
    ),
    "agent reinstate": Case(
        "agent reinstate 1 --account {certifier}",
        "is active",
        (
            ("agent reinstate 9 --account {certifier}", REFUSED, "no such certificate"),
            ("agent reinstate 1 --account {customer}", REFUSED, "lacks the role"),
        ),
        given="suspended",
    ),
    "agent revoke": Case(
        "agent revoke 1 --text Cheated --account {certifier} --yes",
        "is revoked",
        (
            ("agent revoke 1 --account {certifier} --yes", *NO_WORDS),
            ("agent revoke 1 --text Cheated --account {certifier}", USAGE, "Say so by --yes"),
            ("agent revoke 9 --text Cheated --account {certifier} --yes", REFUSED, "no such certificate"),
        ),
    ),
    "agent resign": Case(
        "agent resign 1 --account {agent} --yes",
        "is resigned",
        (
            ("agent resign 1 --account {customer} --yes", REFUSED, "only the agent himself"),
            ("agent resign one --account {agent} --yes", USAGE, "one"),
        ),
    ),
    "agent leave": Case(
        "agent leave --account {agent} --yes",
        "resigned certificates\tno. 1",
        (
            ("agent leave --account {agent}", USAGE, "Say so by --yes"),
            ("agent leave --yes", *NO_KEY),
        ),
    ),
    "ticket show": Case(
        "ticket show {ticket}",
        "status\tresolved",
        (
            ("ticket show {nobody}", *UNKNOWN_TICKET),
            ("ticket show first", USAGE, "is not hex"),
            ("ticket show 0xffff", USAGE, "no ticket of this desk begins with"),
        ),
        given="resolved",
        acts=False,
    ),
    "ticket list": Case(
        "ticket list --lane cards --status new",
        "new",
        (("ticket list --lane loans", *UNKNOWN_LANE), ("ticket list --status lost", USAGE, "lost")),
        given="new",
        acts=False,
    ),
    "ticket history": Case(
        "ticket history {ticket}",
        "Where is my card?",
        (
            ("ticket history {nobody}", *UNKNOWN_TICKET),
            ("ticket history {ticket} --records password", SETUP, "is a file"),
        ),
        given="new",
        acts=False,
    ),
    "ticket verify": Case(
        "ticket verify --all",
        "verified\tas of block",
        (
            ("ticket verify {nobody}", *UNKNOWN_TICKET),
            ("ticket verify", USAGE, "Give one of: ID, --lane LANE, --all"),
            ("ticket verify {ticket} --records elsewhere", INTEGRITY, "no content for entry"),
        ),
        given="new",
        acts=False,
    ),
    "ticket open": Case(
        "ticket open cards --file - --subject Card --channel chat --account {customer}",
        "0x",
        (
            ("ticket open loans --text Help --account {customer}", *UNKNOWN_LANE),
            (
                "ticket open cards-fraud --text Help --account {customer}",
                REFUSED,
                "opened by the desk's intake",
            ),
            ("ticket open cards --account {customer}", *NO_WORDS),
            ("ticket open cards --text Help", *NO_KEY),
            ("ticket open cards --file missing --account {customer}", SETUP, "missing: No such file"),
        ),
        stdin="Where is it?\n",
    ),
    "ticket take": Case(
        "ticket take --next cards --account {agent}",
        "0x",
        (
            ("ticket take --account {agent}", USAGE, "which ticket?"),
            ("ticket take --next loans --account {agent}", *UNKNOWN_LANE),
            ("ticket take {ticket} --account {newcomer}", REFUSED, "holds no certificate for cards"),
        ),
        given="new",
    ),
    "ticket reply": _on_ticket("reply", "agent", "is waiting, act 3", "open", words=True),
    "ticket note": _on_ticket("note", "agent", "is open, act 3", "open", words=True),
    "ticket move": _on_ticket("move", "agent", "is on_hold, act 3", "open", more="on_hold"),
    "ticket resolve": _on_ticket("resolve", "agent", "is resolved, act 3", "open"),
    "ticket reject": _on_ticket("reject", "supervisor", "is rejected, act 3", "open"),
    "ticket hold": _on_ticket("hold", "agent", "is on_hold, act 3", "open"),
    "ticket escalate": _on_ticket("escalate", "agent", "is escalated, act 3", "open"),
    "ticket close": _on_ticket("close", "customer", "is closed, act 4", "resolved"),
    "ticket transfer": _on_ticket("transfer", "supervisor", "is escalated, act 3", "open", more="orders"),
    "ticket rate": _on_ticket("rate", "customer", "is resolved, act 4", "resolved", more="5"),
    "ticket assign": Case(
        "ticket assign {ticket} --certificate 1 --account {supervisor}",
        "is open, act 2",
        (
            ("ticket assign {ticket} --account {supervisor}", USAGE, "--certificate"),
            ("ticket assign {ticket} --certificate 1 --account {customer}", REFUSED, "lacks the role"),
        ),
        given="new",
    ),
    "ticket carry": Case(
        "ticket carry signed.json --account {newcomer}",
        "is new, act 1",
        (
            ("ticket carry --account {newcomer}", USAGE, "FILE"),
            ("ticket carry missing.json --account {newcomer}", SETUP, "missing.json: No such file"),
            ("ticket carry password --account {newcomer}", USAGE, "password: signed act: is no JSON"),
            ("ticket carry signed.json", *NO_KEY),
        ),
        given="signed",
    ),
    "ticket expire": Case(
        "ticket expire {ticket} --account {newcomer}",
        "is escalated, act 2",
        (
            ("ticket expire {nobody} --account {newcomer}", REFUSED, "no clock of these tickets"),
            ("ticket expire --account {newcomer}", USAGE, "ID"),
        ),
        given="overdue",
    ),
    "completion": Case(
        "completion zsh",
        "_PROOFDESK_COMPLETE",
        (("completion tcsh", USAGE, "tcsh"), ("completion", USAGE, "zsh")),
        acts=False,
    ),
}
