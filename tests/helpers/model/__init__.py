"""The desk a second time, written from the specification alone: what the contracts must do, act by act.

Nothing here comes from proofdesk or from a contract: the table of moves is typed from the drawing, the words
are packed anew, the trees are hashed by RFC 9162's recursive definition.
"""

from tests.helpers.model.carried import CarryingDesk
from tests.helpers.model.certificates import Certificate, Certificates, Standing
from tests.helpers.model.desk import Desk
from tests.helpers.model.table import Kind, Status
from tests.helpers.model.things import (
    Address,
    Event,
    ForbiddenError,
    Lane,
    LaneTerms,
    Refusal,
    Role,
    Skipped,
    Ticket,
    TicketId,
)

__all__ = [
    "Address",
    "CarryingDesk",
    "Certificate",
    "Certificates",
    "Desk",
    "Event",
    "ForbiddenError",
    "Kind",
    "Lane",
    "LaneTerms",
    "Refusal",
    "Role",
    "Skipped",
    "Standing",
    "Status",
    "Ticket",
    "TicketId",
]
