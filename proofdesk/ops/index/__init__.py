"""A desk's events in SQL: on SQLite by default, and wherever else SQLAlchemy reaches.

    from proofdesk.ops.index import Index

    with Index.open("desk.db", desk.deployment) as index:
        index.update(desk.node)
        for act in index.acts(lane="cards"):
            print(act.number, act.status.name)

`docs/index.md` has the tables and what is promised of them.
"""

from __future__ import annotations

from proofdesk.ops.index._answers import Answer, Logged
from proofdesk.ops.index._check import Check
from proofdesk.ops.index._index import Index, Progress, State

__all__ = ["Answer", "Check", "Index", "Logged", "Progress", "State"]
