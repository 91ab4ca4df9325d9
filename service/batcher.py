"""Where requests meet: one bounded line, one worker, batches by token budget.

    submit ── admit ── prepare ── line ══▶ turn ── engine ── conclude ──▶ Answer
              │        pool of    │        one      one       pool
              429      threads    413      worker   thread

No timer gathers batches: while the engine works on one turn, the next fills by itself. A request is
admitted by an estimate from its characters, so that a full line answers before any work is done.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from time import perf_counter
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.artifact import Manifest
from model.batching import padded_length
from model.classifier import Prepared, Split, StanceClassifier
from model.errors import EngineError, StanceError
from model.occlusion import count_parts
from model.records import Prediction, TextInput
from model.tokenizer import Window
from service.under_way import UnderWay
from service.waiting import Job, WaitingLine
from service.worker import UnavailableError, Worker

TOKENIZER_THREADS = 2
# What the engine gets at once: a few batches, so that sorting by length finds windows of like length.
TURN_BATCHES = 4
# Texts tokenized at a time, so that a large request does not hold a thread while small ones wait.
CHUNK_TEXTS = 32
# Results of so few texts are made sooner than a thread is woken to make them.
_CONCLUDED_AT_ONCE = 8
# Equal requests that share one answer: they are not counted in the line. And the share of the deadline within which
# one may join another, whose deadline becomes its own.
_EQUAL_REQUESTS = 16
_JOINED_WITHIN = 0.1
_CHARS_PER_TOKEN = 4
_CHARS_PER_WORD = 5
_CANARY = TextInput("Talks with Moscow went on for another day.")
T = TypeVar("T")


class DeadlineError(StanceError):
    """A request took longer than allowed; what was left of its work is dropped."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A text's prediction, and what it was made from; `logits` has shape (windows, labels)."""

    prediction: Prediction
    prepared: Prepared
    logits: NDArray[np.float32]

    def under_id_of(self, item: TextInput) -> "Scored":
        return replace(
            self, prediction=replace(self.prediction, id=item.id), prepared=replace(self.prepared, source=item)
        )


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that a request spent in each stage."""

    tokenize: float
    queue: float
    inference: float


@dataclass(frozen=True, slots=True)
class Answer:
    """One `Scored` for each text, in the same order, and the model that scored them."""

    texts: tuple[Scored, ...]
    timing: Timing
    model: Manifest

    def for_texts(self, texts: Sequence[TextInput]) -> "Answer":
        """The same answer under the ids of `texts`, which are those answered or equal to them."""
        if all(scored.prepared.source is item for scored, item in zip(self.texts, texts, strict=True)):
            return self
        return replace(self, texts=tuple(map(Scored.under_id_of, self.texts, texts)))


class Batcher:
    """Serves many callers with one classifier; an async context manager.

    `observe` is told the length in tokens of every window of each turn of the engine.
    """

    def __init__(
        self,
        classifier: StanceClassifier,
        *,
        max_queue_tokens: int,
        deadline_seconds: float,
        observe: Callable[[Sequence[int]], object],
    ) -> None:
        self._classifier = classifier
        self._deadline_seconds = deadline_seconds
        self._line = WaitingLine(
            max_tokens=max_queue_tokens, turn_tokens=TURN_BATCHES * classifier.engine.limits.tokens
        )
        self._worker = Worker(self._line, run=classifier.run, observe=observe)
        self._pool = ThreadPoolExecutor(TOKENIZER_THREADS, thread_name_prefix="tokenize")
        self._under_way: UnderWay[Answer] = UnderWay(
            max_callers=_EQUAL_REQUESTS, max_seconds=_JOINED_WITHIN * deadline_seconds
        )
        self._left = asyncio.Event()
        self._closing = False

    @property
    def queued_tokens(self) -> int:
        """Padded tokens that wait, with those in the engine and (by estimate) those in tokenization."""
        return self._line.tokens

    async def __aenter__(self) -> "Batcher":
        self._canary = (await self._prepare([_CANARY]))[0].windows
        self._worker.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take nothing new, finish what was taken, then stop."""
        self._closing = True
        while self._line.jobs:
            self._left.clear()
            await self._left.wait()
        self._worker.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def submit(self, texts: Sequence[TextInput], *, split: Split = "none", explain: bool = False) -> Answer:
        """Score the texts of one request; a caller that is cancelled takes its waiting work along.

        A request that equals one taken a short while ago, ids aside, waits for that one's answer.

        Raises:
            QueueFullError: too much is waiting already.
            RequestTooLargeError: the request alone is larger than what may wait.
            DeadlineError: it took longer than allowed.
            EngineError: the engine failed on a batch that held some of these texts.
            UnavailableError: the service is shutting down, or its worker died.
        """
        self._require_open()
        if not texts:
            return Answer((), Timing(0.0, 0.0, 0.0), self._classifier.manifest)
        key = (tuple((item.text, item.context) for item in texts), split, explain)
        answer = await self._under_way.join(key, partial(self._score, texts, split=split, explain=explain))
        own = partial(answer.for_texts, texts)
        return own() if len(texts) <= _CONCLUDED_AT_ONCE else await self._in_pool(own)

    async def _score(self, texts: Sequence[TextInput], *, split: Split, explain: bool) -> Answer:
        self._require_open()  # a shutdown may have come since the request did
        job = self._line.admit(tokens=self._estimate(texts, split, explain))
        async with self._in_time(job):
            begun = perf_counter()
            prepared = await self._prepare(texts, split=split, explain=explain)
            entered = perf_counter()
            await self._run(job, [window for item in prepared for window in item.windows])
            timing = Timing(entered - begun, job.started - entered, job.finished - job.started)
            conclude = partial(self._conclude, prepared, job.logits)
            scored = conclude() if len(prepared) <= _CONCLUDED_AT_ONCE else await self._in_pool(conclude)
            return Answer(scored, timing, self._classifier.manifest)

    async def check(self) -> None:
        """Send a short text through the worker, ahead of whatever waits and however much that is.

        Raises:
            DeadlineError, EngineError, UnavailableError: as `submit` does.
        """
        self._require_open()
        job = self._line.admit_always()
        async with self._in_time(job):
            await self._run(job, self._canary, first=True)

    def _require_open(self) -> None:
        if self._closing:
            raise UnavailableError("the service is shutting down")
        self._worker.require()

    @asynccontextmanager
    async def _in_time(self, job: Job) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                yield
        except TimeoutError as error:
            raise DeadlineError(f"no answer within {self._deadline_seconds:g} s; send fewer texts at a time") from error
        finally:
            self._line.leave(job)
            self._left.set()

    async def _run(self, job: Job, windows: Sequence[Window], *, first: bool = False) -> None:
        self._line.enter(job, windows, first=first)
        self._worker.wake()
        await job.done
        if not np.isfinite(job.logits).all():
            raise EngineError("the engine gave scores that are not numbers")

    async def _prepare(
        self, texts: Sequence[TextInput], *, split: Split = "none", explain: bool = False
    ) -> list[Prepared]:
        prepare = partial(self._classifier.prepare, split=split, explain=explain)
        chunks = [texts[start : start + CHUNK_TEXTS] for start in range(0, len(texts), CHUNK_TEXTS)]
        parts = [await self._in_pool(partial(prepare, chunk)) for chunk in chunks]
        return [item for part in parts for item in part]

    def _conclude(self, prepared: Sequence[Prepared], logits: NDArray[np.float32]) -> tuple[Scored, ...]:
        ends = accumulate(len(item.windows) for item in prepared)
        rows = (logits[end - len(item.windows) : end] for item, end in zip(prepared, ends, strict=True))
        return tuple(
            Scored(self._classifier.conclude(item, own), item, own) for item, own in zip(prepared, rows, strict=True)
        )

    def _estimate(self, texts: Sequence[TextInput], split: Split, explain: bool) -> int:
        """Padded tokens of `texts`, roughly, without looking into them."""
        layout = self._classifier.manifest.layout
        most = layout.max_tokens * layout.max_windows
        return sum(
            padded_length(min(most, 2 + len(item.text) // _CHARS_PER_TOKEN))
            * (_readings(len(item.text), explain=explain) + (split == "paragraphs"))
            for item in texts
        )

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _readings(chars: int, *, explain: bool) -> int:
    """How often a text is read: once, and once more for each part of its explanation."""
    return 1 + (count_parts(words=chars // _CHARS_PER_WORD, chars=chars) if explain else 0)
