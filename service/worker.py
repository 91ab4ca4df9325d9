"""The one worker that feeds the engine, and what happens when either fails."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from model.batching import unique
from model.errors import EngineError, StanceError
from model.tokenizer import Window
from service.waiting import Turn, WaitingLine

RESTART_SECONDS = 1.0
logger = logging.getLogger(__name__)


class UnavailableError(StanceError):
    """Nothing can be scored now: the service shuts down, or its worker died and is being restarted."""


class Worker:
    """Takes turn after turn from the line and runs them in a thread of its own.

    An engine that fails costs only the requests in that turn. If the worker itself dies, every request
    in line fails at once, later ones are refused by `require`, and a new worker starts soon.
    `observe` is told the length in tokens of every window of a turn that went well.
    """

    def __init__(
        self,
        line: WaitingLine,
        *,
        run: Callable[[Sequence[Window]], NDArray[np.float32]],
        observe: Callable[[Sequence[int]], object],
    ) -> None:
        self._line = line
        self._run = run
        self._observe = observe
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        if not self._stopped:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="stance-worker")
            self._task.add_done_callback(self._ended)

    def stop(self) -> None:
        """Stop for good; the turn in the engine, if any, goes nowhere."""
        self._stopped = True
        if self._task:
            self._task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Something entered the line."""
        self._arrived.set()

    def require(self) -> None:
        """Raises `UnavailableError` where no worker is alive."""
        if self._task is None or self._task.done():
            raise UnavailableError("the worker died and is being restarted")

    def _ended(self, task: asyncio.Task[None]) -> None:
        for job in self._line.jobs:
            job.fail(UnavailableError("the worker died and is being restarted"))
        if not self._stopped:
            error = None if task.cancelled() else task.exception()
            logger.critical("the worker died; a new one starts in %g s", RESTART_SECONDS, exc_info=error)
            asyncio.get_running_loop().call_later(RESTART_SECONDS, self.start)

    async def _work(self) -> None:
        while True:
            if turn := self._line.next_turn():
                await self._serve(turn)
            else:
                self._arrived.clear()
                await self._arrived.wait()

    async def _serve(self, turn: Turn) -> None:
        windows = [job.windows[index] for job, indices in turn for index in indices]
        begun = perf_counter()
        for job, _ in turn:
            job.started = job.started or begun
        try:
            logits = await asyncio.get_running_loop().run_in_executor(self._thread, self._run, windows)
        except Exception:
            # Whatever an engine raises concerns the requests of this turn only; the cause is the operator's to read.
            logger.exception("the engine failed on a batch of %d windows", len(windows))
            for job, _ in turn:
                job.fail(EngineError("the engine failed on a batch that held these texts; see the log of the service"))
        else:
            self._line.complete(turn, seconds=perf_counter() - begun)
            _hand_back(turn, logits)
            self._observe([len(window) for window in unique(windows)[0]])


def _hand_back(turn: Turn, logits: NDArray[np.float32]) -> None:
    begin = 0
    for job, indices in turn:
        job.finished = perf_counter()
        job.receive(indices, logits[begin : begin + len(indices)])
        begin += len(indices)
