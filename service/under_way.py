"""Work that several callers want at once is done once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Shared(Generic[T]):
    task: asyncio.Task[T]
    begun: float
    callers: int = 0


class UnderWay(Generic[T]):
    """Tasks by key, each kept while it runs. Only the event loop's thread may touch it.

    A task is joined by at most `max_callers`, and only for `max_seconds` after it began: who joins it ends with it, so
    a task near its deadline would fail those that have just come.
    """

    def __init__(self, *, max_callers: int, max_seconds: float) -> None:
        self._max_callers = max_callers
        self._max_seconds = max_seconds
        self._shared: dict[Hashable, _Shared[T]] = {}

    async def join(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the task under `key` returns or raises, and start it with `work` where there is none to join.

        A caller that is cancelled leaves the task to the others; the last one cancels it.
        """
        shared = self._shared.get(key)
        if shared is None or not self._open(shared):
            shared = self._shared[key] = _Shared(asyncio.ensure_future(_run(work)), perf_counter())
        shared.callers += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.callers -= 1
            if shared.task.done() or not shared.callers:
                shared.task.cancel()
                if self._shared.get(key) is shared:
                    del self._shared[key]

    def _open(self, shared: _Shared[T]) -> bool:
        return shared.callers < self._max_callers and perf_counter() - shared.begun <= self._max_seconds


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
