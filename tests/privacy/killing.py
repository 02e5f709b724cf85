"""A process that is killed at one of its steps: before or after it writes to the store, or sends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count

from proofdesk import Desk, Result
from proofdesk._store import Store

DONE = 0


class Steps:
    """Counts steps; at one of them the process is killed."""

    def __init__(self, last: int) -> None:
        self._last = last
        self._count = count(1)

    def step(self) -> None:
        """One more."""
        if next(self._count) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


class Killing(Store):
    """A store each of whose writes is two steps: before it, and after."""

    def __init__(self, store: Store, steps: Steps) -> None:
        self._store = store
        self._steps = steps

    def put(self, entry: str, content: bytes) -> None:
        self._steps.step()
        self._store.put(entry, content)
        self._steps.step()

    def create(self, entry: str, content: bytes) -> bool:
        self._steps.step()
        is_new = self._store.create(entry, content)
        self._steps.step()
        return is_new

    def get(self, entry: str) -> bytes:
        return self._store.get(entry)

    def delete(self, entry: str) -> None:
        self._steps.step()
        self._store.delete(entry)
        self._steps.step()

    def shelf(self, name: str) -> Store:
        return Killing(self._store.shelf(name), self._steps)

    def __contains__(self, entry: str) -> bool:
        return entry in self._store

    def __iter__(self) -> Iterator[str]:
        return iter(self._store)


def killed(at: int, use: Callable[[Steps], object]) -> bool:
    """Let another process use what has steps; it was killed at that one, or it ended well: say which."""
    child = os.fork()
    if not child:
        try:
            use(Steps(at))
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(DONE)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == DONE, "the other process failed: see what it printed"
    return False


def with_steps(desk: Desk, steps: Steps) -> Desk:
    """A desk whose sending is two steps too."""
    core = desk._core
    send = core.send

    async def stepping(contract: str, function: str, *args: object) -> Result:
        steps.step()
        result = await send(contract, function, *args)
        steps.step()
        return result

    core.send = stepping  # type: ignore[method-assign]  # it counts, and passes on
    return desk
