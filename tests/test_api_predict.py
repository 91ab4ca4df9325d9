"""`POST /predict`: text-embeddings-inference's shape, and the Inference API's where `parameters` are sent."""

import httpx
import numpy as np
import pytest
from api_support import FakeEngine, post_json, serving, with_engine

from model.batching import Batch
from model.classifier import StanceClassifier
from model.errors import EngineError
from model.records import TextInput
from service.api.schemas import PREDICT_EXAMPLES

pytestmark = pytest.mark.anyio
TEXT, OTHER = "talk to moscow", "no deal with putin will hold"
LONG = "talk to moscow and lift the sanctions " * 40


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def predict(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await post_json(client, "/predict", body)


def as_scores(row: list[dict]) -> dict[str, float]:
    return {one["label"]: one["score"] for one in row}


async def test_inputs_take_the_four_shapes(classifier: StanceClassifier) -> None:
    plain, other, pair = (
        prediction.scores for prediction in classifier.classify([TEXT, OTHER, TextInput(TEXT, context=OTHER)])
    )
    async with serving(classifier) as client:
        single = (await predict(client, inputs=TEXT)).json()
        listed = (await predict(client, inputs=[TEXT])).json()
        paired = (await predict(client, inputs=[TEXT, OTHER])).json()
        batch = (await predict(client, inputs=[[TEXT], [TEXT, OTHER], [OTHER]])).json()
    for row, expected in zip([single, listed, paired, *batch], [plain, plain, pair, plain, pair, other], strict=True):
        assert as_scores(row) == pytest.approx(expected, abs=1e-4)
        assert [one["score"] for one in row] == sorted((one["score"] for one in row), reverse=True)


@pytest.mark.parametrize("text", [TEXT, LONG], ids=["short", "windowed"])
async def test_raw_scores_are_the_logits_behind_the_scores(classifier: StanceClassifier, text: str) -> None:
    async with serving(classifier) as client:
        raw = as_scores((await predict(client, inputs=text, raw_scores=True)).json())
        scores = as_scores((await predict(client, inputs=text)).json())
    probabilities = classifier.manifest.calibration.probabilities(np.array(list(raw.values())))
    assert dict(zip(raw, probabilities, strict=True)) == pytest.approx(scores, abs=1e-4)
    if text == TEXT:
        windows = [window for item in classifier.prepare([text]) for window in item.windows]
        assert sorted(raw.values()) == pytest.approx(sorted(classifier.run(windows)[0].tolist()), abs=1e-4)


async def test_parameters_bring_the_nested_shape_of_the_inference_api(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        flat = (await predict(client, inputs=TEXT)).json()
        raw = as_scores((await predict(client, inputs=TEXT, raw_scores=True)).json())
        nested = (await predict(client, inputs=TEXT, parameters={})).json()
        several = (await predict(client, inputs=[TEXT, OTHER], parameters={})).json()
        best = (await predict(client, inputs=TEXT, parameters={"top_k": 1})).json()
        none = (await predict(client, inputs=TEXT, parameters={"function_to_apply": "none"})).json()
        sigmoid = (await predict(client, inputs=TEXT, parameters={"function_to_apply": "sigmoid"})).json()
    assert nested == [flat]
    assert len(several) == 2
    assert best == [flat[:1]]
    assert as_scores(none[0]) == raw
    assert as_scores(sigmoid[0]) == pytest.approx({name: 1 / (1 + np.exp(-logit)) for name, logit in raw.items()})


@pytest.mark.parametrize(
    ("body", "status", "error_type"),
    [
        ({"inputs": " "}, 400, "empty"),
        ({"inputs": "talk\0"}, 422, "tokenizer"),
        ({"inputs": [["talk"], ["\ud800"]]}, 422, "tokenizer"),
        ({"inputs": "talk " * 500}, 413, "validation"),
        ({"inputs": [["talk"]] * 4}, 413, "validation"),
        ({"inputs": []}, 422, "validation"),
        ({"inputs": 5}, 422, "validation"),
        ({"inputs": ["a", "b", "c"]}, 422, "validation"),
        ({"inputs": [["a"], "b"]}, 422, "validation"),
        ({"inputs": [["a"], []]}, 422, "validation"),
        ({}, 422, "validation"),
        ({"inputs": [["a"]], "parameters": {}}, 422, "validation"),
        ({"inputs": "a", "parameters": {"top_k": 0}}, 422, "validation"),
    ],
)
async def test_errors_have_the_shape_and_status_of_text_embeddings_inference(
    classifier: StanceClassifier, body: dict, status: int, error_type: str
) -> None:
    async with serving(classifier, max_texts=3, max_text_chars=2000) as client:
        answer = await predict(client, **body)
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "error_type"}
    assert answer.json()["error_type"] == error_type


async def test_a_body_that_is_not_json_has_that_shape_too(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await client.post("/predict", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error_type"] == "validation"


async def test_an_engine_failure_is_424_backend(classifier: StanceClassifier) -> None:
    def fail(batch: Batch) -> None:
        raise EngineError("out of memory")

    async with serving(with_engine(classifier, FakeEngine(classifier.engine, fail))) as client:
        answer = await predict(client, inputs=TEXT)
    assert (answer.status_code, answer.json()["error_type"]) == (424, "backend")


async def test_only_truncate_false_refuses_a_text_longer_than_the_model_reads(classifier: StanceClassifier) -> None:
    longest = LONG * 10
    async with serving(classifier) as client:
        assert (await predict(client, inputs=longest)).status_code == 200
        assert (await predict(client, inputs=longest, truncate=True)).status_code == 200
        assert (await predict(client, inputs=LONG, truncate=False)).status_code == 200
        refused = await predict(client, inputs=longest, truncate=False)
    assert (refused.status_code, refused.json()["error_type"]) == (413, "validation")


@pytest.mark.parametrize("example", PREDICT_EXAMPLES.values(), ids=PREDICT_EXAMPLES)
async def test_the_documented_examples_work(classifier: StanceClassifier, example: dict) -> None:
    async with serving(classifier) as client:
        assert (await predict(client, **example["value"])).status_code == 200
