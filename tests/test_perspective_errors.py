"""What Perspective's calls refuse, in the shape of Google's errors."""

from pathlib import Path

import pytest
from api_support import FakeEngine, serving, with_engine
from hypothesis import given, settings
from hypothesis import strategies as st
from perspective_support import ALL, GERMAN, LIKELY, SECRET, TEXT, analyze, call, check_error, suggest

from model.batching import Batch
from model.classifier import StanceClassifier
from model.errors import EngineError
from service.api.perspective_schemas import AnalyzeRequest, SuggestRequest
from service.keys import make_key, write_keys

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
    limits = {"rate_limit": "2/hour", "max_body_bytes": 500}
    async with serving(classifier, keys_file=tmp_path / "keys.json", **limits) as client:
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


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda deeper: st.lists(deeper) | st.dictionaries(st.text(), deeper),
)
FIELDS = [*AnalyzeRequest.model_fields, *SuggestRequest.model_fields]


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(body=st.dictionaries(st.sampled_from(FIELDS), ANYTHING) | ANYTHING)
async def test_whatever_is_sent_is_answered_or_refused(classifier: StanceClassifier, body: object) -> None:
    sound = {"comment": {"text": TEXT}, "requestedAttributes": ALL, "attributeScores": {"NEUTRAL": LIKELY}}
    async with serving(classifier) as client:
        for name in ("analyze", "suggestscore"):
            for sent in (body, {**sound, **body} if isinstance(body, dict) else [body]):
                answer = await call(client, name, sent)
                assert answer.status_code in (200, 400)
