"""What operators and tools ask: probes, info, metrics, documentation."""

import asyncio

import pytest
from api_support import FakeEngine, eventually, serving, with_engine
from prometheus_client.parser import text_string_to_metric_families

from model.classifier import StanceClassifier

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_ready_means_that_a_text_went_through_the_engine(classifier: StanceClassifier) -> None:
    engine = FakeEngine(classifier.engine)
    async with serving(with_engine(classifier, engine)) as client:
        alive = await client.get("/livez")
        assert not engine.batches
        ready = await client.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert len(engine.batches) == 1


async def test_a_stuck_engine_is_alive_but_not_ready(classifier: StanceClassifier) -> None:
    engine = FakeEngine(classifier.engine)
    engine.gate.clear()
    async with serving(with_engine(classifier, engine), deadline_seconds=0.1) as client:
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200
        engine.gate.set()


async def test_a_full_queue_is_still_ready(classifier: StanceClassifier) -> None:
    engine = FakeEngine(classifier.engine)
    engine.gate.clear()
    async with serving(with_engine(classifier, engine), max_queue_tokens=32) as client:
        first = asyncio.create_task(client.post("/v1/classify", json={"texts": ["talk", "peace"]}))
        await eventually(engine.entered.is_set)
        ready = asyncio.create_task(client.get("/readyz"))
        engine.gate.set()
        assert (await ready).status_code == 200
        await first


async def test_info_names_model_engine_and_limits(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_texts=7) as client:
        info = (await client.get("/info")).json()
    assert info["model"] == {"name": "tiny", "version": "1"}
    assert info["engine"] == classifier.engine.name
    assert info["labels"] == ["skeptical", "supportive", "neutral"]
    assert info["limits"]["max_texts"] == 7


async def test_metrics_count_what_happened(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_text_chars=100_000) as client:
        await client.post("/v1/classify", json={"texts": ["talk", "12345", "peace " * 4000]})
        await client.post("/v1/classify", json={"texts": []})
        await client.get("/nowhere")
        text = (await client.get("/metrics")).text
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert all(name.startswith("stance_") for name, *_ in samples)
    assert samples["stance_requests_total", "/v1/classify", "200"] == 1
    assert samples["stance_requests_total", "/v1/classify", "422"] == 1
    assert samples["stance_requests_total", "other", "404"] == 1
    assert sum(value for (name, *_), value in samples.items() if name == "stance_texts_total") == 3
    assert samples["stance_truncated_total",] == 1
    assert samples["stance_abstained_total",] >= 1
    assert samples["stance_queue_tokens",] == 0
    assert samples["stance_batch_tokens_count",] >= 1
    assert 0 <= samples["stance_batch_padding_ratio_sum",] <= samples["stance_batch_padding_ratio_count",]
    assert {stage for (name, *rest) in samples if name == "stance_stage_seconds_count" for stage in rest} == {
        "queue",
        "tokenize",
        "inference",
    }
    (model,) = [labels for (name, *labels) in samples if name == "stance_model_info"]
    assert set(model) == {"tiny", "1", classifier.engine.name}


async def test_shed_requests_are_counted_by_reason(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_queue_tokens=32) as client:
        await client.post("/v1/classify", json={"texts": ["talk"] * 3})
        text = (await client.get("/metrics")).text
    assert 'stance_shed_total{reason="request-too-large"} 1.0' in text


async def test_two_apps_do_not_share_metrics(classifier: StanceClassifier) -> None:
    async with serving(classifier) as one, serving(classifier) as other:
        await one.get("/livez")
        assert "/livez" not in (await other.get("/metrics")).text


async def test_documentation_shows_examples_and_our_errors(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        assert (await client.get("/docs")).status_code == 200
        schema = (await client.get("/openapi.json")).json()
    assert {"/v1/classify", "/predict", "/v1/labels", "/livez", "/readyz", "/info", "/metrics"} <= set(schema["paths"])
    operation = schema["paths"]["/v1/classify"]["post"]
    assert len(operation["requestBody"]["content"]["application/json"]["examples"]) == 3
    assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert "HTTPValidationError" not in schema["components"]["schemas"]
