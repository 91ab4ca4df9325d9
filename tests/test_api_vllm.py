"""`POST /classify`: vLLM's shape, with token counts that are the tokenizer's own."""

import re
import time
from pathlib import Path

import httpx
import pytest
from api_support import FakeEngine, post_json, serving, with_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model.batching import Batch
from model.classifier import StanceClassifier
from model.errors import EngineError
from model.text import normalize
from service.api.vllm import count_tokens
from service.api.vllm_schemas import VLLM_EXAMPLES, VllmResponse

pytestmark = pytest.mark.anyio
TEXT, OTHER = "talk to moscow", "no deal with putin will hold"
LONG = "talk to moscow and lift the sanctions " * 40
LABEL_ORDER = ["skeptical", "supportive", "neutral"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Tokenizer:
    """The model's own, without windows or truncation."""
    plain = Tokenizer.from_file(str(tiny_model / "tokenizer.json"))
    plain.no_truncation()
    plain.no_padding()
    return plain


async def classify(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await post_json(client, "/classify", body)


async def test_the_answer_has_every_field_that_vllm_documents_and_no_other(
    classifier: StanceClassifier, tokenizer: Tokenizer
) -> None:
    before = int(time.time())
    async with serving(classifier) as client:
        answer = (await classify(client, model="tiny", input=TEXT, user="u", priority=0)).json()
    (expected,) = classifier.classify([TEXT])
    assert re.fullmatch(r"classify-[0-9a-f]{32}", answer.pop("id"))
    assert before <= answer.pop("created") <= time.time()
    (data,) = answer.pop("data")
    assert data.pop("probs") == pytest.approx([expected.scores[label] for label in LABEL_ORDER], abs=1e-4)
    assert data == {"index": 0, "label": expected.label.value, "num_classes": 3}
    tokens = len(tokenizer.encode(TEXT))
    assert answer == {
        "object": "list",
        "model": "tiny@1",
        "usage": {
            "prompt_tokens": tokens,
            "total_tokens": tokens,
            "completion_tokens": 0,
            "prompt_tokens_details": None,
        },
    }


async def test_a_list_gives_one_entry_for_each_text_in_order(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        data = (await classify(client, input=[TEXT, OTHER, TEXT])).json()["data"]
        one = (await classify(client, input=[OTHER])).json()["data"]
    assert [item["index"] for item in data] == [0, 1, 2]
    assert [item["label"] for item in data] == [item.label.value for item in classifier.classify([TEXT, OTHER, TEXT])]
    assert data[0]["probs"] == data[2]["probs"] != data[1]["probs"]
    assert len(one) == 1


async def test_usage_adds_up_what_the_tokenizer_counts_for_whole_texts(
    classifier: StanceClassifier, tokenizer: Tokenizer
) -> None:
    async with serving(classifier) as client:
        usage = (await classify(client, input=[TEXT, LONG])).json()["usage"]
    assert usage["prompt_tokens"] == usage["total_tokens"] == len(tokenizer.encode(TEXT)) + len(tokenizer.encode(LONG))


@given(st.integers(0, 400), st.sampled_from(["talk ", "\u200b", "www.kremlin.ru/peace ", "\u2019x&amp; "]))
@settings(max_examples=40, deadline=None)
def test_overlapping_windows_count_each_token_once(
    classifier: StanceClassifier, tokenizer: Tokenizer, words: int, word: str
) -> None:
    text = word * words
    (prepared,) = classifier.prepare([text])
    whole = len(tokenizer.encode(normalize(text)))
    if prepared.whole.truncated:
        assert len(prepared.whole.windows[0]) < count_tokens(prepared.whole) < whole
    else:
        assert count_tokens(prepared.whole) == whole


@pytest.mark.parametrize("model", ["tiny", "1", "tiny@1", "", None])
async def test_the_served_model_goes_by_name_version_or_both(classifier: StanceClassifier, model: str | None) -> None:
    async with serving(classifier) as client:
        assert (await classify(client, model=model, input=TEXT)).json()["model"] == "tiny@1"


async def test_another_model_is_404_in_vllms_shape(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await classify(client, model="tiny@2", input=TEXT)
    assert answer.status_code == 404
    message = answer.json()["error"].pop("message")
    assert "tiny@1" in message
    assert answer.json()["error"] == {"message": message, "type": "NotFoundError", "param": "model", "code": 404}


@pytest.mark.parametrize(
    ("body", "status", "param", "says"),
    [
        ({"input": [1, 2, 3]}, 400, "input", "token ids"),
        ({"input": [[1, 2], [3]]}, 400, "input", "token ids"),
        ({"input": []}, 400, "input", "not empty"),
        ({"input": 5}, 400, "input", "list of texts"),
        ({"input": ["talk", " "]}, 400, "input", "/input/1: "),
        ({"input": "talk\0"}, 400, "input", "NUL"),
        ({"input": ["\ud800"]}, 400, "input", "surrogate"),
        ({"input": "talk " * 500}, 400, "input", "limit is 2,000"),
        ({"input": ["talk"] * 4}, 413, None, "limit is 3"),
        ({"messages": []}, 400, "input", "required"),
        ({"input": "talk", "model": 5}, 400, "model", "string"),
        ({"input": "talk", "truncate_prompt_tokens": -2}, 400, "truncate_prompt_tokens", "-1"),
        ({"input": "talk", "use_activation": False}, 400, "use_activation", "True"),
        ([], 400, None, "body"),
    ],
)
async def test_what_cannot_be_used_is_named_in_vllms_shape(
    classifier: StanceClassifier, body: object, status: int, param: str | None, says: str
) -> None:
    async with serving(classifier, max_texts=3, max_text_chars=2000) as client:
        answer = await post_json(client, "/classify", body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, status)
    assert says in error["message"]


async def test_a_body_that_is_not_json_has_that_shape_too(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await client.post("/classify", content=b"{", headers={"Content-Type": "application/json"})
        ours = await post_json(client, "/v1/classify", {})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "BadRequestError")
    assert ours.headers["Content-Type"] == "application/problem+json"


async def test_an_engine_failure_is_500_without_its_internals(classifier: StanceClassifier) -> None:
    def fail(batch: Batch) -> None:
        raise EngineError("swordfish")

    async with serving(with_engine(classifier, FakeEngine(classifier.engine, fail))) as client:
        answer = await classify(client, input=TEXT)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "InternalServerError")
    assert "swordfish" not in answer.text


async def test_truncation_is_taken_and_the_whole_text_read(classifier: StanceClassifier, tokenizer: Tokenizer) -> None:
    async with serving(classifier) as client:
        answers = [(await classify(client, input=LONG, truncate_prompt_tokens=limit)).json() for limit in (-1, 8)]
    assert [answer["usage"]["prompt_tokens"] for answer in answers] == [len(tokenizer.encode(LONG))] * 2


@pytest.mark.parametrize("example", VLLM_EXAMPLES.values(), ids=VLLM_EXAMPLES)
async def test_the_documented_examples_work(classifier: StanceClassifier, example: dict) -> None:
    async with serving(classifier) as client:
        answer = await classify(client, **example["value"])
    VllmResponse.model_validate(answer.json())
