"""Errors: problem+json everywhere, the right status, and never a word of the reader's."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from api_support import Death, FakeEngine, eventually, post_json, serving, with_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from model.batching import Batch
from model.classifier import StanceClassifier
from model.errors import EngineError
from service.api.errors import ProblemBody

pytestmark = pytest.mark.anyio
JSON = {"Content-Type": "application/json"}
SECRET = "swordfish"
CLASSIFY = {"texts": ["talk to moscow"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def check_problem(answer: httpx.Response, status: int, kind: str) -> dict:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    ProblemBody.model_validate(body)
    assert (body["status"], body["type"]) == (status, f"urn:comment-stance:{kind}")
    assert body["request_id"] == answer.headers["X-Request-ID"]
    return body


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"{", 400, "not-json"),
        (b'"\xff"', 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b'{"texts":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "not-json"),
        (b"", 422, "invalid-request"),
        (f'{{"texts": ["x"], "split": "{SECRET}"}}'.encode(), 422, "invalid-request"),
        (f'{{"texts": "{SECRET}"}}'.encode(), 422, "invalid-request"),
        (f'"{SECRET}"'.encode(), 422, "invalid-request"),
        (f'{{"texts": ["{SECRET}\\u0000"]}}'.encode(), 422, "invalid-request"),
        (f'{{"texts": [{{"{SECRET}": 1}}]}}'.encode(), 422, "invalid-request"),
    ],
)
async def test_a_bad_body_is_a_problem_that_quotes_nothing(
    classifier: StanceClassifier, content: bytes, status: int, kind: str
) -> None:
    async with serving(classifier) as client:
        answer = await client.post("/v1/classify", content=content, headers=JSON)
    check_problem(answer, status, kind)
    assert SECRET not in answer.text


async def test_names_of_fields_that_are_not_unicode_are_survived(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await client.post("/v1/classify", content=b'{"texts": ["x"], "\\ud800": 1}', headers=JSON)
    check_problem(answer, 422, "invalid-request")


@pytest.mark.parametrize("declared", [{}, {"Content-Type": "text/plain"}])
async def test_a_body_not_declared_as_json_is_415(classifier: StanceClassifier, declared: dict) -> None:
    async with serving(classifier) as client:
        answer = await client.post("/v1/classify", content=b'{"texts": ["swordfish"]}', headers=declared)
    check_problem(answer, 415, "not-declared-json")
    assert SECRET not in answer.text


async def test_unknown_paths_and_methods(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        body = check_problem(await client.get("/nowhere"), 404, "not-found")
        wrong = await client.get("/v1/classify")
    assert body["instance"] == "/nowhere"
    check_problem(wrong, 405, "method-not-allowed")
    assert wrong.headers["Allow"] == "POST"


async def test_a_body_over_the_limit_is_refused_by_what_it_declares(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_body_bytes=100) as client:
        answer = await client.post("/v1/classify", content=b"x" * 101, headers=JSON)
        fits = await client.post("/v1/classify", json=CLASSIFY)
    check_problem(answer, 413, "body-too-large")
    assert fits.status_code == 200


async def test_a_body_over_the_limit_is_refused_before_it_is_read_whole(classifier: StanceClassifier) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000:
            sent += 1
            yield b"x"

    async with serving(classifier, max_body_bytes=100) as client:
        check_problem(await client.post("/v1/classify", content=endless(), headers=JSON), 413, "body-too-large")
    assert sent == 101


async def test_a_request_larger_than_the_queue_is_413(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_queue_tokens=32) as client:
        answer = await client.post("/v1/classify", json={"texts": ["talk"] * 3})
    check_problem(answer, 413, "request-too-large")


async def test_a_full_queue_is_429_with_retry_after_on_both_routes(classifier: StanceClassifier) -> None:
    engine = FakeEngine(classifier.engine)
    engine.gate.clear()
    async with serving(with_engine(classifier, engine), max_queue_tokens=16) as client:
        first = asyncio.create_task(client.post("/v1/classify", json=CLASSIFY))
        await eventually(engine.entered.is_set)
        refused = await client.post("/v1/classify", json={"texts": ["another text"]})
        compatible = await client.post("/predict", json={"inputs": "talk"})
        engine.gate.set()
        assert (await first).status_code == 200
    check_problem(refused, 429, "queue-full")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (compatible.status_code, compatible.json()["error_type"]) == (429, "overloaded")
    assert int(compatible.headers["Retry-After"]) >= 1


async def test_past_the_deadline_it_is_504(classifier: StanceClassifier) -> None:
    engine = FakeEngine(classifier.engine)
    engine.gate.clear()
    async with serving(with_engine(classifier, engine), deadline_seconds=0.1) as client:
        check_problem(await client.post("/v1/classify", json=CLASSIFY), 504, "deadline")
        engine.gate.set()


async def test_an_engine_failure_is_500_without_its_internals(classifier: StanceClassifier) -> None:
    def fail(batch: Batch) -> None:
        raise EngineError(SECRET)

    async with serving(with_engine(classifier, FakeEngine(classifier.engine, fail))) as client:
        answer = await client.post("/v1/classify", json=CLASSIFY)
    check_problem(answer, 500, "engine-failed")
    assert SECRET not in answer.text


async def test_a_dead_worker_is_503_on_every_route_that_needs_it(classifier: StanceClassifier) -> None:
    def die(batch: Batch) -> None:
        raise Death

    async with serving(with_engine(classifier, FakeEngine(classifier.engine, die))) as client:
        check_problem(await client.post("/v1/classify", json=CLASSIFY), 503, "unavailable")
        ready = await client.get("/readyz")
        alive = await client.get("/livez")
    check_problem(ready, 503, "unavailable")
    assert ready.headers["Retry-After"] == "1"
    assert alive.status_code == 200


async def test_an_unexpected_error_is_500_and_says_nothing(
    classifier: StanceClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(classifier) as client:
        monkeypatch.setattr("service.api.classify._content", None)
        answer = await client.post("/v1/classify", json=CLASSIFY, headers={"X-Request-ID": "r-1"})
    body = check_problem(answer, 500, "internal")
    assert body["request_id"] == "r-1"
    assert "NoneType" not in answer.text


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
ITEMS = ANY_JSON | st.fixed_dictionaries({"text": SCALARS}, optional={"id": SCALARS, "context": SCALARS})
BODIES = ANY_JSON | st.fixed_dictionaries({"texts": st.lists(ITEMS, max_size=6)}, optional={"split": ANY_JSON})


@given(BODIES, ANY_JSON)
@settings(max_examples=60, deadline=None)
def test_no_json_whatever_is_an_internal_error(classifier: StanceClassifier, body: object, inputs: object) -> None:
    async def send() -> None:
        async with serving(classifier) as client:
            answer = await post_json(client, "/v1/classify", body)
            assert answer.status_code in (200, 400, 422), answer.text
            if answer.status_code == 200:
                assert len(answer.json()["results"]) == len(body["texts"])
            answer = await post_json(client, "/predict", {"inputs": inputs})
            assert answer.status_code in (200, 400, 413, 422), answer.text

    asyncio.run(send())
