"""An office of its own, whose line to the node breaks, and queues on either database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.crash.proxy import Proxy
from tests.crash.relay.scene import Scene
from tests.relay import postgres
from tests.relay.conftest import postgres_url

__all__ = ["postgres_url", "scene"]


@pytest.fixture(scope="module")
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Runs with a line of their own; says in the end how many there were."""
    folder, numbers = tmp_path_factory.mktemp("queues"), count()
    databases: list[str] = []

    def place(kind: str) -> str:
        if kind == "sqlite":
            return str(folder / f"{next(numbers)}.db")
        if not databases:
            # Asked for late: a machine without it skips what needs it.
            databases.append(postgres.database(request.getfixturevalue("postgres_url")))
        _empty(databases[0])
        return databases[0]

    with Proxy("").open() as proxy, closing(Scene(proxy, folder, place)) as scene:
        yield scene
        print(f"{request.module.__name__}: {scene.figures}")


def _empty(url: str) -> None:
    """One database for all: hundreds of them keep a server busy for minutes."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
