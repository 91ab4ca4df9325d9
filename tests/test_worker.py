"""Engines that fail and workers that die: who is told, how soon, and what goes on."""

import asyncio

import numpy as np
import pytest
from api_support import Death, FakeEngine, batching, blocked, eventually, with_engine

from model.batching import CPU_LIMITS, LENGTH_MULTIPLE, Batch
from model.classifier import StanceClassifier
from model.errors import EngineError
from model.records import TextInput
from service.batcher import Batcher
from service.worker import UnavailableError

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def engine(classifier: StanceClassifier) -> FakeEngine:
    return FakeEngine(classifier.engine)


def fail_on_two_rows(batch: Batch) -> None:
    if len(batch.input_ids) == 2:
        raise EngineError("two rows")


async def test_an_engine_error_costs_only_the_requests_in_that_batch(
    classifier: StanceClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    engine = FakeEngine(classifier.engine, fail_on_two_rows)
    async with batching(with_engine(classifier, engine)) as batcher:
        with pytest.raises(EngineError):
            await batcher.submit([TextInput("peace"), TextInput("a trap")])
        assert (await batcher.submit([TextInput("peace")])).texts
        assert batcher.queued_tokens == 0
    assert "failed on a batch of 2 windows" in caplog.text


async def test_an_error_that_no_engine_should_raise_is_an_engine_error_too(classifier: StanceClassifier) -> None:
    def fail(batch: Batch) -> None:
        raise ZeroDivisionError

    async with batching(with_engine(classifier, FakeEngine(classifier.engine, fail))) as batcher:
        with pytest.raises(EngineError):
            await batcher.submit([TextInput("peace")])


async def test_scores_that_are_not_numbers_are_an_engine_error(classifier: StanceClassifier) -> None:
    class Broken:
        name = "broken"
        limits = CPU_LIMITS

        def run(self, batch: Batch) -> np.ndarray:
            return np.full((len(batch.input_ids), 3), np.nan, dtype=np.float32)

    async with batching(with_engine(classifier, Broken())) as batcher:
        with pytest.raises(EngineError, match="not numbers"):
            await batcher.submit([TextInput("peace")])


async def restarted(batcher: Batcher) -> None:
    try:
        await batcher.check()
    except UnavailableError:
        await asyncio.sleep(0.02)
        await restarted(batcher)


async def test_nobody_waits_on_a_dead_worker_and_a_new_one_starts(
    classifier: StanceClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = iter([True])

    def die_once(batch: Batch) -> None:
        if next(deaths, False):
            raise Death

    monkeypatch.setattr("service.worker.RESTART_SECONDS", 0.3)
    engine = FakeEngine(classifier.engine, die_once)
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine) as first:
            waiting = [asyncio.create_task(batcher.submit([TextInput(f"trap {n}")])) for n in range(5)]
            await eventually(lambda: batcher.queued_tokens == 6 * LENGTH_MULTIPLE)
            engine.gate.set()
            outcomes = await asyncio.wait_for(asyncio.gather(first, *waiting, return_exceptions=True), 5)
        assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 6
        with pytest.raises(UnavailableError):
            await batcher.submit([TextInput("peace")])
        with pytest.raises(UnavailableError):
            await batcher.check()
        await restarted(batcher)
        assert (await batcher.submit([TextInput("peace")])).texts


async def test_closing_drains_what_was_taken_and_takes_nothing_new(
    classifier: StanceClassifier, engine: FakeEngine
) -> None:
    batcher = Batcher(with_engine(classifier, engine), max_queue_tokens=1000, deadline_seconds=60, observe=len)
    await batcher.__aenter__()
    async with blocked(batcher, engine) as first:
        second = asyncio.create_task(batcher.submit([TextInput("a trap")]))
        await eventually(lambda: batcher.queued_tokens == 2 * LENGTH_MULTIPLE)
        closing = asyncio.create_task(batcher.__aexit__(None, None, None))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError, match="shutting down"):
            await batcher.submit([TextInput("peace")])
        assert not closing.done()
    await closing
    assert (await first).texts
    assert (await second).texts
