"""The calls of Google's Perspective API."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from api_support import FakeEngine, post_json, serving, with_engine

from model.batching import Batch
from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.errors import EngineError
from model.records import TextInput
from service.api.perspective_errors import GoogleError
from service.api.perspective_schemas import ANALYZE_EXAMPLES, SUGGEST_EXAMPLES
from service.keys import make_key, write_keys

pytestmark = pytest.mark.anyio
TEXT, OTHER = "talk to moscow", "no deal with putin will hold"
GERMAN = "Die Gespräche mit Moskau sollten endlich wieder aufgenommen werden, und zwar ohne Vorbedingungen."
SECRET = "swordfish"
ALL: dict[str, dict] = {"SKEPTICAL": {}, "SUPPORTIVE": {}, "NEUTRAL": {}}
LIKELY = {"summaryScore": {"value": 1}}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def call(client: httpx.AsyncClient, call: str, body: object) -> httpx.Response:
    return await post_json(client, f"/v1alpha1/comments:{call}", body)


async def analyze(client: httpx.AsyncClient, text: str = TEXT, **fields: Any) -> httpx.Response:
    return await call(client, "analyze", {"comment": {"text": text}, "requestedAttributes": ALL, **fields})


async def suggest(client: httpx.AsyncClient, scores: dict, text: str = TEXT, **fields: Any) -> httpx.Response:
    return await call(client, "suggestscore", {"comment": {"text": text}, "attributeScores": scores, **fields})


async def stored(client: httpx.AsyncClient) -> list[dict]:
    return (await client.get("/v1/labels")).json()["labels"]


async def queued(client: httpx.AsyncClient) -> list[str]:
    return [text["text"] for text in (await client.get("/v1/labels/queue")).json()["texts"]]


def summary(answer: httpx.Response) -> dict[str, float]:
    scores = answer.json()["attributeScores"]
    return {name.partition("@")[0].lower(): given["summaryScore"]["value"] for name, given in scores.items()}


def check_error(answer: httpx.Response, code: int, status: str, error_type: str | None = None) -> dict:
    GoogleError.model_validate(answer.json())
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (code, code, status)
    assert [detail["errorType"] for detail in error.get("details", [])] == ([error_type] if error_type else [])
    assert SECRET not in answer.text
    return error


async def test_attributes_are_the_calibrated_probabilities(classifier: StanceClassifier) -> None:
    (expected,) = classifier.classify([TEXT])
    async with serving(classifier) as client:
        answer = await analyze(client)
    assert summary(answer) == pytest.approx(expected.scores, abs=1e-4)
    assert {given["summaryScore"]["type"] for given in answer.json()["attributeScores"].values()} == {"PROBABILITY"}
    assert answer.headers["X-Model-Version"] == "1"
    assert "inference;dur=" in answer.headers["Server-Timing"]


async def test_only_the_attributes_requested_come_back(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await analyze(client, requestedAttributes={"NEUTRAL": {"scoreType": "PROBABILITY"}})
    assert list(answer.json()["attributeScores"]) == ["NEUTRAL"]


async def test_scores_below_their_threshold_are_left_out(classifier: StanceClassifier) -> None:
    (expected,) = classifier.classify([TEXT])
    wanted = {name: {"scoreThreshold": expected.confidence - 1e-3} for name in ALL}
    async with serving(classifier) as client:
        answer = await analyze(client, requestedAttributes=wanted)
    assert list(summary(answer)) == [expected.label.value]


@pytest.mark.parametrize("text", ["🕊️ talk to moscow", f"{TEXT} 👩‍👩‍👧", f"  {TEXT}\n"])
async def test_without_annotations_one_span_covers_the_text_as_sent(classifier: StanceClassifier, text: str) -> None:
    async with serving(classifier) as client:
        scores = (await analyze(client, text)).json()["attributeScores"]
    for given in scores.values():
        assert given["spanScores"] == [{"begin": 0, "end": len(text), "score": given["summaryScore"]}]


async def test_with_annotations_each_paragraph_has_its_span_in_code_points(classifier: StanceClassifier) -> None:
    text = f"🕊️🕊️ {TEXT}\n\n  👩‍👩‍👧 {OTHER} 🙂\n"
    (expected,) = classifier.classify([text], split="paragraphs")
    async with serving(classifier) as client:
        scores = (await analyze(client, text, spanAnnotations=True)).json()["attributeScores"]
    for name, given in scores.items():
        spans = given["spanScores"]
        assert [text[span["begin"] : span["end"]] for span in spans] == [f"🕊️🕊️ {TEXT}", f"👩‍👩‍👧 {OTHER} 🙂"]
        own = [segment.scores[name.lower()] for segment in expected.segments or ()]
        assert [span["score"]["value"] for span in spans] == pytest.approx(own, abs=1e-4)


async def test_languages_mirror_the_request_and_the_client_token_comes_back(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        given = (await analyze(client, languages=["en-US"], clientToken="c-17")).json()
        guessed = (await analyze(client, "We should talk to Moscow again and lift the sanctions now.")).json()
        short = (await analyze(client, "ok")).json()
    assert (given["languages"], given["clientToken"]) == (["en-US"], "c-17")
    assert (guessed["languages"], guessed["detectedLanguages"]) == (["en"], ["en"])
    assert (short["languages"], short["detectedLanguages"]) == (["en"], [])
    assert "clientToken" not in guessed


@pytest.mark.parametrize("language", ["en", "en-US", "EN", "en_GB"])
async def test_english_is_taken_at_its_word(classifier: StanceClassifier, language: str) -> None:
    async with serving(classifier) as client:
        answer = await analyze(client, GERMAN, languages=[language])
    assert answer.json()["detectedLanguages"] == ["de"]
    assert len(summary(answer)) == 3


@pytest.mark.parametrize(
    ("text", "fields", "kind"),
    [
        (TEXT, {"languages": ["en", "de"]}, "requestedLanguages"),
        (GERMAN, {}, "detectedLanguages"),
    ],
)
async def test_other_languages_are_named_with_the_attribute(
    classifier: StanceClassifier, text: str, fields: dict, kind: str
) -> None:
    async with serving(classifier) as client:
        answer = await analyze(client, text, requestedAttributes={"SKEPTICAL": {}}, **fields)
        dropped = await analyze(client, text, dropUnsupportedAttributes=True, **fields)
    error = check_error(answer, 400, "INVALID_ARGUMENT", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
    assert "Attribute SKEPTICAL does not support request languages: de" in error["message"]
    (detail,) = error["details"]
    assert detail["languageNotSupportedByAttributeError"] == {kind: ["de"], "attribute": "SKEPTICAL"}
    assert (dropped.status_code, dropped.json()["attributeScores"]) == (200, {})


async def test_a_pinned_version_is_answered_under_the_name_requested(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await analyze(client, requestedAttributes={"SKEPTICAL@1": {}, "SKEPTICAL": {}})
    scores = answer.json()["attributeScores"]
    assert list(scores) == ["SKEPTICAL@1", "SKEPTICAL"]
    assert scores["SKEPTICAL@1"] == scores["SKEPTICAL"]


async def test_another_version_is_an_error_that_says_which_is_served_and_how_to_change_it(
    classifier: StanceClassifier,
) -> None:
    async with serving(classifier) as client:
        answer = await analyze(client, requestedAttributes={"SKEPTICAL": {}, "NEUTRAL@1.3": {}})
    message = check_error(answer, 400, "INVALID_ARGUMENT", "INVALID_REQUEST")["message"]
    assert "version 1 is served" in message
    assert "NEUTRAL@1," in message
    assert "stance models promote 1.3" in message
    assert "/v1/models/1.3/promote" in message


@pytest.mark.parametrize("call_name", ["analyze", "suggestscore"])
async def test_an_attribute_of_perspective_s_own_is_refused_with_a_list(
    classifier: StanceClassifier, call_name: str
) -> None:
    body = {"comment": {"text": TEXT}, "requestedAttributes": {"TOXICITY": {}}, "attributeScores": {"TOXICITY": LIKELY}}
    async with serving(classifier) as client:
        error = check_error(await call(client, call_name, body), 400, "INVALID_ARGUMENT", "INVALID_REQUEST")
    assert error["message"] == "Unknown requested attribute: TOXICITY; there are SKEPTICAL, SUPPORTIVE, NEUTRAL"


@pytest.mark.parametrize(
    ("context", "read"),
    [
        ({"entries": [{"text": OTHER}, {"text": "peace"}]}, OTHER),
        ({"articleAndParentComment": {"article": {"text": OTHER}}}, OTHER),
        ({"articleAndParentComment": {"article": {"text": "peace"}, "parentComment": {"text": OTHER}}}, OTHER),
        ({"articleAndParentComment": {"parentComment": {"text": f"<p>{OTHER}</p>", "type": "HTML"}}}, OTHER),
        ({"entries": [{"text": '{"url": "https://news.example", "Coral_comment_id": "c-1"}'}]}, None),
        ({"entries": [{"text": "[" * 100}]}, "[" * 100),
        ({"entries": []}, None),
        (None, None),
    ],
    ids=["entry", "article", "parent", "html", "coral", "not json", "no entry", "null"],
)
async def test_a_comment_is_read_under_what_it_answers(
    classifier: StanceClassifier, context: dict | None, read: str | None
) -> None:
    (expected,) = classifier.classify([TextInput("i agree", context=read)])
    async with serving(classifier) as client:
        assert summary(await analyze(client, "i agree", context=context)) == pytest.approx(expected.scores, abs=1e-4)
        await suggest(client, {"NEUTRAL": LIKELY}, "i agree", context=context)
        assert [label["context"] for label in await stored(client)] == [read]


async def test_html_is_scored_without_its_tags_and_its_span_is_of_the_text_as_sent(
    classifier: StanceClassifier,
) -> None:
    html = {"text": f"<p>{TEXT} &amp; <b>trade</b></p>", "type": "HTML"}
    (expected,) = classifier.classify([f"{TEXT} & trade"])
    async with serving(classifier) as client:
        answer = await analyze(client, comment=html)
        refused = await analyze(client, comment=html, spanAnnotations=True)
    assert summary(answer) == pytest.approx(expected.scores, abs=1e-4)
    assert answer.json()["attributeScores"]["NEUTRAL"]["spanScores"][0]["end"] == len(html["text"])
    assert "PLAIN_TEXT" in check_error(refused, 400, "INVALID_ARGUMENT", "INVALID_REQUEST")["message"]


async def test_names_in_snake_case_nulls_and_unknown_fields_are_accepted(classifier: StanceClassifier) -> None:
    body = {
        "comment": {"text": TEXT, "type": None, "lang": "x"},
        "requested_attributes": {"NEUTRAL": {"score_threshold": None}},
        "client_token": "t",
        "languages": None,
        "mood": 1,
    }
    async with serving(classifier) as client:
        answer = await call(client, "analyze", body)
    assert (answer.status_code, answer.json()["clientToken"]) == (200, "t")


@pytest.mark.parametrize(
    ("fields", "error_type", "said"),
    [
        ({"comment": {"text": " \n"}}, "COMMENT_EMPTY", "white space"),
        ({"comment": {}}, "COMMENT_EMPTY", "white space"),
        ({"comment": {"text": "<br>", "type": "HTML"}}, "COMMENT_EMPTY", "white space"),
        ({"comment": {"text": f"{SECRET} " * 30}}, "COMMENT_TOO_LONG", "the limit is 200"),
        ({"comment": {"text": "<b>" * 100 + TEXT, "type": "HTML"}}, "COMMENT_TOO_LONG", "the limit is 200"),
        ({"comment": {"text": f"{SECRET}\0"}}, "INVALID_REQUEST", "NUL"),
        ({"comment": {"text": f"{SECRET}\ud800"}}, "INVALID_REQUEST", "surrogate"),
        ({"comment": {"text": TEXT, "type": SECRET}}, "INVALID_REQUEST", "/comment/type"),
        ({"comment": SECRET}, "INVALID_REQUEST", "/comment"),
        ({"context": {"entries": [{"text": "\0"}]}}, "INVALID_REQUEST", "context: NUL"),
        ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES", "SKEPTICAL, SUPPORTIVE, NEUTRAL"),
        ({"requestedAttributes": {"\ud800": {}}}, "INVALID_REQUEST", "/requestedAttributes"),
        ({"requestedAttributes": {"NEUTRAL": {"scoreType": "RAW"}}}, "INVALID_REQUEST", "PROBABILITY"),
        ({"requestedAttributes": {"NEUTRAL": {"scoreThreshold": float("nan")}}}, "INVALID_REQUEST", "finite"),
        ({"languages": ["\ud800"]}, "INVALID_REQUEST", "/languages/0"),
        ({"clientToken": "\ud800"}, "INVALID_REQUEST", "/clientToken"),
    ],
)
async def test_a_bad_request_is_400_in_google_s_shape_and_quotes_nothing(
    classifier: StanceClassifier, fields: dict, error_type: str, said: str
) -> None:
    async with serving(classifier, max_text_chars=200) as client:
        answer = await analyze(client, **fields)
    assert said in check_error(answer, 400, "INVALID_ARGUMENT", error_type)["message"]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"[]", b'"\xff"'])
async def test_a_body_that_is_no_object_has_that_shape_too(classifier: StanceClassifier, content: bytes) -> None:
    async with serving(classifier) as client:
        for headers in ({"Content-Type": "application/json"}, {"Content-Type": "text/plain"}):
            answer = await client.post("/v1alpha1/comments:analyze", content=content, headers=headers)
            check_error(answer, 400, "INVALID_ARGUMENT", "INVALID_REQUEST")


async def test_other_errors_have_the_names_of_google_s_codes(classifier: StanceClassifier, tmp_path: Path) -> None:
    write_keys(tmp_path / "keys.json", [(key := make_key("desk", ["classify"])).record])
    own = {"X-API-Key": key.secret}
    settings = {"keys_file": tmp_path / "keys.json", "rate_limit": "2/hour", "max_body_bytes": 500}
    async with serving(classifier, **settings) as client:
        check_error(await analyze(client), 401, "UNAUTHENTICATED")
        client.headers = own
        check_error(await suggest(client, {"NEUTRAL": LIKELY}), 403, "PERMISSION_DENIED")
        check_error(await analyze(client, TEXT * 50), 413, "INVALID_ARGUMENT", "INVALID_REQUEST")
        assert (await client.get("/v1alpha1/comments:analyze")).json()["error"]["status"] == "UNIMPLEMENTED"
        limited = await analyze(client)
        check_error(limited, 429, "RESOURCE_EXHAUSTED")
        assert int(limited.headers["Retry-After"]) > 0


async def test_a_path_that_there_is_not_is_not_found(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        check_error(await client.post("/v1alpha1/comments:shout"), 404, "NOT_FOUND")


async def test_an_engine_failure_is_internal_and_a_deadline_is_named(classifier: StanceClassifier) -> None:
    def fail(batch: Batch) -> None:
        raise EngineError("out of memory")

    async with serving(with_engine(classifier, FakeEngine(classifier.engine, fail))) as client:
        check_error(await analyze(client), 500, "INTERNAL")
    engine = FakeEngine(classifier.engine)
    async with serving(with_engine(classifier, engine), deadline_seconds=0.1) as client:
        engine.gate.clear()
        check_error(await analyze(client), 504, "DEADLINE_EXCEEDED")
        engine.gate.set()


async def test_a_text_larger_than_the_line_is_too_long(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_queue_tokens=8) as client:
        check_error(await analyze(client, TEXT * 50), 400, "INVALID_ARGUMENT", "COMMENT_TOO_LONG")


async def test_do_not_store_keeps_a_text_out_of_the_review_queue(classifier: StanceClassifier) -> None:
    unsure = classifier.with_calibration(Calibration(temperature=1.5, abstain_threshold=1.0))
    async with serving(unsure, store_texts=True) as client:
        await analyze(client, doNotStore=True)
        assert await queued(client) == []
        await analyze(client, OTHER, doNotStore=False)
        assert await queued(client) == [OTHER]


async def test_nothing_is_stored_unless_the_operator_says_so(classifier: StanceClassifier) -> None:
    unsure = classifier.with_calibration(Calibration(temperature=1.5, abstain_threshold=1.0))
    async with serving(unsure) as client:
        await analyze(client)
        assert await queued(client) == []
        assert await stored(client) == []


async def test_a_suggested_score_becomes_a_label(classifier: StanceClassifier) -> None:
    scores = {"SKEPTICAL": {"summaryScore": {"value": 0.2}}, "SUPPORTIVE@1": {"summaryScore": {"value": 0.8}}}
    async with serving(classifier) as client:
        answer = await suggest(client, scores, languages=["en"], communityId="desk", clientToken="c-18")
        (label,) = await stored(client)
        metrics = (await client.get("/metrics")).text
    assert answer.json() == {"requestedLanguages": ["en"], "detectedLanguages": [], "clientToken": "c-18"}
    assert (label["text"], label["label"]) == (TEXT, "supportive")
    assert (label["source"], label["annotator"]) == ("perspective", "desk")
    assert 'stance_labels_total{label="supportive",source="perspective"} 1.0' in metrics


async def test_a_suggestion_needs_no_more_than_text_and_score(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await suggest(client, {"NEUTRAL": {"summaryScore": {"value": 0.5}}}, GERMAN)
        (label,) = await stored(client)
    assert answer.json() == {"requestedLanguages": [], "detectedLanguages": ["de"]}
    assert label["annotator"] is None


@pytest.mark.parametrize(
    ("scores", "fields", "said"),
    [
        ({}, {}, "at least 0.5"),
        ({"SKEPTICAL": {"summaryScore": {"value": 0}}}, {}, "at least 0.5"),
        ({"SKEPTICAL": LIKELY, "NEUTRAL": LIKELY}, {}, "one of SKEPTICAL, SUPPORTIVE, NEUTRAL"),
        ({"SKEPTICAL": {"spanScores": [{"begin": 0, "end": 1, "score": {"value": 1}}]}}, {}, "summaryScore"),
        ({"APPROVED": LIKELY}, {}, "there are SKEPTICAL, SUPPORTIVE, NEUTRAL"),
        ({"SKEPTICAL": {"summaryScore": {}}}, {}, "/attributeScores/SKEPTICAL/summaryScore/value"),
        ({"SKEPTICAL": {"summaryScore": {"value": float("inf")}}}, {}, "finite"),
        ({"SKEPTICAL": LIKELY}, {"communityId": "\ud800"}, "/communityId"),
        ({"SKEPTICAL": LIKELY}, {"communityId": "a\0"}, "/communityId"),
        ({"SKEPTICAL": LIKELY}, {"text": "\0"}, "NUL"),
    ],
)
async def test_a_suggestion_that_says_no_stance_is_refused_and_stores_nothing(
    classifier: StanceClassifier, scores: dict, fields: dict, said: str
) -> None:
    async with serving(classifier) as client:
        error = check_error(await suggest(client, scores, **fields), 400, "INVALID_ARGUMENT", "INVALID_REQUEST")
        assert said in error["message"]
        assert await stored(client) == []


async def test_a_suggestion_in_another_language_is_refused(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await suggest(client, {"SKEPTICAL": LIKELY}, languages=["fr"])
        check_error(answer, 400, "INVALID_ARGUMENT", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE")
        assert await stored(client) == []


@pytest.mark.parametrize(
    ("call_name", "example"),
    [("analyze", example) for example in ANALYZE_EXAMPLES.values()]
    + [("suggestscore", example) for example in SUGGEST_EXAMPLES.values()],
)
async def test_the_documented_examples_work(classifier: StanceClassifier, call_name: str, example: dict) -> None:
    async with serving(classifier) as client:
        assert (await call(client, call_name, example["value"])).status_code == 200
