"""Engines that misbehave on demand, and an app to talk to without a socket."""

import asyncio
import copy
import json
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn

from model.batching import Batch, Limits
from model.classifier import StanceClassifier
from model.engines import Engine
from model.errors import EngineError
from model.records import TextInput
from service.api.app import create_app
from service.batcher import Batcher
from service.http_protocol import BoundedHeadProtocol
from service.settings import Settings

PATIENCE = 20.0


class FakeEngine:
    """Runs the real engine, but only while `gate` is open, and does first what `before` says."""

    name = "torch-fake-float32"

    def __init__(self, inner: Engine, before: Callable[[Batch], None] = lambda _: None) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.batches: list[Batch] = []
        self._inner = inner
        self._before = before

    @property
    def limits(self) -> Limits:
        return self._inner.limits

    def run(self, batch: Batch) -> np.ndarray:
        self.batches.append(batch)
        self.entered.set()
        if not self.gate.wait(PATIENCE):
            raise EngineError("nobody opened the gate")
        self._before(batch)
        return self._inner.run(batch)


class Death(BaseException):
    """Ends the worker itself: no `except Exception` holds it."""


def with_engine(classifier: StanceClassifier, engine: Engine) -> StanceClassifier:
    """The same model behind another engine."""
    other = copy.copy(classifier)
    other.engine = engine
    return other


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the condition is about other threads
            await asyncio.sleep(0.005)


@asynccontextmanager
async def batching(
    classifier: StanceClassifier, *, max_queue_tokens: int = 10**6, deadline_seconds: float = 60.0
) -> AsyncIterator[Batcher]:
    async with Batcher(
        classifier,
        max_queue_tokens=max_queue_tokens,
        deadline_seconds=deadline_seconds,
        observe=len,
    ) as batcher:
        yield batcher


@asynccontextmanager
async def blocked(batcher: Batcher, engine: FakeEngine) -> AsyncIterator[asyncio.Task]:
    """The engine holds one text until the block is left or someone opens the gate."""
    engine.gate.clear()
    engine.entered.clear()
    task = asyncio.create_task(batcher.submit([TextInput("peace")]))
    await eventually(engine.entered.is_set)
    yield task
    engine.gate.set()
    await asyncio.wait([task])


@contextmanager
def private_settings(**settings: Any) -> Iterator[Settings]:
    """Settings of no other process or user: labels and models go to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Settings(_env_file=None, **{"home": Path(folder), **settings})


@asynccontextmanager
async def serving(classifier: StanceClassifier, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app in its lifespan; what a server would do with the lifespan's state is done here."""
    async with AsyncExitStack() as stack:
        app = create_app(stack.enter_context(private_settings(**settings)), classifier)
        state = await stack.enter_async_context(app.router.lifespan_context(app))

        async def served(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://stance") as client:
            yield client


async def post_json(client: httpx.AsyncClient, path: str, body: object) -> httpx.Response:
    """As `client.post(path, json=body)`, which cannot send lone surrogates."""
    return await client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


@contextmanager
def listening(classifier: StanceClassifier, **settings: Any) -> Iterator[str]:
    """A real server in a thread, on a free port; yields its URL."""
    with private_settings(**settings) as own, socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(own, classifier)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", http=BoundedHeadProtocol))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
