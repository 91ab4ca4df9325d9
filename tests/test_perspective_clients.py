"""Programs written for Google's Perspective API work against the running service: Google's own client, and Coral."""

import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from api_support import listening
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from model.classifier import StanceClassifier
from service.keys import make_key, write_keys

TEXT = "talk to moscow and lift the sanctions"
PAGE = Path(__file__).parent.parent / "docs" / "migrating-from-perspective.md"
# What documents of this kind must hold for the two calls; Google's package has none of this API any more.
METHOD = {"httpMethod": "POST", "parameters": {}, "request": {"$ref": "Any"}, "response": {"$ref": "Any"}}


def described_at(url: str) -> dict[str, Any]:
    calls = {name: {**METHOD, "id": name, "path": f"v1alpha1/comments:{name}"} for name in ("analyze", "suggestscore")}
    return {
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "rootUrl": f"{url}/",
        "servicePath": "",
        "batchPath": "batch",
        "parameters": {"key": {"type": "string", "location": "query"}},
        "schemas": {"Any": {"id": "Any", "type": "object", "additionalProperties": {"type": "any"}}},
        "resources": {"comments": {"methods": calls}},
    }


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file of keys and the key in it."""
    made = make_key("desk", ["classify", "label"])
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    write_keys(path, [made.record])
    return path, made.secret


@pytest.fixture(scope="module")
def url(classifier: StanceClassifier, key: tuple[Path, str]) -> Iterator[str]:
    with listening(classifier, keys_file=key[0]) as url:
        yield url


@pytest.fixture
def google(url: str, key: tuple[Path, str]) -> Iterator[Any]:
    """Google's client, as Perspective's documentation sets it up."""
    with discovery.build_from_document(described_at(url), developerKey=key[1]) as client:
        yield client


def test_google_s_client_reads_scores(google: Any, classifier: StanceClassifier) -> None:
    body = {"comment": {"text": TEXT}, "requestedAttributes": {"SKEPTICAL": {}}}
    answer = google.comments().analyze(body=body).execute()
    (expected,) = classifier.classify([TEXT])
    value = answer["attributeScores"]["SKEPTICAL"]["summaryScore"]["value"]
    assert value == pytest.approx(expected.scores["skeptical"], abs=1e-4)


def test_google_s_client_suggests_a_score_that_is_kept(google: Any, url: str, key: tuple[Path, str]) -> None:
    body = {"comment": {"text": "peace"}, "attributeScores": {"SUPPORTIVE": {"summaryScore": {"value": 1}}}}
    assert google.comments().suggestscore(body={**body, "clientToken": "t"}).execute()["clientToken"] == "t"
    kept = httpx.get(f"{url}/v1/labels", headers={"X-API-Key": key[1]}, params={"source": "perspective"}).json()
    assert ("peace", "supportive") in [(label["text"], label["label"]) for label in kept["labels"]]


def test_google_s_client_understands_our_errors(google: Any) -> None:
    with pytest.raises(HttpError) as failure:
        google.comments().analyze(body={"comment": {"text": ""}, "requestedAttributes": {"NEUTRAL": {}}}).execute()
    assert failure.value.resp.status == 400
    assert "white space" in failure.value.reason
    assert failure.value.error_details[0]["errorType"] == "COMMENT_EMPTY"


def coral(url: str, key: str, operation: str, body: dict[str, Any]) -> httpx.Response:
    """As Coral calls: the operation and the key go behind the endpoint that is set in it."""
    return httpx.post(f"{url}/v1alpha1/{operation}", params={"key": key}, json=body)


def test_coral_s_request_for_a_score_is_answered_with_the_number_that_it_reads(
    url: str, key: tuple[Path, str], classifier: StanceClassifier
) -> None:
    body = {
        "comment": {"text": TEXT},
        "doNotStore": True,
        "requestedAttributes": {"SKEPTICAL": {}},
        "languages": ["en"],
    }
    answer = coral(url, key[1], "comments:analyze", body)
    assert answer.status_code == 200
    (expected,) = classifier.classify([TEXT])
    value = answer.json()["attributeScores"]["SKEPTICAL"]["summaryScore"]["value"]
    assert value == pytest.approx(expected.scores["skeptical"], abs=1e-4)


@pytest.mark.parametrize(("value", "status"), [(1, 200), (0, 400)], ids=["rejected", "approved"])
def test_what_coral_reports_of_a_moderator_is_kept_only_where_it_names_a_stance(
    url: str, key: tuple[Path, str], value: int, status: int
) -> None:
    where = {"url": "https://news.example/summit?commentID=c-1", "Coral_comment_id": "c-1"}
    body = {
        "comment": {"text": f"it is a trap {value}"},
        "context": {"entries": [{"text": json.dumps(where)}]},
        "attributeScores": {"SKEPTICAL": {"summaryScore": {"value": value}}},
        "languages": ["en"],
        "communityId": "Coral:https://coral.news.example",
        "clientToken": "comment:c-1",
    }
    assert coral(url, key[1], "comments:suggestscore", body).status_code == status
    own = {"annotator": body["communityId"]}
    kept = httpx.get(f"{url}/v1/labels", headers={"X-API-Key": key[1]}, params=own).json()["labels"]
    about = [(label["label"], label["context"]) for label in kept if label["text"] == body["comment"]["text"]]
    assert about == ([("skeptical", None)] if value else [])


@contextmanager
def all_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Everything is logged to `caplog`, the server's own lines among it, which it keeps from other handlers."""
    access = logging.getLogger("uvicorn.access")
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger=access.name)
    access.addHandler(caplog.handler)
    yield
    access.removeHandler(caplog.handler)


@pytest.mark.parametrize(
    ("path", "name", "keys_needed"),
    [
        ("/v1alpha1/comments:analyze", "key", True),
        ("/v1alpha1/comments:analyze", "key", False),
        ("/v1alpha1/comments:suggestscore", "%6bey", True),
        ("/v1alpha1/nothing", "k%65y", True),
        ("/v1/classify", "key", True),
    ],
)
def test_a_key_in_the_url_reaches_no_log(
    classifier: StanceClassifier,
    key: tuple[Path, str],
    caplog: pytest.LogCaptureFixture,
    path: str,
    name: str,
    keys_needed: bool,
) -> None:
    with listening(classifier, keys_file=key[0] if keys_needed else None) as url, all_logged(caplog):
        status = raw_post(url, f"{path}?alt=json&{name}={key[1]}&prettyPrint=true")
    assert f'"POST {quote(path)}?alt=json&prettyPrint=true HTTP/1.1" {status}' in caplog.text
    assert key[1] not in caplog.text


def raw_post(url: str, target: str) -> int:
    """Send a request whose target no client library puts in order."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port), timeout=20) as connection:
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
        connection.sendall(f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
        answer = connection.makefile("rb").read()
    return int(answer.split()[1])


EXAMPLES = re.findall(
    r"^`POST (\S+)`\n\n```json\n(.+?)```\n\nanswers\n\n```json\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.S | re.M
)


def test_the_page_for_those_who_move_has_examples_of_both_calls_and_of_an_error() -> None:
    assert [path.partition(":")[2] for path, _, _ in EXAMPLES] == ["analyze", "suggestscore", "analyze"]


@pytest.mark.parametrize(("path", "sent", "documented"), EXAMPLES)
def test_examples_on_the_page_are_answered_as_it_says(
    url: str, key: tuple[Path, str], path: str, sent: str, documented: str
) -> None:
    answer = httpx.post(f"{url}{path}", params={"key": key[1]}, json=json.loads(sent)).json()
    assert without_scores(answer) == without_scores(json.loads(documented))


def without_scores(value: Any) -> Any:
    """Scores depend on the model; everything else must be as documented."""
    if isinstance(value, dict):
        return {name: without_scores(own) for name, own in value.items()}
    if isinstance(value, list):
        return [without_scores(own) for own in value]
    return float if isinstance(value, float) else value
