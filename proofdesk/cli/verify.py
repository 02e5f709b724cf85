"""`proofdesk verify`: what a proof file proves, offline, in plain words."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from proofdesk.cli._command import SAID, Leaf
from proofdesk.cli._failures import FOUND, WrongChain
from proofdesk.cli._here import Here
from proofdesk.cli._language import _, spoken
from proofdesk.cli._values import jsonable

if TYPE_CHECKING:
    from proofdesk.proof.file import ProofFile
    from proofdesk.proof.saying import Statement


@click.command(
    "verify",
    cls=Leaf,
    short_help=_("Verify a proof file, offline."),
    help=_(
        "Verify a proof file, offline, and say what it proves and what not. It holds for its block: give "
        "that block's hash from a source that you trust, or a node to ask for it. Without either the exit "
        "code is 1, for anybody can make a file about a block of his own."
    ),
)
@click.argument("file", metavar="FILE")
@click.option("--block-hash", metavar="HASH", help=_("The hash of its block, from a source that you trust."))
@click.option("--node", metavar="URL", help=_("Ask this node for the hash of its block."))
@click.pass_context
def command(context: click.Context, file: str, block_hash: str | None, node: str | None) -> None:
    """Verify, and tell in the language of choice."""
    # Late: help and completion need none of it.
    from proofdesk.proof.file import ProofFile
    from proofdesk.proof.verifying import verify_file

    here = Here(context)
    node = node or _said_before(context)
    if block_hash and node:
        raise click.UsageError(_("--block-hash and --node both say which block it is: give one of them"))
    shown = ProofFile.load(Path(file))
    with here.out.working(_("Verifying …")):
        hash_ = _hash_by(node, shown) if node else block_hash
        proven = verify_file(shown, block_hash=hash_, is_asked=bool(node))
    statements = proven.statements("zh" if spoken().startswith("zh") else "en")
    here.out.result(
        {
            "verified": proven.block.is_given,
            "statements": [{"part": each.part.value, "text": each.text} for each in statements],
            "proven": jsonable(proven),
        },
        "\n\n".join(
            _told(part.value, list(group)) for part, group in groupby(statements, lambda each: each.part)
        ),
    )
    if not proven.block.is_given:
        here.out.say(
            _(
                "the file fits together, but nobody has said that its block {number} is the chain's: give "
                "--block-hash HASH or --node URL"
            ).format(number=proven.block.number)
        )
        context.exit(FOUND)


def _told(part: str, statements: list[Statement]) -> str:
    titles = {
        "proven": _("Proven"),
        "not shown": _("Not shown"),
        "erased": _("Erased"),
        "not proven": _("Not proven"),
    }
    return "\n".join([titles[part], *(f"- {each.text}" for each in statements)])


def _said_before(context: click.Context) -> str | None:
    """A node that was named before the command; the environment's is not asked, for this works offline."""
    if context.find_root().get_parameter_source("node") is not ParameterSource.COMMANDLINE:
        return None
    named: str | None = context.meta.get(SAID, {}).get("node")
    return named


def _hash_by(url: str, shown: ProofFile) -> str:
    """The hash that a node has for the file's block; raises WrongChain, ProofFailed, ConnectionLost."""
    from proofdesk._reader import sound
    from proofdesk._rpc import Node
    from proofdesk.proof.errors import ProofFailed

    node = Node(url)
    chain_id = node.request("eth_chainId")
    found = node.request("eth_getBlockByNumber", hex(shown.block.number), False)
    with sound("a block"):
        number = int(chain_id, 16)
        hash_: str = "" if found is None else found["hash"].lower()
    if number != shown.chain_id:
        raise WrongChain(
            _(
                "the file is about chain {wanted}, the node is on chain {found}: name a node of the file's "
                "chain"
            ),
            wanted=shown.chain_id,
            found=number,
        )
    if not hash_:
        raise ProofFailed(
            "block", _("the node's chain has no block {number} yet").format(number=shown.block.number)
        )
    return hash_
