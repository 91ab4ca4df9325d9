"""Perspective's suggested scores become labels."""

import pytest
from api_support import serving
from perspective_support import GERMAN, LIKELY, TEXT, check_error, stored, suggest

from model.classifier import StanceClassifier

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
        answer = await suggest(client, {"NEUTRAL": {"summaryScore": {"value": 0.5}}}, GERMAN, communityId="")
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
