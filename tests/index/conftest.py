"""The client's office, for tests of indexes of a real desk."""

from tests.client.conftest import anvil_office, office

__all__ = ["anvil_office", "office"]
