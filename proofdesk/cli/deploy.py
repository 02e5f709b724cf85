"""`proofdesk deploy`: the desk of a config, on its chain."""

from __future__ import annotations

import click

from proofdesk.cli._command import CHAIN, KEY, OUTPUT, SENDING, Leaf
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable


@click.command(
    "deploy",
    cls=Leaf,
    shares=(SENDING, KEY, CHAIN, OUTPUT),
    short_help=_("Deploy the desk of a config, or go on with it."),
    help=_(
        "Deploy the desk of a config, or go on where that was interrupted. The manifest is written to "
        "deployments/<chain>/<desk>.json after every step; run it again and nothing is sent twice."
    ),
)
@with_here
def command(here: Here) -> None:
    """Deploy; once all is there, nothing is sent."""
    from proofdesk.ops.deploy import deploy

    config = here.config()
    folder = here.folder()
    sender = here.sender()
    here.confirm(
        _("Deploy desk {desk} on chain {chain} as {account}?").format(
            desk=config.desk, chain=config.chain_id, account=sender.address
        )
    )
    path = folder / str(config.chain_id) / f"{config.desk}.json"
    try:
        with here.out.steps(_("Deploying")) as steps:
            deployment = deploy(
                sender,
                config,
                path=folder,
                progress=lambda step: steps(
                    step.number, step.of, f"{step.name:<28} {', '.join(step.transactions) or _('was there')}"
                ),
            )
    except KeyboardInterrupt:
        raise Interrupted(
            _("interrupted: what is done is in {path}; run the same command again to go on").format(path=path)
        ) from None
    rows = [(name, contract.address) for name, contract in deployment.contracts.items()]
    here.out.fields(
        {"manifest": str(path), "deployment": jsonable(deployment)}, [*rows, (_("manifest"), str(path))]
    )
    here.out.say(_("next: proofdesk check, then proofdesk handover, with the same options"))
