"""`/v1/labels` and its queue."""

from collections.abc import AsyncIterator

import httpx
import pytest
from api_support import post_json, serving

from model.classifier import StanceClassifier
from service.api.label_schemas import LABEL_EXAMPLES, QUEUE_EXAMPLES

pytestmark = pytest.mark.anyio
GOOD = {"text": "talk to moscow 🤝 пора", "label": "supportive", "context": "a reset?", "id": "c-1", "annotator": "ann"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client(classifier: StanceClassifier) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(classifier, max_texts=5, max_text_chars=200) as client:
        yield client


async def stored(client: httpx.AsyncClient, **query: object) -> list[dict]:
    return (await client.get("/v1/labels", params=query)).json()["labels"]


async def test_a_label_comes_back_as_it_was_sent(client: httpx.AsyncClient):
    answer = await client.post("/v1/labels", json={"labels": [GOOD]})
    assert answer.status_code == 201
    (kept,) = await stored(client)
    assert {name: kept[name] for name in GOOD} == GOOD
    assert answer.json()["ids"] == [kept["label_id"]]
    assert kept["source"] == "api"


async def test_the_documented_examples_are_accepted(client: httpx.AsyncClient):
    for example in LABEL_EXAMPLES.values():
        assert (await client.post("/v1/labels", json=example["value"])).status_code == 201
    for example in QUEUE_EXAMPLES.values():
        assert (await client.post("/v1/labels/queue", json=example["value"])).status_code == 201


async def test_pages_lead_through_all_labels(client: httpx.AsyncClient):
    for number in range(5):
        await client.post("/v1/labels", json={"labels": [{**GOOD, "id": str(number)}]})
    seen, after = [], 0
    while after is not None:
        page = (await client.get("/v1/labels", params={"limit": 2, "after": after})).json()
        seen += [label["id"] for label in page["labels"]]
        after = page["next"]
    assert seen == ["0", "1", "2", "3", "4"]


async def test_labels_can_be_asked_for_by_source(client: httpx.AsyncClient):
    await client.post("/v1/labels", json={"labels": [GOOD, {**GOOD, "id": "c-2", "source": "page"}]})
    assert [label["id"] for label in await stored(client, source="page")] == ["c-2"]


async def test_a_request_sent_again_under_its_key_is_stored_once(client: httpx.AsyncClient):
    answers = [
        await client.post("/v1/labels", json={"labels": [GOOD]}, headers={"Idempotency-Key": "one"}) for _ in "ab"
    ]
    assert answers[0].json() == answers[1].json()
    assert len(await stored(client)) == 1
    assert (
        await client.post("/v1/labels", json={"labels": [GOOD]}, headers={"Idempotency-Key": ""})
    ).status_code == 422
    other = {"labels": [{**GOOD, "label": "neutral"}]}
    reused = await client.post("/v1/labels", json=other, headers={"Idempotency-Key": "one"})
    assert reused.status_code == 422
    assert reused.json()["type"] == "urn:comment-stance:idempotency-key-reused"


@pytest.mark.parametrize(
    ("label", "pointer"),
    [
        ({"text": "x", "label": "angry"}, "/labels/1/label"),
        ({"text": "", "label": "neutral"}, "/labels/1"),
        ({"text": "a\x00b", "label": "neutral"}, "/labels/1"),
        ({"text": "a\ud800b", "label": "neutral"}, "/labels/1"),
        ({"text": "x", "label": "neutral", "annotator": "a\ud800"}, "/labels/1/annotator"),
        ({"text": "x", "label": "neutral", "id": "\x00"}, "/labels/1/id"),
        ({"text": "x" * 201, "label": "neutral"}, "/labels/1"),
        ({"text": "x", "label": "neutral", "mood": 1}, "/labels/1/mood"),
        ({"text": "x", "label": "neutral", "annotator": "a\nb"}, "/labels/1/annotator"),
        ({"label": "neutral"}, "/labels/1/text"),
    ],
)
async def test_one_bad_label_keeps_all_out_and_is_pointed_at(client: httpx.AsyncClient, label: dict, pointer: str):
    answer = await post_json(client, "/v1/labels", {"labels": [GOOD, label]})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await stored(client) == []


async def test_too_many_labels_are_refused(client: httpx.AsyncClient):
    answer = await client.post("/v1/labels", json={"labels": [GOOD] * 6})
    assert answer.status_code == 422
    assert "the limit is 5" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"after": 2**63}, {"limit": 0}, {"label": "angry"}, {"source": "\x00"}]
)
async def test_a_query_of_no_sense_is_refused(client: httpx.AsyncClient, query: dict):
    assert (await client.get("/v1/labels", params=query)).status_code == 422


async def test_the_queue_gives_texts_with_what_the_model_thinks_until_they_are_labelled(
    client: httpx.AsyncClient, classifier: StanceClassifier
):
    texts = ["talk to moscow", {"id": "q-2", "text": "no deal with putin will hold", "context": "lift the sanctions"}]
    assert (await client.post("/v1/labels/queue", json={"texts": texts})).json() == {"waiting": 2}
    page = (await client.get("/v1/labels/queue")).json()
    margins = [sorted(item["scores"].values())[-1] - sorted(item["scores"].values())[-2] for item in page["texts"]]
    assert margins == sorted(margins)
    reply = next(item for item in page["texts"] if item["id"] == "q-2")
    assert reply["model"] == classifier.manifest.reference
    assert reply["context"] == "lift the sanctions"
    await client.post("/v1/labels", json={"labels": [{**texts[1], "label": "skeptical"}]})
    assert [item["text"] for item in (await client.get("/v1/labels/queue")).json()["texts"]] == ["talk to moscow"]


async def test_a_text_of_no_use_is_not_queued(client: httpx.AsyncClient):
    answer = await client.post("/v1/labels/queue", json={"texts": ["peace", " "]})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/texts/1"]
    assert (await client.get("/v1/labels/queue")).json()["waiting"] == 0


async def test_labels_are_counted(client: httpx.AsyncClient):
    await client.post("/v1/labels", json={"labels": [GOOD, GOOD]})
    assert 'stance_labels_total{label="supportive",source="api"} 2.0' in (await client.get("/metrics")).text


async def test_neither_texts_nor_labels_are_logged(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    await client.post("/v1/labels", json={"labels": [GOOD]})
    await client.post("/v1/labels", json={"labels": [{**GOOD, "label": "angry"}]})
    assert "moscow" not in caplog.text
