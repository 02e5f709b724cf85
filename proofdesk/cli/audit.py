"""`proofdesk audit`: a whole desk, its acts, records, readers, log and trees, held against the chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import click

from proofdesk._errors import ConfigurationError
from proofdesk.cli._command import READS_RECORDS, Leaf
from proofdesk.cli._failures import FOUND
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import as_span


def _span(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    found = as_span(text)
    if found is None:
        raise click.BadParameter(_("{text}: write a span such as 30s, 5m or 2h").format(text=text))
    return found


def _unopened(counts: Mapping[str, int]) -> str:
    """What stands above all else where somebody could take an audit without keys for a whole one."""
    if not (count := counts.get("not opened", 0)):
        return ""
    return _(
        "{count:,} records were not opened: their form was checked, their contents were not; name an "
        "auditor's seed by --keys FILE"
    ).format(count=count)


@click.command(
    "audit",
    cls=Leaf,
    shares=READS_RECORDS,
    short_help=_("Check a whole desk against the chain."),
    help=_(
        "Check a whole desk against the chain as of its latest block: acts, certificates, records, who reads "
        "them, erasures, the access log, shares of keys, trees. Sends nothing and shows no content; the exit "
        "code is 1 where something differs. Of records that --keys does not open the form is checked."
    ),
)
@click.option(
    "--out",
    "-o",
    metavar="FILE",
    help=_("Write the report, of up to 1,000 differences, there too: JSON, or text where it ends in .txt."),
)
@click.option(
    "--waiting",
    "patience",
    metavar="SPAN",
    callback=_span,
    default="1h",
    show_default=True,
    help=_("How long a message or an entry of the access log may wait to be anchored."),
)
@click.pass_context
def command(context: click.Context, out: str | None, patience: timedelta) -> None:
    """Audit, and tell what differs."""
    # Late: help and completion need none of it.
    from proofdesk._files import write_atomically
    from proofdesk.ops.audit import audit

    path = None if out is None else Path(out)
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise ConfigurationError(_("{path} cannot be a report: name a file").format(path=path))
    here = Here(context)
    desk = here.desk()
    with here.out.counting(_("Auditing")) as progress:
        found = audit(desk, progress=progress, patience=patience)
    if path is not None:
        write_atomically(path, f"{found}\n".encode() if path.suffix == ".txt" else found.dump())
    here.out.result(found.to_json(), "\n".join(filter(None, [_unopened(found.counts), found.summary])))
    if not found.ok:
        context.exit(FOUND)
