"""Scores in the shape of Google's Perspective API."""

import sqlite3
from pathlib import Path

import pytest
from api_support import serving
from perspective_support import (
    ALL,
    GERMAN,
    LIKELY,
    OTHER,
    SECRET,
    TEXT,
    analyze,
    call,
    check_error,
    queued,
    stored,
    suggest,
    summary,
)

from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.records import TextInput
from service.api.perspective_schemas import ANALYZE_EXAMPLES, SUGGEST_EXAMPLES

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
    for own in scores.values():
        assert own["spanScores"] == [{"begin": 0, "end": len(text), "score": own["summaryScore"]}]


async def test_with_annotations_each_paragraph_has_its_span_in_code_points(classifier: StanceClassifier) -> None:
    text = f"🕊️🕊️ {TEXT}\n\n  👩‍👩‍👧 {OTHER} 🙂\n"
    (expected,) = classifier.classify([text], split="paragraphs")
    async with serving(classifier) as client:
        scores = (await analyze(client, text, spanAnnotations=True)).json()["attributeScores"]
    for name, found in scores.items():
        spans = found["spanScores"]
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


async def test_a_pinned_version_is_answered_under_the_name_requested(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await analyze(client, requestedAttributes={"SKEPTICAL@1": {}, "SKEPTICAL": {}})
    scores = answer.json()["attributeScores"]
    assert list(scores) == ["SKEPTICAL@1", "SKEPTICAL"]
    assert scores["SKEPTICAL@1"] == scores["SKEPTICAL"]


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


async def test_a_database_that_fails_costs_no_score(
    classifier: StanceClassifier, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unsure = classifier.with_calibration(Calibration(temperature=1.5, abstain_threshold=1.0))
    async with serving(unsure, store_texts=True, database_url=f"sqlite:///{tmp_path / 'stance.db'}") as client:
        with sqlite3.connect(tmp_path / "stance.db") as database:
            database.execute("drop table review")
        database.close()
        assert len(summary(await analyze(client, f"{SECRET} {TEXT}"))) == 3
        failed = await suggest(client, {"NEUTRAL": LIKELY})
    assert "not put into the review queue" in caplog.text
    assert SECRET not in caplog.text
    check_error(failed, 503, "UNAVAILABLE")


@pytest.mark.parametrize(
    ("call_name", "example"),
    [("analyze", example) for example in ANALYZE_EXAMPLES.values()]
    + [("suggestscore", example) for example in SUGGEST_EXAMPLES.values()],
)
async def test_the_documented_examples_work(classifier: StanceClassifier, call_name: str, example: dict) -> None:
    async with serving(classifier) as client:
        assert (await call(client, call_name, example["value"])).status_code == 200
