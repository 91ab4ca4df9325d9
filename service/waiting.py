"""The line in which requests wait for the engine: bounded in tokens, fair between large and small.

Tokens are padded ones (`model.batching.padded_length`), since those are what the engine works through.
No asyncio beyond the future that tells a request's caller; only the event loop's thread may touch it.
"""

import asyncio
import math
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.batching import padded_length
from model.errors import StanceError
from model.labels import LABELS
from model.tokenizer import Window

# What one request may put into a turn before the others have had theirs.
SHARE_TOKENS = 1024
# Weight of the newest turn in the measured speed: follows a change within a few turns.
_NEWEST = 0.3


class QueueFullError(StanceError):
    """No request is taken now; `retry_after` is in seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"too many texts are waiting; try again in {retry_after} s")
        self.retry_after = retry_after


class RequestTooLargeError(StanceError):
    """The request alone is larger than the whole line may be."""


class Job:
    """One request's windows on their way through the engine.

    They are handed out longest first, so that what a turn takes from a large request is of like length.
    """

    def __init__(self, *, tokens: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.tokens = tokens
        self.started = self.finished = 0.0
        self.windows: Sequence[Window] = ()
        self._order: deque[int] = deque()
        self._missing = 0

    def load(self, windows: Sequence[Window]) -> None:
        self.windows = windows
        self.tokens = sum(padded_length(len(window)) for window in windows)
        self.logits = np.zeros((len(windows), len(LABELS)), dtype=np.float32)
        self._order.extend(sorted(range(len(windows)), key=lambda index: -len(windows[index])))
        self._missing = len(windows)

    @property
    def waits(self) -> bool:
        """True while the caller is there and windows are left to hand out."""
        return bool(self._order) and not self.done.done()

    def take(self, tokens: int) -> tuple[list[int], int]:
        """Hand out the indices of windows of about `tokens` tokens, at least one; return them and their tokens."""
        indices: list[int] = []
        taken = 0
        while self._order and (not indices or taken + padded_length(len(self.windows[self._order[0]])) <= tokens):
            indices.append(self._order.popleft())
            taken += padded_length(len(self.windows[indices[-1]]))
        return indices, taken

    def receive(self, indices: list[int], logits: NDArray[np.float32]) -> None:
        """Store the logits of windows handed out; with the last, the caller goes on."""
        self.logits[indices] = logits
        self._missing -= len(indices)
        if not self._missing and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: StanceError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


Turn = list[tuple[Job, list[int]]]


class WaitingLine:
    """Takes a request while fewer than `max_tokens` tokens wait, whatever the request's own size.

    The engine gets about `turn_tokens` at once.

    So a large request has the same chance of being taken as a small one, and at most one request's
    tokens go over the bound.
    """

    def __init__(self, *, max_tokens: int, turn_tokens: int) -> None:
        self.jobs: set[Job] = set()
        self.tokens = 0
        self._max_tokens = max_tokens
        self._turn_tokens = turn_tokens
        self._queue: deque[Job] = deque()
        self._tokens_per_second = 0.0

    def admit(self, *, tokens: int) -> Job:
        """Take a request of about `tokens` tokens, before any work is done for it.

        Raises:
            QueueFullError: the line is full.
        """
        if self.tokens >= self._max_tokens:
            raise QueueFullError(retry_after=self.retry_after)
        return self._add(Job(tokens=tokens))

    def admit_always(self) -> Job:
        """Take a request of no size worth mentioning."""
        return self._add(Job(tokens=0))

    def enter(self, job: Job, windows: Sequence[Window], *, first: bool = False) -> None:
        """Put the windows of an admitted request in line; their true size replaces the estimate.

        Raises:
            RequestTooLargeError: see there.
        """
        self.tokens -= job.tokens
        job.load(windows)
        self.tokens += job.tokens
        if job.tokens > self._max_tokens:
            raise RequestTooLargeError(
                f"{job.tokens:,} tokens in one request; the limit is {self._max_tokens:,}. Send the texts in several."
            )
        self._queue.insert(0 if first else len(self._queue), job)

    def next_turn(self) -> Turn:
        """Take a share from each request in its turn until the engine has enough; drop those whose caller left."""
        turn: Turn = []
        room = self._turn_tokens
        while self._queue and room > 0:
            job = self._queue.popleft()
            if not job.waits:
                continue
            indices, taken = job.take(min(SHARE_TOKENS, room))
            turn.append((job, indices))
            room -= taken
            if job.waits:
                self._queue.append(job)
        return turn

    def complete(self, turn: Turn, *, seconds: float) -> None:
        """The engine is through with `turn`, `seconds` after it began: its windows no longer wait."""
        total = 0
        for job, indices in turn:
            tokens = sum(padded_length(len(job.windows[index])) for index in indices)
            total += tokens
            if job in self.jobs:
                job.tokens -= tokens
                self.tokens -= tokens
        speed = total / max(seconds, 1e-6)
        known = self._tokens_per_second or speed
        self._tokens_per_second = known + _NEWEST * (speed - known)

    def leave(self, job: Job) -> None:
        """The request is over, well or not: whatever of it waits is dropped."""
        self.jobs.discard(job)
        self.tokens -= job.tokens
        if not job.done.cancel() and not job.done.cancelled():
            job.done.exception()  # asyncio complains of errors that nobody looked at

    @property
    def retry_after(self) -> int:
        """Whole seconds until what waits now is done, at the speed measured so far; at least one."""
        return max(1, math.ceil(self.tokens / self._tokens_per_second)) if self._tokens_per_second else 1

    def _add(self, job: Job) -> Job:
        self.jobs.add(job)
        self.tokens += job.tokens
        return job
