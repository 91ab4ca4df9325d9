"""`/label-studio`: a backend that Label Studio can set up, ask for predictions, and send annotations to."""

import asyncio
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_support import post_json, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from model.classifier import StanceClassifier
from model.labels import LABELS
from model.records import TextInput
from service.api.label_studio_config import parse_label_config
from service.api.label_studio_schemas import PREDICT_EXAMPLES, SETUP_EXAMPLES, WEBHOOK_EXAMPLES
from service.keys import make_key, write_keys

pytestmark = pytest.mark.anyio
TEXT, OTHER = "talk to moscow", "no deal with putin will hold"
CHOICES = '<Choice value="Skeptical"/><Choice value="SUPPORTIVE"/><Choice value="neutral"/>'
CONFIG = f"""<View>
  <Text name="parent" value="$context"/><Text name="said" value="$comment"/>
  <Choices name="topic" toName="said"><Choice value="Russia"/></Choices>
  <Choices name="stance" toName="said">{CHOICES}</Choices>
</View><!-- {{"data": {{}}}} -->"""
WRITTEN = {"skeptical": "Skeptical", "supportive": "SUPPORTIVE", "neutral": "neutral"}
DOCUMENTED = re.search(
    "```xml\n(.*?)```",
    (Path(__file__).parent.parent / "docs" / "label-studio.md").read_text(encoding="utf-8"),
    re.DOTALL,
)[1]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def config_of(source: str, choices: str = CHOICES) -> str:
    return f'<View>{source}<Choices name="stance" toName="said">{choices}</Choices></View>'


async def predict(client: httpx.AsyncClient, *data: Any, config: str = CONFIG) -> httpx.Response:
    body = {
        "tasks": [{"id": index, "data": one} for index, one in enumerate(data)],
        "model_version": "comment-stance@1.2",
        "project": "12.1712345678",
        "label_config": config,
        "params": {"login": None, "password": None, "context": None},
    }
    return await post_json(client, "/label-studio/predict", body)


def chosen(answer: httpx.Response) -> list[str | None]:
    return [one["result"][0]["value"]["choices"][0] if one["result"] else None for one in answer.json()["results"]]


def event(
    *choices: Any, action: str = "ANNOTATION_CREATED", annotation: dict | None = None, **fields: Any
) -> dict[str, Any]:
    region = {"id": "x1", "from_name": "stance", "to_name": "said", "type": "choices", "value": {"choices": choices}}
    sent = {
        "id": 3,
        "task": 7,
        "result": [region],
        "completed_by": 1,
        "was_cancelled": False,
        "updated_at": "2026-11-22T10:00:00.000000Z",
        "lead_time": 4.2,
    }
    return {
        "action": action,
        "annotation": {**sent, **(annotation or {})},
        "task": {"id": 7, "data": {"comment": TEXT, "context": OTHER}},
        "project": {"id": 12, "label_config": CONFIG},
        **fields,
    }


async def deliver(client: httpx.AsyncClient, sent: object) -> tuple[int, int | None]:
    answer = await post_json(client, "/label-studio/webhook", sent)
    return answer.status_code, answer.json().get("stored")


async def stored(client: httpx.AsyncClient) -> list[dict]:
    return (await client.get("/v1/labels")).json()["labels"]


@pytest.mark.parametrize("path", ["/label-studio/health", "/label-studio/"])
async def test_the_health_check_says_that_the_backend_is_up(classifier: StanceClassifier, path: str) -> None:
    async with serving(classifier) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "UP", "model_class": "StanceClassifier"})


@pytest.mark.parametrize("config", [CONFIG, DOCUMENTED], ids=["test", "documented"])
async def test_setup_gives_the_model_version_for_a_configuration_that_fits(
    classifier: StanceClassifier, config: str
) -> None:
    body = {"project": "12.1712345678", "schema": config, "hostname": "", "access_token": "t", "extra_params": None}
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/setup", body)
    assert (answer.status_code, answer.json()) == (200, {"model_version": "tiny@1"})


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("<View></View>", "needs <Choices"),
        (config_of('<Image name="said" value="$image"/>'), "needs <Choices"),
        (config_of('<Text name="other" value="$comment"/>'), "needs <Choices"),
        (config_of('<Text name="said" value="comment"/>'), "needs <Choices"),
        (config_of('<Text name="said" value="$url" valueType="url"/>'), "needs <Choices"),
        (config_of('<Text name="said" value="$comment"/>', '<Choice value="Skeptical"/>'), "needs <Choices"),
        ("<View>\n<Text", "not well-formed XML (line 2)"),
        ("", "not well-formed XML (line 1)"),
        ("<View>\0</View>", "not well-formed XML (line 1)"),
        ("<View>\ud800</View>", "unicode"),
        ("<View>" * 200_000, "at most 100000"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>', "<!DOCTYPE>"),
        (5, "string"),
    ],
)
async def test_a_configuration_that_does_not_fit_is_400_and_says_why(
    classifier: StanceClassifier, config: object, says: str
) -> None:
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/setup", {"project": "1.2", "schema": config})
    assert answer.status_code == 400
    assert answer.json().keys() == {"detail", "status"}
    assert answer.json()["status"] == 400
    assert answer.json()["detail"].startswith("/schema: ")
    assert says in answer.json()["detail"]


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


def test_an_alias_names_the_stance_and_stands_in_the_results() -> None:
    named = '<Choice value="Dagegen" alias="Skeptical"/><Choice value="Supportive" alias="+"/><Choice value="Neutral"/>'
    config = parse_label_config(config_of('<Text name="said" value="$comment"/>', named), pointer="/schema")
    assert [config.choices[label] for label in LABELS] == ["Skeptical", "+", "Neutral"]


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


async def test_an_annotation_becomes_a_label(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        assert await deliver(client, event("SUPPORTIVE")) == (201, 1)
        (label,) = await stored(client)
    kept = {name: label[name] for name in ("text", "context", "label", "id", "annotator", "source", "model")}
    assert kept == {
        "text": TEXT,
        "context": OTHER,
        "label": "supportive",
        "id": "12/7",
        "annotator": "1",
        "source": "label-studio",
        "model": None,
    }


async def test_an_event_delivered_twice_is_stored_once_and_a_change_is_a_new_label(
    classifier: StanceClassifier,
) -> None:
    changed = event("neutral", action="ANNOTATION_UPDATED", annotation={"updated_at": "2026-11-22T10:05:00.000000Z"})
    async with serving(classifier) as client:
        assert [await deliver(client, event("SUPPORTIVE")) for _ in range(2)] == [(201, 1), (201, 1)]
        assert await deliver(client, changed) == (201, 1)
        assert [label["label"] for label in await stored(client)] == ["supportive", "neutral"]


async def test_many_annotations_come_in_one_event(classifier: StanceClassifier) -> None:
    sent = event("neutral", action="ANNOTATIONS_CREATED")
    second = event("Skeptical", annotation={"id": 4, "task": 8})["annotation"]
    useless = event("Skeptical", annotation={"id": 5, "task": 9})["annotation"]
    sent["annotation"] = [sent["annotation"], second, useless]
    sent["task"] = [{"id": 8, "data": {"comment": OTHER}}, sent["task"], {"id": 9, "data": {"comment": " "}}]
    async with serving(classifier) as client:
        assert await deliver(client, sent) == (201, 2)
        assert [(label["id"], label["text"], label["label"]) for label in await stored(client)] == [
            ("12/7", TEXT, "neutral"),
            ("12/8", OTHER, "skeptical"),
        ]


@pytest.mark.parametrize(
    ("completed_by", "annotator"),
    [(1, "1"), ({"id": 2, "email": "a@b.c"}, "2"), ({"email": "a@b.c"}, "a@b.c"), (None, None)],
)
async def test_the_annotator_is_the_id_or_else_the_address(
    classifier: StanceClassifier, completed_by: object, annotator: str | None
) -> None:
    async with serving(classifier) as client:
        await deliver(client, event("neutral", annotation={"completed_by": completed_by}))
        (label,) = await stored(client)
    assert label["annotator"] == annotator


@pytest.mark.parametrize(
    "sent",
    [
        event("neutral", annotation={"was_cancelled": True}),
        event("Not sure"),
        event("neutral", "Skeptical"),
        event(["neutral"]),
        event(),
        event("neutral", annotation={"result": [{"type": "relation", "from_id": "a", "to_id": "b"}]}),
        event("neutral", task={"id": 7, "data": {"comment": " "}}),
    ],
    ids=["skipped", "another choice", "two stances", "nested", "nothing", "relation", "empty text"],
)
async def test_what_is_no_label_is_not_stored(classifier: StanceClassifier, sent: dict) -> None:
    async with serving(classifier) as client:
        assert await deliver(client, sent) == (201, 0)
        assert await stored(client) == []


@pytest.mark.parametrize("action", ["ANNOTATIONS_DELETED", "START_TRAINING", "PROJECT_UPDATED", "NEW_ONE"])
async def test_other_events_are_taken_whatever_they_hold(classifier: StanceClassifier, action: str) -> None:
    async with serving(classifier) as client:
        assert await deliver(client, {"action": action, "annotation": 5, "project": "x"}) == (200, 0)
        assert await stored(client) == []


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"action": "ANNOTATION_CREATED"}, "/project: is missing; let the webhook send its payload"),
        (event("neutral", annotation={"task": 8}), "/task: is missing"),
        (event("neutral", task=[]), "/task: is missing"),
        (event("neutral") | {"annotation": []}, "/annotation: is missing"),
        (event("neutral", project={"id": 1, "label_config": "<View/>"}), "/project/label_config: needs <Choices"),
        (event("neutral", annotation={"id": "swordfish"}), "/annotation/0/id: "),
        ({"annotation": {}}, "/action: "),
        ([], "body: "),
    ],
)
async def test_an_event_that_lacks_something_is_400_and_says_what(
    classifier: StanceClassifier, sent: object, says: str
) -> None:
    async with serving(classifier) as client:
        answer = await post_json(client, "/label-studio/webhook", sent)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert answer.json()["detail"].startswith(says)
    assert "swordfish" not in answer.text


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
