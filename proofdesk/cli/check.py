"""`proofdesk check`: whether a desk is as package, role table and config say."""

from __future__ import annotations

import click

from proofdesk.cli._command import READS, Leaf
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable


@click.command(
    "check",
    cls=Leaf,
    shares=READS,
    short_help=_("Compare a desk with package and config."),
    help=_("Compare a desk with package, role table and config; sends nothing, exit code 1 if it differs."),
)
@click.pass_context
def command(context: click.Context) -> None:
    """Report whatever is not as it should be."""
    from proofdesk.ops.check import check_deployment

    here = Here(context)
    config = here.config()
    with here.out.working(_("Checking …")):
        report = check_deployment(here.node(), here.deployment(), config)
    here.out.result({"ok": report.ok, **jsonable(report)}, str(report))
    if not report.ok:
        context.exit(FOUND)
