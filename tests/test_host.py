"""Swapping the model: nobody notices, and a bad model is never served."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from api_support import eventually, serving

from model.artifact import seal
from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.registry import Registry

pytestmark = pytest.mark.anyio
TEXTS = {"texts": ["talk to moscow", "no deal with putin will hold"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def home(tmp_path: Path, tiny_model: Path, classifier: StanceClassifier) -> Path:
    """A registry of two versions, 90 in use and 91 another calibration of it."""
    directory = tmp_path / "home"
    registry = Registry(directory, embedded=tiny_model)
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    registry.promote(registry.register(other))
    seal(other, replace(classifier.manifest, calibration=Calibration(temperature=3.0, abstain_threshold=0.0)))
    registry.register(other)
    return directory


@pytest.fixture
async def client(home: Path) -> AsyncIterator[httpx.AsyncClient]:
    registry = Registry(home)
    first = StanceClassifier.load(registry.path("current"), engine="torch-float32")
    async with serving(first, home=home, engine="torch-float32") as client:
        yield client


def versions(home: Path) -> list[str]:
    return Registry(home).versions()[1:]


async def served(client: httpx.AsyncClient) -> str:
    answer = await client.post("/v1/classify", json=TEXTS)
    assert answer.status_code == 200
    assert answer.headers["X-Model-Version"] == answer.json()["model"]["version"]
    return answer.json()["model"]["version"]


async def test_promotion_swaps_the_model_that_answers(client: httpx.AsyncClient, home: Path):
    old, new = versions(home)
    assert await served(client) == old
    answer = await client.post(f"/v1/models/{new}/promote")
    assert answer.json() == {"serving": new}
    assert await served(client) == new
    listed = (await client.get("/v1/models")).json()
    assert listed["serving"] == new
    assert [model["version"] for model in listed["versions"] if model["current"]] == [new]
    assert f'version="{new}"' in (await client.get("/metrics")).text


async def test_a_promotion_by_another_process_is_followed(client: httpx.AsyncClient, home: Path):
    new = versions(home)[1]
    Registry(home).promote(new)
    async with asyncio.timeout(20):
        while await served(client) != new:  # noqa: ASYNC110 - the question is what a client sees
            await asyncio.sleep(0.1)


async def test_no_request_fails_while_models_are_swapped(client: httpx.AsyncClient, home: Path):
    old, new = versions(home)
    stop = False
    statuses: list[tuple[int, str]] = []

    async def ask() -> None:
        while not stop:
            answer = await client.post("/v1/classify", json=TEXTS)
            statuses.append((answer.status_code, answer.headers["X-Model-Version"]))

    askers = [asyncio.create_task(ask()) for _ in range(8)]
    for round_ in range(6):
        assert (await client.post(f"/v1/models/{(new, old)[round_ % 2]}/promote")).status_code == 200
    stop = True
    await asyncio.gather(*askers)
    assert {status for status, _ in statuses} == {200}
    assert {version for _, version in statuses} == {old, new}


async def test_a_version_that_is_not_there_is_404_and_changes_nothing(client: httpx.AsyncClient, home: Path):
    answer = await client.post("/v1/models/77/promote")
    assert answer.status_code == 404
    assert "there are:" in answer.json()["detail"]
    assert await served(client) == versions(home)[0]


async def test_a_damaged_version_is_refused_and_never_served(client: httpx.AsyncClient, home: Path):
    old, new = versions(home)
    weights = Registry(home).path(new) / "model.safetensors"
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    answer = await client.post(f"/v1/models/{new}/promote")
    assert answer.status_code == 409
    assert "model.safetensors" in answer.json()["detail"]
    assert await served(client) == old
    assert Registry(home).pointer().current == old


async def test_a_pointer_to_a_damaged_version_is_logged_and_not_followed(
    client: httpx.AsyncClient, home: Path, caplog: pytest.LogCaptureFixture
):
    old, new = versions(home)
    Registry(home).promote(new)
    config = Registry(home).path(new) / "config.json"
    config.chmod(0o644)
    config.write_text("{}")
    await eventually(lambda: "the promoted model is not served" in caplog.text)
    assert await served(client) == old


async def test_a_service_with_a_fixed_model_keeps_it(classifier: StanceClassifier, tiny_model: Path):
    async with serving(classifier, model=str(tiny_model)) as client:
        answer = await client.post("/v1/models/embedded/promote")
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:comment-stance:fixed-model"
