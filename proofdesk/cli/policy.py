"""`proofdesk policy`: the rules that claims are judged by, checked, published and read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proofdesk._errors import ConfigurationError
from proofdesk.cli._announcing import made_or_announced
from proofdesk.cli._command import ACTS, READS, Branch
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._money import Unit, unit_of
from proofdesk.cli._texts import listed, name_of, percent, show_result
from proofdesk.cli._values import jsonable, span

if TYPE_CHECKING:
    from proofdesk._deployments import Deployment
    from proofdesk.claims import Policy

command = Branch("policy", help=_("Check, publish and read the rules that claims are judged by."))


@command.command(
    "check",
    shares=READS,
    short_help=_("Check a policy's file; sends nothing."),
    help=_(
        "Check a policy's file, and show what it says. With --network, or a manifest's path by --deployment, "
        "no node is asked."
    ),
)
@click.argument("file", metavar="FILE")
@with_here
def check(here: Here, file: str) -> None:
    """Check a file against the lanes of a config or a manifest."""
    from proofdesk.ops.policy_file import read_policy

    lanes, of_claims = _lanes(here)
    policy = read_policy(Path(file), lanes)
    for rule in policy.rules:
        if of_claims is not None and rule.lane not in of_claims:
            raise ConfigurationError(
                _("{file}: {reason}.lane is {lane}, no claims lane: name another").format(
                    file=file, reason=rule.reason.name.lower(), lane=name_of(lanes, rule.lane)
                )
            )
    _show(here, policy, _unit_in_file(here, policy, Path(file)), lanes, Path(file).stem)


@command.command(
    "publish",
    shares=ACTS,
    short_help=_("Publish a policy's file, for ever."),
    help=_(
        "Publish a policy's file, for ever, as CLAIMS_EDITOR. The file's name becomes the policy's in the "
        "manifest; one that is published already is not published again."
    ),
)
@click.argument("file", metavar="FILE")
@with_here
def publish(here: Here, file: str) -> None:
    """Publish a policy."""
    from proofdesk.ops.policy_file import read_policy

    desk, name = here.acting(), Path(file).stem
    _refuse_misnamed(file, name)
    policy = read_policy(Path(file), desk.deployment)
    unit = unit_of(here, desk, policy.token)
    # What the token itself says goes before the file's word for it: amounts would be others.
    read_policy(Path(file), desk.deployment, decimals=unit.decimals)
    known = desk.deployment.policies.get(name, policy.id)
    if known != policy.id:
        raise ConfigurationError(
            _(
                "policy {name} is {known} in the manifest, and {file} now says {found}: a policy never "
                "changes; write the new rules into a file of another name"
            ).format(name=name, known=known, file=file, found=policy.id)
        )
    if policy.id not in desk.claims.policies():
        here.confirm(_("Publish policy {name}, {policy}, for ever?").format(name=name, policy=policy.id))
    result = made_or_announced(
        here,
        desk,
        "PolicyBook",
        "publishPolicy",
        *policy.abi,
        act=lambda: desk.claims.publish_policy(policy),
    )
    if result is None:
        return
    _name_it(here, desk.deployment, name, policy.id)
    told = _("policy {name} is published: {policy}").format(name=name, policy=policy.id)
    show_result(here.out, result, told, {"policy": policy.id, "name": name})


@command.command("list", shares=READS, help=_("List the published policies."))
@with_here
def list_(here: Here) -> None:
    """List policies in the order in which they were published."""
    desk = here.desk()
    found = []
    for id_ in desk.claims.policies():
        policy = desk.claims.policy(id_)
        reasons = [rule.reason.name.lower() for rule in policy.rules]
        name = _name_of(desk.deployment, id_)
        found.append((id_, name, unit_of(here, desk, policy.token), reasons))
    here.out.table(
        [
            {"policy": id_, "name": name or None, **unit.plain(), "reasons": reasons}
            for id_, name, unit, reasons in found
        ],
        [_("policy"), _("name"), _("token"), _("reasons")],
        [[id_, name, unit.name, listed(reasons)] for id_, name, unit, reasons in found],
        empty=_("no policies"),
    )


@command.command("show", shares=READS, help=_("Show a policy, by its name in the manifest or its id."))
@click.argument("policy")
@with_here
def show(here: Here, policy: str) -> None:
    """Show a policy's rules."""
    desk = here.desk()
    found = desk.claims.policy(policy)
    name = _name_of(desk.deployment, found.id)
    _show(here, found, unit_of(here, desk, found.token), desk.deployment.lanes, name)


def _show(here: Here, policy: Policy, unit: Unit, lanes: Mapping[str, int], name: str) -> None:
    value = {"policy": policy.id, "name": name or None, **unit.plain()}
    value["rules"] = [
        jsonable({each: getattr(rule, each) for each in ("reason", "window", "refund", "evidence")})
        | {
            "automatic_limit": str(rule.automatic_limit),
            "lane": rule.lane,
            "lane_name": name_of(lanes, rule.lane),
            "review": rule.review,
        }
        for rule in policy.rules
    ]
    rows = [
        (_("policy"), policy.id),
        (_("name"), name),
        (_("token"), unit.name if unit.name == here.currency else f"{unit.name} ({unit.token})"),
    ]
    for rule in policy.rules:
        kinds = listed([kind.name.lower() for kind in rule.evidence]) or _("none")
        waits = rule.review or not rule.automatic_limit
        automatic = _("an agent decides each") if waits else unit.shown(rule.automatic_limit)
        rows += [
            (rule.reason.name.lower(), _("within {window}").format(window=span(rule.window))),
            # As a file has it.
            (f"  {_('refund')}", percent(rule.refund).replace(" ", "")),
            (f"  {_('evidence')}", kinds),
            (f"  {_('paid at once up to')}", automatic),
            (f"  {_('lane')}", name_of(lanes, rule.lane)),
        ]
    here.out.fields(value, rows)


def _lanes(here: Here) -> tuple[Mapping[str, int], set[int] | None]:
    """The lanes by name, and the numbers of those that take claims, where the config or the chain says so."""
    if here.config_path is not None:
        lanes = list(enumerate(here.config().lanes, 1))
        return {lane.name: number for number, lane in lanes}, {
            number for number, lane in lanes if lane.claims
        }
    named = here.name_or_path()
    if isinstance(named, Path) and named.is_file():
        # Late: whoever has a node or a config needs none of it.
        from proofdesk._deployments import load

        return load(named).lanes, None
    desk = here.desk()
    return desk.deployment.lanes, {lane.id for lane in desk.lanes.all() if lane.claims}


def _unit_in_file(here: Here, policy: Policy, path: Path) -> Unit:
    """The unit as the file itself has it, which is asked of nobody."""
    from proofdesk.claims.values import ETH
    from proofdesk.cli._output import shortened
    from proofdesk.ops._toml import read

    if policy.token == ETH:
        return Unit(ETH, 18, here.currency)
    return Unit(policy.token, read(path).number("decimals", 0, 36), shortened(policy.token))


def _refuse_misnamed(file: str, name: str) -> None:
    from proofdesk.ops.network import POLICY_NAME

    if not re.fullmatch(POLICY_NAME["pattern"], name):
        raise ConfigurationError(
            _("{file}: the file's name becomes the policy's: write it in {advice}").format(
                file=file, advice=_("lower-case letters, digits and hyphens, not beginning with 0x")
            )
        )


def _name_it(here: Here, deployment: Deployment, name: str, policy: str) -> None:
    """Write the policy's name into the manifest, where that lies in the folder of manifests."""
    folder = here.folder()
    if (folder / str(deployment.chain_id) / f"{deployment.desk}.json").is_file():
        replace(deployment, policies={**deployment.policies, name: policy}).save(folder)
    else:
        told = _("the manifest is not in {folder}: the policy has no name there, use its id")
        here.out.say(told.format(folder=folder))


def _name_of(deployment: Deployment, policy: str) -> str:
    return next((name for name, one in deployment.policies.items() if one == policy), "")
