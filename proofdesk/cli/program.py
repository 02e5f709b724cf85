"""`proofdesk program`: what agents are examined in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from proofdesk._models import Program
from proofdesk.cli._command import ACTS, READS, Branch
from proofdesk.cli._contents import wrapped
from proofdesk.cli._here import Here, with_here
from proofdesk.cli._language import _
from proofdesk.cli._output import yes_or_no
from proofdesk.cli._texts import name_of, percent, program_rows, show_result, with_names
from proofdesk.cli._values import span

if TYPE_CHECKING:
    from proofdesk._desk import Desk

command = Branch("program", help=_("Read programs, start and stop their exams."))


@command.command("list", shares=READS, help=_("List the programs."))
@with_here
def list_(here: Here) -> None:
    """List every program."""
    desk = here.desk()
    count = desk.read("AgentCertification", "programCount")
    programs = [desk.certification.program(number) for number in range(1, count + 1)]
    here.out.table(
        [with_names(desk, program) | {"name": _name(desk, program)} for program in programs],
        [_("no."), _("program"), _("pass mark"), _("validity"), _("retake after"), _("takes exams")],
        [
            [
                str(program.id),
                _name(desk, program),
                percent(program.pass_mark),
                span(program.validity),
                span(program.retake_delay),
                yes_or_no(program.active),
            ]
            for program in programs
        ],
        empty=_("no programs"),
    )


@command.command("show", shares=READS, help=_("Show a program."))
@click.argument("program")
@with_here
def show(here: Here, program: str) -> None:
    """Show one program."""
    desk = here.desk()
    found = desk.certification.program(program_named(program))
    here.out.fields(with_names(desk, found) | {"name": _name(desk, found)}, program_rows(desk, found))


@command.command("activate", shares=ACTS, help=_("Let a program take exams, as CERTIFIER."))
@click.argument("program")
@with_here
def activate(here: Here, program: str) -> None:
    """Start the taking of exams."""
    _set_active(here, program, True)


@command.command(
    "deactivate", shares=ACTS, help=_("Stop a program's exams, as CERTIFIER; certificates stay valid.")
)
@click.argument("program")
@with_here
def deactivate(here: Here, program: str) -> None:
    """Stop the taking of exams."""
    _set_active(here, program, False)


def program_named(program: str) -> str | int:
    """A program as it was written: its name, or its number.

    >>> program_named("2"), program_named("cards")
    (2, 'cards')
    """
    return int(program) if program.isdecimal() else program


def _set_active(here: Here, program: str, active: bool) -> None:
    desk = here.acting()
    # Read first: an unknown program is to be told before anything is sent.
    found = desk.certification.program(program_named(program))
    result = wrapped(lambda: desk.certification.set_active(found.id, active))
    told = _("program {name} takes exams") if active else _("program {name} takes no exams")
    show_result(
        here.out, result, told.format(name=_name(desk, found)), {"program": found.id, "active": active}
    )


def _name(desk: Desk, program: Program) -> str:
    return name_of(desk.deployment.programs, program.id)
