"""Manifests where the command line or the environment names them by a path; no node is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from proofdesk._errors import ConfigurationError
from proofdesk.cli._language import _

if TYPE_CHECKING:
    from proofdesk._deployments import Deployment

DEPLOYMENTS = "deployments"


def named_manifest(named: str | Path | None) -> Deployment | None:
    """The manifest at the path that was named, if that is a file; raises ConfigurationError."""
    from proofdesk._deployments import load

    path = _path(named)
    return load(path) if path.is_file() else None


def folder_of(named: str | Path | None) -> Path:
    """The folder of manifests to write to; raises ConfigurationError where that is a file."""
    path = _path(named)
    # A manifest lies two folders down, by chain and desk.
    folder = path.parent.parent if path.suffix == ".json" else path
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            raise ConfigurationError(
                _("{path} is a file, no folder of manifests: name another by --deployment").format(path=place)
            )
    return folder


def _path(named: str | Path | None) -> Path:
    # What is named otherwise is a desk's name.
    if isinstance(named, Path):
        return named
    return Path(os.environ.get("PROOFDESK_DEPLOYMENT", DEPLOYMENTS))
