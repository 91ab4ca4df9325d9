"""The model that is being served, and how another takes its place without a failed request.

promote ─▶ load beside ─▶ canary ─▶ point to the new one ─▶ old one: no new callers, finish, close
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from types import TracebackType

from model.batching import Limits
from model.classifier import StanceClassifier
from model.errors import StanceError
from model.registry import Registry
from service.batcher import Batcher
from service.loading import load_classifier
from service.settings import Settings

# How often the pointer of the registry is looked at: it changes where another process promotes.
_LOOK_SECONDS = 2.0
logger = logging.getLogger(__name__)

Observer = Callable[[Sequence[int], Limits], object]


class FixedModelError(StanceError):
    """This service serves a model of its own, whatever version is the current one."""


class Served:
    """A loaded model with the batcher in front of it, and how many callers are inside."""

    def __init__(self, classifier: StanceClassifier, batcher: Batcher) -> None:
        self.classifier = classifier
        self.batcher = batcher
        self._callers = 0
        self._left = asyncio.Event()

    @contextmanager
    def entered(self) -> Iterator["Served"]:
        """Keep the batcher open for as long as the block lasts."""
        self._callers += 1
        try:
            yield self
        finally:
            self._callers -= 1
            self._left.set()

    async def empty(self) -> None:
        """Wait until nobody is inside."""
        while self._callers:
            self._left.clear()
            await self._left.wait()


class ModelHost:
    """Serves one model at a time and follows the registry's pointer; an async context manager.

    `observe` is told the lengths of the windows of each turn, and the limits of the engine that ran it.
    `changed` is told of each model that is served from now on.
    """

    def __init__(
        self,
        settings: Settings,
        classifier: StanceClassifier,
        *,
        observe: Observer,
        changed: Callable[[StanceClassifier], object],
    ) -> None:
        self._settings = settings
        self._first = classifier
        self._observe = observe
        self._changed = changed
        self._registry = Registry(settings.home)
        self._swapping = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self._open = AsyncExitStack()
        self._refused: str | None = None

    @property
    def current(self) -> Served:
        """The model for requests that come now."""
        return self._current

    @property
    def version(self) -> str:
        """The name under which the registry, or the settings, know what is served now."""
        return self._version or self._settings.model

    @property
    def follows_registry(self) -> bool:
        """False where a fixed directory or version was asked for."""
        return self._settings.model == "current"

    async def __aenter__(self) -> "ModelHost":
        self._version = self._registry.pointer().current if self.follows_registry else None
        self._current = await self._start(self._first)
        self._changed(self._first)
        if self.follows_registry:
            watch = asyncio.create_task(self._watch(), name="stance-model-watch")
            self._open.push_async_callback(_cancel, watch)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()
        await self._retire(self._current)
        await asyncio.gather(*self._retiring)

    async def promote(self, version: str) -> str:
        """Make `version` the registry's current one and serve it; return its name in the registry.

        Raises:
            FixedModelError: this service does not follow the registry.
            StanceError: there is no such version, or it does not load or run; nothing has changed.
        """
        if not self.follows_registry:
            raise FixedModelError(f"this service was started with --model {self._settings.model}, and keeps it")
        async with self._swapping:
            name = await asyncio.to_thread(self._registry.resolve, version)
            if name == self._version:
                await asyncio.to_thread(self._registry.promote, name)
                return name
            new = await self._try(name)
            try:
                await asyncio.to_thread(self._registry.promote, name)
            except BaseException:
                await self._retire(new)
                raise
            self._swap(new, name)
            return name

    async def follow(self) -> None:
        """Serve what the registry's pointer names, where that is not what is served already.

        Raises:
            StanceError: it cannot be loaded or does not run; the model that is served stays.
        """
        async with self._swapping:
            version = (await asyncio.to_thread(self._registry.pointer)).current
            if version not in (self._version, self._refused):
                self._refused = version  # until it runs; it is tried again only when the pointer has changed
                self._swap(await self._try(version), version)
            elif version == self._version:
                self._refused = None

    async def _try(self, version: str) -> Served:
        """Load a version beside the one that is served, and send a text through it."""
        settings = self._settings.model_copy(update={"model": version})
        new = await self._start(await asyncio.to_thread(load_classifier, settings))
        try:
            await new.batcher.check()
        except BaseException:
            await self._retire(new)
            raise
        return new

    def _swap(self, new: Served, version: str) -> None:
        old, self._current, self._version, self._refused = self._current, new, version, None
        self._changed(new.classifier)
        task = asyncio.create_task(self._retire(old), name="stance-model-retire")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _start(self, classifier: StanceClassifier) -> Served:
        limits = classifier.engine.limits
        batcher = Batcher(
            classifier,
            max_queue_tokens=self._settings.max_queue_tokens,
            deadline_seconds=self._settings.deadline_seconds,
            observe=lambda lengths: self._observe(lengths, limits),
        )
        return Served(classifier, await batcher.__aenter__())

    async def _retire(self, served: Served) -> None:
        await served.empty()
        await served.batcher.__aexit__(None, None, None)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.follow()
            except Exception as error:  # noqa: BLE001 - whatever a model brings, the next one must be looked for
                logger.error("the promoted model is not served: %s", error)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
