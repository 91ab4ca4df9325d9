"""`/label-studio`: a backend that Label Studio can set up, ask for predictions, and send annotations to."""

import asyncio
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from api_support import post_json, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from label_studio_support import DOCUMENTED, OTHER, TEXT, WRITTEN, chosen, config_of, deliver, event, predict, stored

from model.classifier import StanceClassifier
from model.records import TextInput
from service.api.label_studio_schemas import PREDICT_EXAMPLES, SETUP_EXAMPLES, WEBHOOK_EXAMPLES
from service.keys import make_key, write_keys

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("path", ["/label-studio/health", "/label-studio/"])
async def test_the_health_check_says_that_the_backend_is_up(classifier: StanceClassifier, path: str) -> None:
    async with serving(classifier) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "UP", "model_class": "StanceClassifier"})


async def test_predictions_speak_the_words_of_the_configuration(classifier: StanceClassifier) -> None:
    (expected,) = classifier.classify([TEXT])
    async with serving(classifier) as client:
        answer = (await predict(client, {"comment": TEXT})).json()
    (prediction,) = answer["results"]
    (region,) = prediction["result"]
    assert answer["model_version"] == prediction["model_version"] == "tiny@1"
    assert prediction["score"] == region.pop("score") == pytest.approx(expected.confidence, abs=1e-4)
    assert region == {
        "from_name": "stance",
        "to_name": "said",
        "type": "choices",
        "value": {"choices": [WRITTEN[expected.label]]},
    }


async def test_each_task_gets_one_result_in_order_and_a_useless_text_an_empty_one(classifier: StanceClassifier) -> None:
    expected = [WRITTEN[found.label] for found in classifier.classify([TEXT, OTHER])]
    async with serving(classifier, max_text_chars=100) as client:
        data = [{"comment": TEXT}, {"comment": " "}, {}, {"comment": "x" * 101}, {"comment": 5}, {"comment": OTHER}]
        answer = await predict(client, *data)
        nothing = await predict(client, {"comment": "talk\0"})
    assert chosen(answer) == [expected[0], None, None, None, None, expected[1]]
    assert answer.json()["results"][1] == {"model_version": "tiny@1", "score": 0.0, "result": []}
    assert (nothing.status_code, chosen(nothing)) == (200, [None])


async def test_the_field_context_is_read_as_context(classifier: StanceClassifier) -> None:
    (alone, reply) = classifier.classify([TEXT, TextInput(TEXT, context=OTHER)])
    async with serving(classifier) as client:
        answer = await predict(
            client,
            {"comment": TEXT},
            {"comment": TEXT, "context": OTHER},
            {"comment": TEXT, "context": {"not": "text"}},
        )
        same = await predict(client, {"context": TEXT}, config=config_of('<Text name="said" value="$context"/>'))
    scores = [one["score"] for one in answer.json()["results"]]
    assert scores == pytest.approx([alone.confidence, reply.confidence, alone.confidence], abs=1e-4)
    assert same.json()["results"][0]["score"] == pytest.approx(alone.confidence, abs=1e-4)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('<HyperText name="said" value="$comment"/>', "<p class='a'>talk to <b>moscow</b></p>"),
        (
            '<Paragraphs name="said" value="$comment" textKey="said"/>',
            [{"author": "a", "said": TEXT}, {"author": "b"}, 5],
        ),
    ],
    ids=["HyperText", "Paragraphs"],
)
async def test_other_objects_that_hold_text_are_read_too(classifier: StanceClassifier, source: str, value: Any) -> None:
    async with serving(classifier) as client:
        answer = await predict(client, {"comment": value}, {"comment": TEXT}, config=config_of(source))
    one, same = answer.json()["results"]
    assert one["score"] == pytest.approx(same["score"], abs=1e-4)


async def test_a_task_without_field_names_is_read_too(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await predict(client, {"$undefined$": TEXT}, {"comment": TEXT})
    assert chosen(answer)[0] == chosen(answer)[1] is not None


async def test_predictions_need_a_configuration_and_not_too_many_tasks(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_texts=2) as client:
        without = await post_json(client, "/label-studio/predict", {"tasks": []})
        unfit = await predict(client, {"comment": TEXT}, config="<View/>")
        many = await predict(client, *[{"comment": TEXT}] * 3)
        none = await predict(client)
    assert (without.status_code, without.json()["detail"]) == (400, "/label_config: Field required")
    assert unfit.json()["detail"].startswith("/label_config: needs <Choices")
    assert (many.status_code, many.json()) == (
        413,
        {"detail": "3 tasks; the limit is 2. Send several requests.", "status": 413},
    )
    assert (none.status_code, none.json()["results"]) == (200, [])


async def test_an_unknown_path_is_404_in_the_same_shape(classifier: StanceClassifier) -> None:
    """Label Studio asks backends for `versions`, and takes 404 for an answer."""
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/versions", {"project": "1.2"})
    assert (answer.status_code, answer.json().keys()) == (404, {"detail", "status"})


async def test_the_key_comes_as_a_password(classifier: StanceClassifier, tmp_path: Path) -> None:
    key = make_key("label-studio", ["label"])
    write_keys(tmp_path / "keys.json", [key.record])
    basic = {"Authorization": "Basic " + b64encode(f"anything:{key.secret}".encode()).decode()}
    async with serving(classifier, keys_file=tmp_path / "keys.json") as client:
        refused = await predict(client, {"comment": TEXT})
        client.headers.update(basic)
        assert (await predict(client, {"comment": TEXT})).status_code == 200
        assert await deliver(client, event("neutral")) == (201, 1)
    assert (refused.status_code, refused.json()["status"]) == (401, 401)


@pytest.mark.parametrize(
    ("path", "example"),
    [
        (path, example["value"])
        for path, examples in {
            "setup": SETUP_EXAMPLES,
            "predict": PREDICT_EXAMPLES,
            "webhook": WEBHOOK_EXAMPLES,
        }.items()
        for example in examples.values()
    ],
)
async def test_the_documented_examples_work(classifier: StanceClassifier, path: str, example: dict) -> None:
    async with serving(classifier) as client:
        assert (await post_json(client, f"/label-studio/{path}", example)).status_code in (200, 201)


async def test_the_documented_configuration_gives_predictions_and_labels(classifier: StanceClassifier) -> None:
    data = {"text": TEXT, "context": OTHER}
    async with serving(classifier) as client:
        (choice,) = chosen(await predict(client, data, config=DOCUMENTED))
        sent = event(choice, task={"id": 7, "data": data}, project={"id": 12, "label_config": DOCUMENTED})
        assert await deliver(client, sent) == (201, 1)
        (label,) = await stored(client)
    (expected,) = classifier.classify([TextInput(TEXT, context=OTHER)])
    assert (label["text"], label["context"], label["label"]) == (TEXT, OTHER, expected.label)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
ANNOTATIONS = st.fixed_dictionaries(
    {"id": ANY | st.just(3)},
    optional={
        "task": ANY | st.just(7),
        "result": ANY | st.just(event("neutral")["annotation"]["result"]),
        "completed_by": ANY | st.fixed_dictionaries({"email": ANY}),
        "updated_at": ANY,
    },
)


@given(ANY, ANY | st.fixed_dictionaries({"comment": ANY, "context": ANY}), ANY | ANNOTATIONS)
@settings(max_examples=30, deadline=None)
def test_no_json_whatever_is_an_internal_error(
    classifier: StanceClassifier, config: object, data: object, annotation: object
) -> None:
    async def send() -> None:
        async with serving(classifier) as client:
            sent = event(annotation=None, task={"id": 7, "data": data}) | {"annotation": annotation}
            for answer in (
                await post_json(client, "/label-studio/setup", {"schema": config}),
                await predict(client, data),
                await post_json(client, "/label-studio/webhook", sent),
                await post_json(client, "/label-studio/webhook", annotation),
                await post_json(client, "/label-studio/webhook", {"action": config}),
            ):
                assert answer.status_code in (200, 201, 400), answer.text

    asyncio.run(send())
