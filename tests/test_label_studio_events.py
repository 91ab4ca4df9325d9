"""What Label Studio's webhook sends becomes labels: each once, and nothing that is none."""

import pytest
from api_support import post_json, serving
from label_studio_support import OTHER, TEXT, deliver, event, stored

from model.classifier import StanceClassifier

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
