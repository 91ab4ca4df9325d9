"""Keys, scopes and rate limits over HTTP."""

import base64
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from api_support import listening, serving

from model.classifier import StanceClassifier
from model.errors import SettingsError
from service.api.access import RIGHTS, RateLimiter, right_for
from service.api.app import create_app
from service.keys import make_key, write_keys
from service.settings import Settings

pytestmark = pytest.mark.anyio
TEXTS = {"texts": ["talk to moscow"]}
LABELS = {"labels": [{"text": "talk to moscow", "label": "supportive"}]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A key for each scope; they lie in `keys.json`."""
    made = {scope: make_key(f"{scope}-desk", [scope]) for scope in ("classify", "label", "admin")}
    write_keys(tmp_path / "keys.json", [key.record for key in made.values()])
    return {scope: key.secret for scope, key in made.items()}


@pytest.fixture
async def client(
    classifier: StanceClassifier, keys: dict[str, str], tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(classifier, keys_file=tmp_path / "keys.json") as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_without_a_key_the_answer_is_a_problem_that_says_how_to_send_one(client: httpx.AsyncClient):
    answer = await client.post("/v1/classify", json=TEXTS)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]
    assert "Authorization: Bearer KEY" in answer.json()["detail"]


@pytest.mark.parametrize("header", [lambda key: bearer(key), lambda key: {"X-API-Key": key}])
async def test_a_key_opens_what_its_scope_covers_and_no_more(client: httpx.AsyncClient, keys: dict[str, str], header):
    own = header(keys["classify"])
    assert (await client.post("/v1/classify", json=TEXTS, headers=own)).status_code == 200
    refused = await client.post("/v1/labels", json=LABELS, headers=own)
    assert refused.status_code == 403
    assert "'label'" in refused.json()["detail"]
    assert (await client.get("/v1/models", headers=own)).status_code == 403


async def test_admin_opens_everything(client: httpx.AsyncClient, keys: dict[str, str]):
    own = bearer(keys["admin"])
    assert (await client.post("/v1/classify", json=TEXTS, headers=own)).status_code == 200
    assert (await client.post("/v1/labels", json=LABELS, headers=own)).status_code == 201
    assert (await client.get("/v1/models", headers=own)).status_code == 200


async def test_probes_and_documentation_need_no_key(client: httpx.AsyncClient):
    for path in ("/livez", "/readyz", "/metrics", "/info", "/openapi.json", "/docs"):
        assert (await client.get(path)).status_code == 200, path


async def test_a_key_in_the_url_counts_on_the_routes_of_perspective_only(
    client: httpx.AsyncClient, keys: dict[str, str]
):
    assert (await client.post("/v1/classify", params={"key": keys["classify"]}, json=TEXTS)).status_code == 401
    answer = await client.post("/v1alpha1/comments:analyze", params={"key": keys["classify"]}, json={})
    assert answer.status_code != 401


async def test_label_studio_may_send_the_key_as_a_password(client: httpx.AsyncClient, keys: dict[str, str]):
    for password, allowed in ((keys["label"], True), ("wrong", False)):
        basic = base64.b64encode(f"anyone:{password}".encode()).decode()
        answer = await client.post("/label-studio/setup", json={}, headers={"Authorization": f"Basic {basic}"})
        assert (answer.status_code != 401) is allowed


@pytest.mark.parametrize("sent", ["Basic !!!", "Bearer", "Bearer stance__", "Digest x", "Bearer " + "a" * 10_000])
async def test_nonsense_in_the_header_is_refused(client: httpx.AsyncClient, sent: str):
    for path in ("/v1/classify", "/label-studio/predict"):
        assert (await client.post(path, json=TEXTS, headers={"Authorization": sent})).status_code == 401


def test_a_refused_request_is_answered_before_its_body_is_sent(
    classifier: StanceClassifier, keys: dict[str, str], tmp_path: Path
):
    head = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n"
    with listening(classifier, keys_file=tmp_path / "keys.json") as url:
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port), timeout=20) as connection:
            connection.sendall(head)
            assert connection.recv(64).startswith(b"HTTP/1.1 401 ")


def test_every_route_says_which_scope_it_needs(classifier: StanceClassifier, tmp_path: Path):
    app = create_app(Settings(_env_file=None, home=tmp_path), classifier)
    listed = [path for path in app.openapi()["paths"] if right_for(path) == "admin"]
    assert all(path.startswith("/v1/models") for path in listed), "not listed in RIGHTS"


def test_a_path_that_is_not_listed_is_the_administrators_alone():
    assert right_for("/v2/anything") == "admin"
    assert right_for("/v1/classifyx") == "admin"
    assert right_for("/v1/labels/queue") == "label"
    assert right_for("/") is None
    assert {None, "classify", "label", "admin"} == set(RIGHTS.values())


async def test_over_the_rate_the_answer_is_429_and_says_when_to_come_back(classifier: StanceClassifier):
    async with serving(classifier, rate_limit="2/minute") as client:
        first = await client.post("/v1/classify", json=TEXTS)
        assert first.headers["RateLimit-Policy"] == '"requests";q=2;w=60'
        assert first.headers["RateLimit"].startswith('"requests";r=1;t=')
        await client.post("/v1/classify", json=TEXTS)
        refused = await client.post("/v1/classify", json=TEXTS)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await client.get("/livez")).status_code == 200


async def test_each_key_has_a_rate_of_its_own(classifier: StanceClassifier, keys: dict[str, str], tmp_path: Path):
    async with serving(classifier, keys_file=tmp_path / "keys.json", rate_limit="1/minute") as client:
        for name in ("classify", "admin"):
            own = bearer(keys[name])
            assert (await client.post("/v1/classify", json=TEXTS, headers=own)).status_code == 200
            assert (await client.post("/v1/classify", json=TEXTS, headers=own)).status_code == 429


@pytest.mark.parametrize("rate", ["often", "0/minute", "600/minute; 20/second", ""])
def test_a_rate_that_cannot_be_read_names_the_setting(rate: str):
    with pytest.raises(SettingsError, match="STANCE_RATE_LIMIT: write it as 600/minute"):
        RateLimiter(rate)
