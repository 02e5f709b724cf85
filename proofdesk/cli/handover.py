"""`proofdesk handover`: the owner becomes ADMIN, the deployer nobody."""

from __future__ import annotations

import click

from proofdesk.cli._command import ACTS, Leaf
from proofdesk.cli._failures import Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._values import jsonable


@click.command(
    "handover",
    cls=Leaf,
    shares=ACTS,
    short_help=_("Give the desk to its owner."),
    help=_("Give the desk to the config's owner: he becomes ADMIN, the deployer ends with no role."),
)
@with_here
def command(here: Here) -> None:
    """Hand over in one transaction, and show that it holds."""
    from proofdesk.ops.handover import handover

    config = here.config()
    folder = here.folder()
    deployment = here.deployment()
    sender = here.sender()
    here.confirm(
        _("Hand desk {desk} to {owner} for ever? {account} will hold no role.").format(
            desk=config.desk, owner=config.owner or _("nobody"), account=sender.address
        )
    )
    try:
        with here.out.working(_("Handing over …")):
            after = handover(sender, deployment, config, path=folder)
    except KeyboardInterrupt:
        raise Interrupted(
            _("interrupted: it is one transaction, so all is handed over or nothing; run it again to see")
        ) from None
    here.out.result(
        {"admin": list(after.roles["admin"]), "roles": jsonable(after.roles)},
        _("{owner} is ADMIN; the deployer {account} holds no role and was refused every call of one").format(
            owner=config.owner, account=sender.address
        ),
    )
