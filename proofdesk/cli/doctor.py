"""`proofdesk doctor`: whether everything that a desk's work needs is there and well."""

from __future__ import annotations

import click

from proofdesk.cli._command import CHAIN, KEY, KEYS, OUTPUT, RECORDS, Leaf
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable


@click.command(
    "doctor",
    cls=Leaf,
    shares=(KEY, KEYS, CHAIN, RECORDS, OUTPUT),
    short_help=_("See that all is there and well."),
    help=_(
        "Look at node, deployment, key, roles, balance, records and versions, and say what to do about what "
        "is not well; sends nothing, exit code 1 if something fails."
    ),
)
@click.pass_context
def command(context: click.Context) -> None:
    """Look at everything, and show it together."""
    # Late: what it looks at is more than help needs.
    from proofdesk.cli._diagnosis import FAILURE, Diagnosis

    here = Here(context)
    with here.out.working(_("Looking …")):
        looks = list(Diagnosis(here).looks())
    failed = any(look.state == FAILURE for look in looks)
    here.out.checklist(
        {"ok": not failed, "looks": jsonable(looks)},
        [(look.state, look.what, look.found, look.remedy) for look in looks],
    )
    if failed:
        context.exit(FOUND)
