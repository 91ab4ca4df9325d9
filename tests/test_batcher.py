"""The batcher: requests meet, are batched, are bounded, and never wait on something dead."""

import asyncio

import pytest
from api_support import FakeEngine, batching, blocked, eventually, with_engine

from model.batching import CPU_LIMITS, LENGTH_MULTIPLE
from model.classifier import StanceClassifier
from model.records import TextInput
from service.batcher import TURN_BATCHES, DeadlineError
from service.waiting import QueueFullError, RequestTooLargeError

pytestmark = pytest.mark.anyio
TURN_TOKENS = TURN_BATCHES * CPU_LIMITS.tokens
# What any text of a few words takes.
SHORT = LENGTH_MULTIPLE
PHRASES = ["talk to moscow", "no deal with putin will hold", "peace", "it is a trap", "the weather was lovely"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def engine(classifier: StanceClassifier) -> FakeEngine:
    return FakeEngine(classifier.engine)


def long_word(number: int) -> TextInput:
    """One unknown word: 128 tokens by the estimate, few by the tokenizer, so that a test sees when it is in line."""
    return TextInput("x" * 490 + chr(ord("a") + number))


def texts(count: int, *, words: int = 12) -> list[TextInput]:
    made = [" ".join(PHRASES[(n * k + k) % 5] for k in range(1 + n % words)) + f" {n}" for n in range(count)]
    return [TextInput(text, id=str(n)) for n, text in enumerate(made)]


async def test_thousands_of_concurrent_texts_get_their_own_results(
    classifier: StanceClassifier, engine: FakeEngine
) -> None:
    sent = texts(2000, words=4)
    expected = classifier.classify(sent)
    async with batching(with_engine(classifier, engine)) as batcher:
        answers = await asyncio.gather(*(batcher.submit([text]) for text in sent))
    assert [answer.texts[0].prediction.id for answer in answers] == [text.id for text in sent]
    for answer, prediction in zip(answers, expected, strict=True):
        assert answer.texts[0].prediction.scores == pytest.approx(prediction.scores, abs=1e-4)
    assert len(engine.batches) < len(sent) / 4, "concurrent requests were not batched"


@pytest.mark.parametrize("split", ["none", "paragraphs"])
async def test_one_large_request_equals_classify(classifier: StanceClassifier, split: str) -> None:
    sent = [TextInput(f"{text.text}.\n\nno reset.", context="peace", id=text.id) for text in texts(150, words=60)]
    async with batching(classifier) as batcher:
        answer = await batcher.submit(sent, split=split)
    got = [scored.prediction for scored in answer.texts]
    expected = classifier.classify(sent, split=split)
    assert [one.id for one in got] == [one.id for one in expected]
    assert [one.truncated for one in got] == [one.truncated for one in expected]
    for one, other in zip(got, expected, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-4)
        assert [s.start for s in one.segments or ()] == [s.start for s in other.segments or ()]


async def test_what_waits_while_the_engine_is_busy_goes_in_one_turn(
    classifier: StanceClassifier, engine: FakeEngine
) -> None:
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine):
            waiting = [asyncio.create_task(batcher.submit([long_word(n)])) for n in range(40)]
            for _ in range(2):  # a request is taken by a task of its own
                await asyncio.sleep(0)
            assert batcher.queued_tokens == SHORT + 40 * 128
            await eventually(lambda: batcher.queued_tokens == SHORT + 40 * SHORT)
        await asyncio.gather(*waiting)
    assert len(engine.batches) == 2


async def test_no_texts_are_no_work(classifier: StanceClassifier) -> None:
    async with batching(classifier) as batcher:
        assert (await batcher.submit([])).texts == ()


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_back(
    classifier: StanceClassifier, engine: FakeEngine
) -> None:
    async with (
        batching(with_engine(classifier, engine), max_queue_tokens=2 * SHORT) as batcher,
        blocked(batcher, engine),
    ):
        second = asyncio.create_task(batcher.submit([TextInput("no deal")]))
        await eventually(lambda: batcher.queued_tokens == 2 * SHORT)
        with pytest.raises(QueueFullError) as refused:
            await batcher.submit([TextInput("a trap")])
        assert refused.value.retry_after >= 1
        engine.gate.set()
        assert (await second).texts


async def test_a_request_larger_than_the_queue_is_told_so(classifier: StanceClassifier) -> None:
    async with batching(classifier, max_queue_tokens=8 * SHORT) as batcher:
        with pytest.raises(RequestTooLargeError, match="144 tokens"):
            await batcher.submit([TextInput("peace")] * 9)
        assert batcher.queued_tokens == 0


async def test_a_request_as_large_as_the_queue_is_taken_while_others_wait(
    classifier: StanceClassifier, engine: FakeEngine
) -> None:
    async with batching(with_engine(classifier, engine), max_queue_tokens=8 * SHORT) as batcher:
        async with blocked(batcher, engine):
            large = asyncio.create_task(batcher.submit([TextInput("peace")] * 8))
            await eventually(lambda: batcher.queued_tokens == 9 * SHORT)
        assert len((await large).texts) == 8


async def test_a_small_request_overtakes_a_large_one(classifier: StanceClassifier, engine: FakeEngine) -> None:
    finished: list[str] = []
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine):
            large = asyncio.create_task(batcher.submit([long_word(0)] * (TURN_TOKENS // SHORT * 3)))
            large.add_done_callback(lambda _: finished.append("large"))
            await asyncio.sleep(0)
            await eventually(lambda: batcher.queued_tokens == SHORT + TURN_TOKENS * 3)
            small = asyncio.create_task(batcher.submit([long_word(1)]))
            small.add_done_callback(lambda _: finished.append("small"))
            await asyncio.sleep(0)
            await eventually(lambda: batcher.queued_tokens == SHORT + TURN_TOKENS * 3 + SHORT)
        await asyncio.gather(large, small)
    assert finished == ["small", "large"]


async def test_past_the_deadline_the_work_is_dropped(classifier: StanceClassifier, engine: FakeEngine) -> None:
    async with batching(with_engine(classifier, engine), deadline_seconds=1.0) as batcher:
        async with blocked(batcher, engine) as first:
            with pytest.raises(DeadlineError):
                await batcher.submit([TextInput("it is a trap")])
            with pytest.raises(DeadlineError):
                await first
            assert batcher.queued_tokens == 0
        await batcher.check()
    assert len(engine.batches) == 2, "only the first text and the canary reached the engine"


async def test_a_caller_that_leaves_takes_its_work_along(classifier: StanceClassifier, engine: FakeEngine) -> None:
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine):
            leaving = asyncio.create_task(batcher.submit([TextInput("it is a trap")]))
            await eventually(lambda: batcher.queued_tokens == 2 * SHORT)
            leaving.cancel()
            await asyncio.wait([leaving])
            assert batcher.queued_tokens == SHORT
        await batcher.check()
    assert len(engine.batches) == 2


async def test_the_canary_passes_a_full_queue(classifier: StanceClassifier, engine: FakeEngine) -> None:
    async with batching(with_engine(classifier, engine), max_queue_tokens=2 * SHORT) as batcher:
        async with blocked(batcher, engine):
            second = asyncio.create_task(batcher.submit([TextInput("a trap")]))
            await eventually(lambda: batcher.queued_tokens == 2 * SHORT)
            canary = asyncio.create_task(batcher.check())
            await eventually(lambda: batcher.queued_tokens > 2 * SHORT)
        await canary
        assert (await second).texts


async def test_equal_requests_under_way_are_scored_once_each_under_its_own_ids(
    classifier: StanceClassifier, engine: FakeEngine
) -> None:
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine):
            sent = [[TextInput("it is a trap", id=name)] for name in "abc"]
            waiting = [asyncio.create_task(batcher.submit(texts)) for texts in sent]
            await eventually(lambda: batcher.queued_tokens == 2 * SHORT)
        answers = await asyncio.gather(*waiting)
    assert [answer.texts[0].prediction.id for answer in answers] == ["a", "b", "c"]
    assert len({answer.texts[0].prediction.confidence for answer in answers}) == 1


@pytest.mark.parametrize("other", [{"split": "paragraphs"}, {"explain": True}])
async def test_requests_that_ask_for_more_are_not_equal(
    classifier: StanceClassifier, engine: FakeEngine, other: dict
) -> None:
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine):
            plain = asyncio.create_task(batcher.submit([TextInput("it is a trap")]))
            rich = asyncio.create_task(batcher.submit([TextInput("it is a trap")], **other))
            await eventually(lambda: batcher.queued_tokens > 3 * SHORT)
        predictions = [(await task).texts[0].prediction for task in (plain, rich)]
    assert (predictions[0].segments, predictions[0].attributions) == (None, None)
    assert predictions[1].segments or predictions[1].attributions


async def test_one_of_two_equal_callers_may_leave(classifier: StanceClassifier, engine: FakeEngine) -> None:
    async with batching(with_engine(classifier, engine)) as batcher:
        async with blocked(batcher, engine):
            first, second = (asyncio.create_task(batcher.submit([TextInput("it is a trap")])) for _ in range(2))
            await eventually(lambda: batcher.queued_tokens == 2 * SHORT)
            first.cancel()
            await asyncio.wait([first])
            assert batcher.queued_tokens == 2 * SHORT
        assert (await second).texts
        assert first.cancelled()


async def test_once_answered_a_request_is_scored_anew(classifier: StanceClassifier, engine: FakeEngine) -> None:
    async with batching(with_engine(classifier, engine)) as batcher:
        for _ in range(2):
            await batcher.submit([TextInput("it is a trap")])
    assert len(engine.batches) == 2
