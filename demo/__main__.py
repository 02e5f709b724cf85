"""`make demo`: a whole desk on a chain of its own, served, cheated and verified; exit code 0 if all held."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping

from rich.markup import escape

from demo.claims import FORGOTTEN, ClaimsDay
from demo.day import OPENED, Day
from demo.exams import hold_exams
from demo.gasless import Gasless
from demo.privacy import Privacy
from demo.proof import forge, verify
from demo.purchases import with_market, without_market
from demo.refusals import Refusals
from demo.show import console, heading, held, say, table
from demo.stage import Stage, local_stage
from proofdesk import Actor, ProofdeskError, Status
from proofdesk.ops.check import check_deployment
from proofdesk.ops.handover import handover
from tools.chain import ChainError


def play(stage: Stage) -> None:
    """The whole play; raises AssertionError where something was not as promised."""
    started = time.monotonic()
    heading(1, "A desk is deployed, step by step, as an operator's script does it")
    stage.config = with_market(stage)
    stage.deploy(
        lambda step: say(f"{step.number:>2}/{step.of} {step.name}"),
        folder=stage.manifests,
    )

    heading(2, "Agents are examined")
    early = hold_exams(stage)

    heading(3, f"{sum(OPENED.values())} tickets are opened in four lanes by customers who have no ether")
    gasless = Gasless(stage)
    day, refusals = Day(stage, gasless), Refusals(stage, gasless)
    tickets = day.open_all()
    refusals.while_waiting(tickets)
    day.leave_the_line(tickets)

    heading(4, "They are served, first come, first served")
    first = stage.desk.lanes.next_in_line("payments")
    assert first is not None
    refusals.while_serving(first, day.customers[first.id])
    day.serve_all()
    day.dispute(tickets[33])

    heading(5, "Time passes, and anyone calls what is overdue")
    called = day.let_clocks_run_out(
        tickets, lambda: refusals.after_the_window(first, day.customers[first.id])
    )
    for status, count in called.items():
        say(f"{count:>3} tickets overdue in {Status[status].name}")
    breached = sum(stage.desk.tickets.get(ticket).breached for ticket in tickets)
    held(f"{breached} breaches are on record, for ever")

    heading(6, "Three hundred purchases in two shops, and what is claimed on them")
    claims = ClaimsDay(stage, gasless, refusals)
    claims.sell()
    claims.fund()
    claims.claim()

    heading(7, "What else comes up with claims")
    claims.happen()
    claims.show()

    heading(8, "Agents decide what is for review; what they leave alone costs the desk")
    claims.review()
    claims.be_late()
    claims.balance()

    heading(9, "What is private, and what anyone can check")
    privacy = Privacy(stage, gasless)
    for scene in privacy.scenes():
        scene()

    heading(10, "The deployer gives his power away")
    config = without_market(stage.config)
    handover(stage["deployer"].sender, stage.deployment, config, path=stage.manifests)
    report = check_deployment(stage.w3, stage.deployment, config)
    assert report.ok, str(report)
    held("the deployer holds no role; code, roles, delays, programs, lanes and claims are as configured")

    heading(11, "Everything is verified from events alone, then somebody cheats")
    verified = verify(stage)
    gasless.have_paid_nothing()
    forge(stage)

    refused = early + refusals.count + gasless.refused
    _sum_up(stage, gasless, claims, time.monotonic() - started, refused, breached)
    gasless.close()
    assert verified.tickets == len(tickets) + len(claims.office.tickets) + len(privacy.tickets)


def _sum_up(
    stage: Stage, gasless: Gasless, claims: ClaimsDay, seconds: float, refused: int, breached: int
) -> None:
    acts = stage.desk.tickets.acts()
    reached = Counter(act.status for act in acts)
    missing = set(Status) - {Status.NONE} - set(reached)
    assert not missing, f"no ticket was ever {missing}"
    kinds = Counter(act.kind for act in acts)
    score = stage.desk.read("TicketDesk", "scoreOf", stage.certificate("Ada", "payments-support"))
    console.print()
    table(
        "The day in figures",
        [
            ("tickets", len({act.ticket_id for act in acts})),
            ("acts, each a leaf of its lane's log", f"{len(acts):,}"),
            ("by whom", _listed(kinds)),
            (
                "signed without gas, and carried",
                "{} acts in {} transactions, {:,} gas an act".format(
                    len(gasless.carried), *gasless.figures()
                ),
            ),
            ("acts by the state that they led to", _listed(reached)),
            ("attempts that a contract refused", refused),
            ("breaches on record", breached + FORGOTTEN),
            ("purchases; claims", f"{len(claims.sold)}; {len(claims.office.tickets)}"),
            ("stars that count for Ada, in ratings", "{} in {}".format(*score)),
            ("seconds", f"{seconds:.1f}"),
        ],
    )
    say(
        f"{sum(OPENED.values())} of the tickets were opened by customers, {len(claims.office.tickets)} by "
        "claims, the rest in the act about what is private; by whom, and by state, each add up to all acts. "
        "Some claims came up beside the purchases"
    )
    console.print(
        "\nWhat next:\n"
        "  make up                          leaves such a desk running, for a first program of your own\n"
        "  make trial DATA=questions.csv    serves your own texts\n"
        "  docs/contracts.md                says what the contract stores and refuses\n"
        "  docs/gasless.md                  says how customers without ether are served\n"
        "  docs/privacy.md                  says who reads what, and how that is erased and proven\n"
        "  docs/claims.md                   says how claims are judged and paid, with examples\n"
    )


def _listed(counts: Mapping[Actor, int] | Mapping[Status, int]) -> str:
    return ", ".join(f"{what.name.lower()} {count}" for what, count in sorted(counts.items()))


def main() -> int:
    """Run it; 0 if everything held, 1 if not."""
    try:
        with local_stage() as stage:
            play(stage)
    except (AssertionError, ProofdeskError, ChainError) as error:
        console.print(f"\n[bold red]The demonstration stopped:[/bold red] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped; the chain has ended.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
