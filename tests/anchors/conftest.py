"""An office on an anvil of its own for each file."""

from __future__ import annotations

from tests.client.conftest import anvil_office, office, wire

__all__ = ["anvil_office", "office", "wire"]
