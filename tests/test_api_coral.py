"""`POST /hooks/coral`: what Coral signed is scored, and no comment is ever held back."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_support import FakeEngine, serving, with_engine
from test_api_errors import check_problem

from model.batching import Batch
from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.errors import EngineError
from model.records import TextInput
from service.api.coral import CORAL_EXAMPLES
from service.keys import make_key, write_keys

pytestmark = pytest.mark.anyio
SECRET = "swordfish"
EXAMPLE = CORAL_EXAMPLES["new"]["value"]
OTHER = "no deal with putin will hold"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def unsure(classifier: StanceClassifier) -> StanceClassifier:
    """Abstains on everything."""
    return classifier.with_calibration(Calibration(temperature=1.5, abstain_threshold=1.0))


def event(body: object, *, parent: str | None = None) -> dict[str, Any]:
    return {**EXAMPLE, "comment": {"body": body, "parentID": parent}}


def signature(content: bytes, *secrets: str) -> str:
    return ",".join(f"sha256={hmac.new(own.encode(), content, hashlib.sha256).hexdigest()}" for own in secrets)


async def send(client: httpx.AsyncClient, body: object, *secrets: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body, indent=2).encode()
    headers = {"Content-Type": "application/json", "X-Coral-Signature": signature(content, *(secrets or [SECRET]))}
    return await client.post("/hooks/coral", content=content, headers=headers)


async def metric(client: httpx.AsyncClient, line: str) -> bool:
    return line in (await client.get("/metrics")).text.splitlines()


async def queue(client: httpx.AsyncClient) -> list[dict]:
    return (await client.get("/v1/labels/queue")).json()["texts"]


async def test_a_signed_comment_is_scored_and_answered_204_without_a_body(classifier: StanceClassifier) -> None:
    (expected,) = classifier.classify(["talk to moscow"])
    async with serving(classifier, coral_secrets=SECRET) as client:
        answer = await send(client, event("<div>talk to <b>moscow</b></div>"))
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["X-Model-Version"] == "1"
        assert await metric(client, f'stance_texts_total{{label="{expected.label}"}} 1.0')


async def test_the_documented_example_is_accepted(classifier: StanceClassifier) -> None:
    async with serving(classifier, coral_secrets=SECRET) as client:
        assert (await send(client, EXAMPLE)).status_code == 204
        examples = (await client.get("/openapi.json")).json()["paths"]["/hooks/coral"]["post"]["requestBody"]
    assert examples["content"]["application/json"]["examples"]["new"]["value"] == EXAMPLE


async def test_while_a_secret_is_rolled_either_signs(classifier: StanceClassifier) -> None:
    async with serving(classifier, coral_secrets="old, new") as client:
        for secrets in (["old"], ["new"], ["old", "new"], ["gone", "new"]):
            assert (await send(client, event("talk"), *secrets)).status_code == 204


@pytest.mark.parametrize("content", [b"{", json.dumps(EXAMPLE).encode(), b""])
async def test_what_is_not_signed_is_refused_before_it_is_read(classifier: StanceClassifier, content: bytes) -> None:
    async with serving(classifier, coral_secrets=SECRET) as client:
        for header in ({}, {"X-Coral-Signature": signature(content, "wrong")}, {"X-Coral-Signature": "sha256=é"}):
            encoded = {name: value.encode("latin-1") for name, value in header.items()}
            refused = await client.post("/hooks/coral", content=content, headers=encoded)
            check_problem(refused, 401, "bad-signature")
            assert SECRET not in refused.text


@pytest.mark.parametrize("secrets", [None, "", " , "])
async def test_without_a_secret_the_answer_names_the_setting(classifier: StanceClassifier, secrets: str | None) -> None:
    async with serving(classifier, coral_secrets=secrets) as client:
        answer = await send(client, EXAMPLE, "")
        assert "STANCE_CORAL_SECRETS" in check_problem(answer, 404, "not-configured")["detail"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty-text"),
        ("<p>&nbsp;</p>", "empty-text"),
        (None, "invalid-text"),
        (5, "invalid-text"),
        ("a\0", "invalid-text"),
        ("a\ud800", "invalid-text"),
        ("a" * 201, "text-too-long"),
    ],
)
async def test_text_that_cannot_be_scored_is_counted_and_answered_204(
    classifier: StanceClassifier, body: object, reason: str
) -> None:
    async with serving(classifier, coral_secrets=SECRET, max_text_chars=200) as client:
        assert (await send(client, event(body))).status_code == 204
        assert await metric(client, f'stance_shed_total{{reason="{reason}"}} 1.0')


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"{", 400, "not-json"),
        (b"\xff", 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b"[]", 422, "invalid-request"),
        (b"{}", 422, "invalid-request"),
        (json.dumps({**EXAMPLE, "story": {"id": "\0"}}).encode(), 422, "invalid-request"),
        (json.dumps(event("a", parent="\ud800")).encode(), 422, "invalid-request"),
    ],
)
async def test_a_signed_body_that_is_not_coral_s_is_a_problem(
    classifier: StanceClassifier, content: bytes, status: int, kind: str
) -> None:
    async with serving(classifier, coral_secrets=SECRET) as client:
        check_problem(await send(client, content), status, kind)


async def test_a_wrong_field_is_pointed_at(classifier: StanceClassifier) -> None:
    async with serving(classifier, coral_secrets=SECRET) as client:
        answer = await send(client, {**EXAMPLE, "comment": {"body": "a", "parentID": 5}})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/comment/parentID"]


@pytest.mark.parametrize(
    ("known", "context"),
    [
        ({"c-17": OTHER}, OTHER),
        ({"s-5": OTHER}, OTHER),
        ({"s-5": "peace", "c-17": OTHER}, OTHER),
        ({"c-99": OTHER}, None),
    ],
    ids=["parent", "story", "parent before story", "neither"],
)
async def test_a_parent_or_story_that_is_stored_under_its_id_is_read_as_context(
    unsure: StanceClassifier, known: dict[str, str], context: str | None
) -> None:
    labels = [{"text": text, "label": "neutral", "id": own} for own, text in known.items()]
    async with serving(unsure, coral_secrets=SECRET, store_texts=True) as client:
        await client.post("/v1/labels", json={"labels": labels})
        await send(client, event("i agree", parent="c-17"))
        (kept,) = await queue(client)
    assert (kept["text"], kept["context"]) == ("i agree", context)
    (expected,) = unsure.classify([TextInput("i agree", context=context)])
    assert kept["scores"] == pytest.approx(expected.scores, abs=1e-4)


async def test_a_parent_in_the_review_queue_is_found_too(unsure: StanceClassifier) -> None:
    async with serving(unsure, coral_secrets=SECRET, store_texts=True) as client:
        await client.post("/v1/labels/queue", json={"texts": [{"id": "c-17", "text": OTHER}]})
        await send(client, event("i agree", parent="c-17"))
        assert OTHER in [text["context"] for text in await queue(client)]


async def test_texts_are_kept_only_where_the_operator_says_so(unsure: StanceClassifier) -> None:
    async with serving(unsure, coral_secrets=SECRET) as client:
        await send(client, event("talk"))
        assert await metric(client, "stance_abstained_total 1.0")
        assert await queue(client) == []


async def test_texts_that_the_model_is_sure_of_are_not_kept(classifier: StanceClassifier) -> None:
    sure = classifier.with_calibration(Calibration(temperature=1.5, abstain_threshold=0.0))
    async with serving(sure, coral_secrets=SECRET, store_texts=True) as client:
        await send(client, event("talk"))
        assert await queue(client) == []


async def test_a_failure_of_ours_is_reported_and_not_called_204(classifier: StanceClassifier) -> None:
    def fail(batch: Batch) -> None:
        raise EngineError("out of memory")

    async with serving(with_engine(classifier, FakeEngine(classifier.engine, fail)), coral_secrets=SECRET) as client:
        check_problem(await send(client, event("talk")), 500, "engine-failed")


async def test_no_key_is_asked_of_coral(classifier: StanceClassifier, tmp_path: Path) -> None:
    write_keys(tmp_path / "keys.json", [make_key("desk", ["classify"]).record])
    async with serving(classifier, coral_secrets=SECRET, keys_file=tmp_path / "keys.json") as client:
        assert (await send(client, event("talk"))).status_code == 204
