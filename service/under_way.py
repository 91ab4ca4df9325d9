"""Work that several callers want at once is done once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Shared(Generic[T]):
    task: asyncio.Task[T]
    callers: int = 0


class UnderWay(Generic[T]):
    """Tasks by key, each kept while it runs. Only the event loop's thread may touch it."""

    def __init__(self) -> None:
        self._shared: dict[Hashable, _Shared[T]] = {}

    async def join(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the task under `key` returns or raises, and start it with `work` where there is none.

        A caller that is cancelled leaves the task to the others; the last one cancels it.
        """
        shared = self._shared.get(key)
        if shared is None:
            shared = self._shared[key] = _Shared(asyncio.ensure_future(_run(work)))
        shared.callers += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.callers -= 1
            if shared.task.done() or not shared.callers:
                shared.task.cancel()
                if self._shared.get(key) is shared:
                    del self._shared[key]


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
