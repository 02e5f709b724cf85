"""Two shells round one core.

What talks to a node is written once, as coroutines. In the awaited shell they run as such; in the blocking
one the I/O they await blocks instead, so that a coroutine ends without ever having been suspended.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from functools import cached_property, wraps
from importlib import import_module
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def drive(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine whose I/O blocks.

    >>> async def three() -> int:
    ...     return 3
    >>> drive(three())
    3
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: R = end.value
        return result
    coroutine.close()
    raise RuntimeError("this I/O awaits: use the Async classes with it")


def blocking(
    method: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Any, P], R]:
    """The blocking twin of a coroutine method, for a class whose `_core` has that one."""

    @wraps(method)
    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return drive(method(self._core, *args, **kwargs))

    return call


def iterating(
    method: Callable[Concatenate[Any, P], AsyncIterator[R]],
) -> Callable[Concatenate[Any, P], Iterator[R]]:
    """The blocking twin of an asynchronous generator, as `blocking`."""

    @wraps(method)
    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        iterator = method(self._core, *args, **kwargs)
        while True:
            try:
                yield drive(_next(iterator))
            except StopAsyncIteration:
                return

    return call


def late(home: str, name: str, explained: str) -> Any:
    """A part of a desk whose module is loaded when it is first used; it is made once, of the desk."""

    def make(desk: Any) -> Any:
        return getattr(import_module(home), name)(desk)

    make.__doc__ = explained
    return cached_property(make)


def found_late(
    package: str, names: list[str], homes: Iterable[str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__` (PEP 562): names are found when they are first used.

    Each is looked for in the package's modules of `homes`, in their order.
    """

    def find(name: str) -> object:
        for home in homes if name in names else ():
            module = import_module(f"{package}.{home}")
            if name in vars(module):
                setattr(sys.modules[package], name, vars(module)[name])
                return vars(module)[name]
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find, lambda: names


async def _next(iterator: AsyncIterator[R]) -> R:
    return await anext(iterator)
