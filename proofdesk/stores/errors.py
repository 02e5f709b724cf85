"""What a store raises when it cannot do what it was asked."""

# ruff: noqa: N818  the names are what happened

from __future__ import annotations

from proofdesk._errors import ProofdeskError


class StoreUnavailable(ProofdeskError):
    """A store at `place` did not answer, or refused; running the same call again is safe.

    >>> print(StoreUnavailable("s3://records", "put a content", "TimeoutError"))
    s3://records did not put a content (TimeoutError): see to it and do the same again, nothing is half done
    """

    def __init__(self, place: str, what: str, reason: str) -> None:
        super().__init__(
            f"{place} did not {what} ({reason}): see to it and do the same again, nothing is half done"
        )
        self.place = place
