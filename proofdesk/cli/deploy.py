"""`proofdesk deploy`: the desk of a config, on its chain."""

from __future__ import annotations

import click

from proofdesk.cli._command import CHAIN, KEY, KEYS, OUTPUT, SENDING, Leaf
from proofdesk.cli._dry_run import show_estimate
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable


@click.command(
    "deploy",
    cls=Leaf,
    shares=(SENDING, KEY, KEYS, CHAIN, OUTPUT),
    short_help=_("Deploy the desk of a config, or go on with it."),
    help=_(
        "Deploy the desk of a config, or go on where that was interrupted. The manifest is written to "
        "deployments/<chain>/<desk>.json after every step; run it again and nothing is sent twice."
    ),
)
@click.pass_context
def command(context: click.Context) -> None:
    """Deploy; once all is there, nothing is sent."""
    # Late: help needs none of it.
    from proofdesk.ops.cost import estimate
    from proofdesk.ops.deploy import deploy
    from proofdesk.ops.network import LOCAL_CHAINS, links

    here = Here(context)
    config = here.config()
    folder = here.folder()
    found = estimate(here.node(), here.signer.address, config, path=folder)
    if here.dry_run:
        show_estimate(context, here, found)
        return
    if config.chain_id not in LOCAL_CHAINS:
        found.require()
    # The handover is a command of its own: with nothing else to come nothing is sent.
    if any(step.name != "handover" for step in found.steps):
        here.confirm(
            _("Deploy desk {desk} on chain {chain} as {account}, for about {cost}?").format(
                desk=config.desk, chain=config.chain_id, account=found.deployer, cost=found.shown(found.cost)
            )
        )
    sender = here.sender()
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
    where = list(links(deployment, config.network))
    here.out.fields(
        {"manifest": str(path), "links": dict(where), "deployment": jsonable(deployment)},
        [*where, (_("manifest"), str(path))],
    )
    here.out.say(_("next: proofdesk check, then proofdesk handover, with the same options"))
