"""`POST /v1/classify`: one result for each text, whatever the others are like."""

import httpx
import pytest
from api_support import post_json, serving

from model.classifier import StanceClassifier
from model.records import TextInput
from service.api.schemas import CLASSIFY_EXAMPLES, ClassifyResponse

pytestmark = pytest.mark.anyio
GOOD = ["talk to moscow", "no deal with putin will hold"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def post(client: httpx.AsyncClient, body: object) -> httpx.Response:
    return await post_json(client, "/v1/classify", body)


async def test_results_are_those_of_the_classifier(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        sent = [GOOD[0], {"id": "b", "text": "i agree", "context": GOOD[1]}, {"text": GOOD[1]}]
        answer = await post(client, {"texts": sent})
    expected = classifier.classify([GOOD[0], TextInput("i agree", context=GOOD[1], id="b"), GOOD[1]])
    assert answer.status_code == 200
    body = answer.json()
    ClassifyResponse.model_validate(body)
    assert body["model"] == {"name": "tiny", "version": "1"}
    assert body["counts"] == {"ok": 3, "failed": 0}
    for result, prediction in zip(body["results"], expected, strict=True):
        assert result.pop("scores") == pytest.approx(prediction.scores, abs=1e-5)
        assert result.pop("confidence") == pytest.approx(prediction.confidence, abs=1e-5)
        record = prediction.to_dict()
        assert result == {name: record[name] for name in ("id", "label", "abstained", "language", "truncated")}


async def test_paragraphs_come_with_offsets_into_the_text_as_sent(classifier: StanceClassifier) -> None:
    text = "  talk to moscow.\n\nno deal will hold\n"
    async with serving(classifier) as client:
        answer = await post(client, {"texts": [text], "split": "paragraphs"})
    segments = answer.json()["results"][0]["segments"]
    assert [text[one["start"] : one["end"]] for one in segments] == ["talk to moscow.", "no deal will hold"]
    assert sum(segments[0]["scores"].values()) == pytest.approx(1, abs=1e-6)


BAD = [
    ("   ", "empty-text", None),
    ("talk\0to", "invalid-text", None),
    ("\ud800 talk", "invalid-text", None),
    (None, "invalid-text", None),
    (7, "invalid-text", None),
    (["talk"], "invalid-text", None),
    ("talk " * 100, "text-too-long", None),
    ({"text": "", "id": "x"}, "empty-text", "x"),
    ({"id": "x"}, "invalid-item", "x"),
    ({"text": "talk", "contxt": "talk", "id": "x"}, "invalid-item", "x"),
    ({"text": "talk", "id": 5}, "invalid-item", None),
    ({"text": "talk", "id": "\udfff"}, "invalid-item", None),
    ({"text": "talk", "context": 5}, "invalid-text", None),
    ({"text": "talk", "context": "\ud800", "id": "x"}, "invalid-text", "x"),
    ({"text": "talk", "context": "talk " * 100}, "text-too-long", None),
]


async def test_each_bad_text_gets_its_error_and_costs_its_neighbours_nothing(classifier: StanceClassifier) -> None:
    sent = [part for item, _, _ in BAD for part in (item, GOOD[0])]
    async with serving(classifier, max_text_chars=300) as client:
        answer = await post(client, {"texts": sent})
        alone = await post(client, {"texts": [GOOD[0]]})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert len(results) == len(sent)
    assert answer.json()["counts"] == {"ok": len(BAD), "failed": len(BAD)}
    for number, (_, kind, given) in enumerate(BAD):
        failed, neighbour = results[2 * number], results[2 * number + 1]
        assert (failed["index"], failed["id"]) == (2 * number, given)
        assert failed["error"]["type"] == f"urn:comment-stance:{kind}"
        assert failed["error"]["title"]
        assert failed["error"]["detail"]
        assert neighbour["scores"] == pytest.approx(alone.json()["results"][0]["scores"], abs=1e-4)
    ClassifyResponse.model_validate(answer.json())


async def test_a_blank_context_is_none(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await post(client, {"texts": [GOOD[0], {"text": GOOD[0], "context": " "}]})
    first, second = answer.json()["results"]
    assert first["scores"] == pytest.approx(second["scores"], abs=1e-5)


async def test_no_text_left_is_422_naming_each(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await post(client, {"texts": ["", "\ud800"]})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/texts/0", "/texts/1"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/texts"),
        ({"texts": []}, "/texts"),
        ({"texts": "talk"}, "/texts"),
        ({"texts": ["talk"] * 4}, "/texts"),
        ({"texts": ["talk"], "split": "words"}, "/split"),
        ({"texts": ["talk"], "split": "\ud800"}, "/split"),
        ({"texts": ["talk"], "explain": "why"}, "/explain"),
        ({"texts": ["talk"], "a/b~": 1}, "/a~1b~0"),
        (["talk"], ""),
        (None, ""),
    ],
)
async def test_the_wrong_shape_is_422_naming_the_field(
    classifier: StanceClassifier, body: object, pointer: str
) -> None:
    async with serving(classifier, max_texts=3) as client:
        answer = await post(client, body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_explain_adds_what_each_word_does(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        plain = (await post(client, {"texts": ["Talk to Moscow."]})).json()["results"][0]
        result = (await post(client, {"texts": ["Talk to Moscow."], "explain": True})).json()["results"][0]
    assert "attributions" not in plain
    assert [(part["start"], part["end"]) for part in result["attributions"]] == [(0, 4), (5, 7), (8, 15)]
    (prediction,) = classifier.classify(["Talk to Moscow."], explain=True)
    assert [part["score"] for part in result["attributions"]] == pytest.approx(
        [part.score for part in prediction.attributions or ()], abs=1e-5
    )


async def test_an_explanation_counts_as_the_work_it_is(classifier: StanceClassifier) -> None:
    """A text that fits alone does not when it is to be read once more for each word."""
    text = "talk to moscow about a reset " * 8
    async with serving(classifier, max_queue_tokens=1_000) as client:
        assert (await post(client, {"texts": [text]})).status_code == 200
        refused = await post(client, {"texts": [text], "explain": True})
    assert refused.status_code == 413


async def test_headers_name_request_model_and_times(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await client.post("/v1/classify", json={"texts": GOOD}, headers={"X-Request-ID": "abc-1"})
        other = await client.post("/v1/classify", json={"texts": GOOD}, headers={"X-Request-ID": "<script>"})
    assert answer.headers["X-Request-ID"] == "abc-1"
    assert answer.headers["X-Model-Version"] == "1"
    stages = [part.split(";dur=") for part in answer.headers["Server-Timing"].split(", ")]
    assert [name for name, _ in stages] == ["queue", "tokenize", "inference"]
    assert all(float(duration) >= 0 for _, duration in stages)
    assert len(other.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize("example", CLASSIFY_EXAMPLES.values(), ids=CLASSIFY_EXAMPLES)
async def test_the_documented_examples_work(classifier: StanceClassifier, example: dict) -> None:
    async with serving(classifier) as client:
        answer = await post(client, example["value"])
    assert answer.status_code == 200
    assert answer.json()["counts"]["failed"] == 0
