"""brownie run sources [--network NAME]: write what explorers and Sourcify verify the desk's contracts by."""

from __future__ import annotations

from proofdesk.ops.sources import FOLDER, Source, shown, write_sources
from scripts._brownie import ROOT, operation


def main() -> tuple[Source, ...]:
    """Write the files to sources/ and tell where each goes; nothing is uploaded."""
    with operation() as here:
        # A rehearsal's desk is gone with its chain.
        folder = (here.folder if here.is_rehearsal else ROOT) / FOLDER
        sources = write_sources(here.deployment(), here.config.network, path=folder)
    print(shown(sources))
    return sources
