"""`proofdesk agent`: who is certified, exams recorded, certificates suspended and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofdesk._errors import InvalidArgument
from proofdesk._models import Certificate, Event, Result
from proofdesk.cli._command import ACTS, READS, WRITES, Branch
from proofdesk.cli._contents import content_options, wrapped, written
from proofdesk.cli._failures import FOUND, Interrupted
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._texts import certificate_rows, name_of, show_reread, standing_at, with_names
from proofdesk.cli._values import when

if TYPE_CHECKING:
    from proofdesk._desk import Desk

_COLUMNS = ("agent", "program", "level", "score", "taken_at", "evidence")

command = Branch("agent", help=_("See who is certified; certify, suspend and end certificates."))


@command.command("list", shares=READS, help=_("List the certificates."))
@click.option("--program", metavar="PROGRAM", help=_("Only a program's."))
@click.option("--valid", is_flag=True, help=_("Only those that admit their agent now."))
@with_here
def list_(here: Here, program: str | None, valid: bool) -> None:
    """List certificates in the order in which they were issued."""
    from proofdesk.cli.program import program_named

    desk = here.desk()
    now = desk.now()
    number = None if program is None else desk.deployment.program(program_named(program))
    if number is not None and number not in desk.deployment.programs.values():
        desk.certification.program(number)  # refuses one that there is not
    found = [
        certificate
        for certificate in _certificates(desk)
        if number in (None, certificate.program) and (not valid or certificate.is_valid(now))
    ]
    here.out.table(
        [with_names(desk, certificate) | {"valid": certificate.is_valid(now)} for certificate in found],
        [_("no."), _("agent"), _("program"), _("level"), _("standing"), _("expires")],
        [
            [
                str(certificate.id),
                certificate.agent,
                name_of(desk.deployment.programs, certificate.program),
                str(certificate.level),
                standing_at(certificate, now),
                when(certificate.expires_at)[:10],
            ]
            for certificate in found
        ],
        empty=_("no certificates"),
    )


@command.command("show", shares=READS, help=_("Show an agent's certificates, or one by its number."))
@click.argument("agent", metavar="ADDRESS|NUMBER")
@with_here
def show(here: Here, agent: str) -> None:
    """Show certificates of an agent, ended ones too."""
    desk = here.desk()
    if agent.isdecimal():
        found = [desk.certification.get(int(agent))]
    else:
        held = (desk.certification.of(_address(agent), number) for number in _programs(desk))
        found = [certificate for certificate in held if certificate is not None]
    if not found:
        raise InvalidArgument(_("{agent} never had a certificate of this desk").format(agent=agent))
    now = desk.now()
    rows = [row for certificate in found for row in certificate_rows(desk, certificate, now)]
    value = [with_names(desk, certificate) | {"valid": certificate.is_valid(now)} for certificate in found]
    here.out.fields(value, rows)


@command.command(
    "certify",
    shares=WRITES,
    short_help=_("Record exams of a file, or one by its options."),
    help=_("Record exams as CERTIFIER: of a CSV or TOML FILE, or one by its options."),
)
@click.argument("file", required=False)
@click.option("--agent", metavar="ADDRESS", help=_("Who was examined."))
@click.option("--program", metavar="PROGRAM", help=_("In what."))
@click.option("--level", metavar="N", help=_("At which level."))
@click.option("--score", metavar="N", help=_("Basis points of the full score: 7250 is 72.5 %."))
@click.option("--taken-at", metavar="TIME", help=_("When, such as 2026-01-31T12:00:00Z."))
@click.option("--evidence", metavar="TEXT", help=_("What the exam's record says."))
@click.pass_context
def certify(context: click.Context, /, file: str | None, **one: str | None) -> None:
    """Record every exam that is not recorded yet; exit code 1 if one was refused."""
    from proofdesk.ops.certify import read_exam, read_exams, record_exams

    here = Here(context)
    given = {name: text for name, text in one.items() if text is not None}
    if (file is None) == (not given):
        raise click.UsageError(
            _("which exams? Give a FILE, or {options}").format(
                options=" ".join(f"--{name.replace('_', '-')}" for name in _COLUMNS)
            )
        )
    desk = here.acting()
    if file is not None:
        if Path(file).is_dir():
            raise click.UsageError(_("{path} is a folder, not a file of exams").format(path=file))
        exams = read_exams(file, desk.deployment)
    else:
        exams = (read_exam(given, desk.deployment),)
    if here.dry_run:
        _rehearse(here, desk, exams)
        return
    done: list[Any] = []
    try:
        with here.out.steps(_("Exams")) as steps:

            def progress(recorded: Any) -> None:
                done.append(recorded)
                steps(len(done), len(exams), str(recorded))

            recorded = record_exams(desk, exams, progress=progress)
    except KeyboardInterrupt:
        raise Interrupted(
            _(
                "interrupted: {done} of {all} exams are done; run it again for the rest, none counts twice"
            ).format(done=len(done), all=len(exams))
        ) from None
    refused = [item for item in recorded if item.refusal is not None]
    value = [
        {
            "agent": item.exam.agent,
            "program": item.exam.program,
            "level": item.exam.level,
            "certificate_id": item.certificate_id or None,
            "was_there": item.was_there,
            "refusal": None if item.refusal is None else str(item.refusal),
        }
        for item in recorded
    ]
    here.out.result(value, "\n".join(map(str, recorded)))
    if refused:
        context.exit(FOUND)


@command.command("suspend", shares=ACTS, help=_("Take a certificate's effect away at once, as CERTIFIER."))
@click.argument("certificate", type=click.IntRange(1), metavar="NUMBER")
@with_here
def suspend(here: Here, certificate: int) -> None:
    """Suspend a certificate."""
    _change(here, certificate, lambda desk: desk.certification.suspend(certificate))


@command.command("reinstate", shares=ACTS, help=_("Give a suspended certificate its effect back."))
@click.argument("certificate", type=click.IntRange(1), metavar="NUMBER")
@with_here
def reinstate(here: Here, certificate: int) -> None:
    """Reinstate a certificate."""
    _change(here, certificate, lambda desk: desk.certification.reinstate(certificate))


@command.command("revoke", shares=WRITES, help=_("End a certificate for ever, as CERTIFIER; say why."))
@click.argument("certificate", type=click.IntRange(1), metavar="NUMBER")
@content_options
@with_here
def revoke(here: Here, /, certificate: int, **said: Any) -> None:
    """Revoke a certificate."""
    desk = here.acting()
    desk.certification.get(certificate)
    if said["entry"] is not None:
        _refuse_other(desk, certificate, said["entry"].lower())
    here.confirm(_("Revoke certificate {number} for ever?").format(number=certificate))
    result = written(
        desk,
        said,
        kinds=("revocation",),
        ticket=None,
        required=True,
        act=lambda opening: desk.certification.revoke(certificate, opening),
    )
    _told(here, desk, certificate, result)


@command.command("resign", shares=ACTS, help=_("End one's own certificate for ever."))
@click.argument("certificate", type=click.IntRange(1), metavar="NUMBER")
@with_here
def resign(here: Here, certificate: int) -> None:
    """Resign a certificate."""
    question = _("Resign certificate {number} for ever?").format(number=certificate)
    _change(here, certificate, lambda desk: desk.certification.resign(certificate), question=question)


@command.command(
    "leave",
    shares=WRITES,
    short_help=_("Leave the desk: certificates and reading key."),
    help=_(
        "Leave the desk: resign one's certificates, retire one's reading key, and log it. What was done "
        "still verifies. Run again, it is finished where it was interrupted."
    ),
)
@with_here
def leave(here: Here) -> None:
    """Leave."""
    desk = here.acting()
    here.confirm(_("Resign all certificates of {account} for ever?").format(account=desk.sender.address))
    left = wrapped(desk.records.leave)
    numbers = ", ".join(_("no. {number}").format(number=number) for number in left.certificates)
    here.out.fields(
        {"certificates": left.certificates, "key": left.key, "roles": left.roles},
        [
            (_("resigned certificates"), numbers or _("none")),
            (_("retired key"), "" if left.key is None else _("version {number}").format(number=left.key)),
            (_("roles whose keys are known"), ", ".join(left.roles)),
        ],
    )
    for role in left.roles:
        here.out.say(
            _("have KEYS_EDITOR run: proofdesk key rotate {role} --without {account}").format(
                role=role, account=desk.sender.address
            )
        )


def _change(here: Here, certificate: int, act: Callable[[Desk], Result], *, question: str = "") -> None:
    desk = here.acting()
    # Read first: an unknown one is to be told before anybody is asked or anything sent.
    desk.certification.get(certificate)
    if question:
        here.confirm(question)
    _told(here, desk, certificate, wrapped(lambda: act(desk)))


def _told(here: Here, desk: Desk, certificate: int, result: Result) -> None:
    def read() -> tuple[str, dict[str, Any]]:
        found = desk.certification.get(certificate)
        told = _("certificate {number} of {agent} is {standing}").format(
            number=certificate, agent=found.agent, standing=standing_at(found, desk.now())
        )
        return told, {"certificate": with_names(desk, found)}

    show_reread(here.out, result, read)


def _rehearse(here: Here, desk: Desk, exams: Any) -> None:
    """Show what recording each exam would cost; each is tried on the chain as it is now."""
    from proofdesk.cli._dry_run import Planned, cost_of, show_costs
    from proofdesk.ops.certify import record_exams

    costs = []
    for exam in exams:
        try:
            (recorded,) = record_exams(desk, [exam])
        except Planned as planned:
            costs.append((f"{exam.agent} {exam.program}", cost_of(here.node(), planned.transaction)))
        else:
            here.out.say(str(recorded))
    if costs:
        show_costs(here.out, costs, here.currency)
    else:
        here.out.result({"dry_run": True, "transactions": []}, _("nothing would be sent"))


def _certificates(desk: Desk) -> Iterator[Certificate]:
    """Every certificate, as it stands now; their numbers have no gaps."""
    for id_ in sorted({int(event["certificateId"]) for event in _events(desk, "CertificateWritten")}):
        yield desk.certification.get(id_)


def _refuse_other(desk: Desk, certificate: int, entry: str) -> None:
    """Refuse an entry with which another certificate was revoked: a record of this act tells no number."""
    for event in _events(desk, "CertificateRevoked"):
        if event["reason"] == entry and event["certificateId"] != certificate:
            raise InvalidArgument(
                _(
                    "entry {entry} is on chain with the end of certificate {number}: write this one anew"
                ).format(entry=entry, number=event["certificateId"])
            )


def _events(desk: Desk, name: str) -> Iterator[Mapping[str, Any]]:
    """The arguments of every event of this name."""
    from proofdesk._abi import decode_event, topic

    contract = desk.deployment.contract("AgentCertification")
    logs = desk.node.logs(
        contract.address, [topic("AgentCertification", name)], contract.block, desk.node.height()
    )
    return (event.arguments for event in map(decode_event, logs) if isinstance(event, Event))


def _programs(desk: Desk) -> range:
    return range(1, desk.read("AgentCertification", "programCount") + 1)


def _address(text: str) -> str:
    from proofdesk._words import address_of, to_bytes

    return address_of(int.from_bytes(to_bytes(text, 20, _("agent")), "big"))
