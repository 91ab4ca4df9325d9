"""`/v1/jobs`: an uploaded dump comes back scored, whatever happens on the way."""

import asyncio
import csv
import io
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest
from api_support import eventually, serving

from model.classifier import StanceClassifier

pytestmark = pytest.mark.anyio
ROWS = [{"id": str(number), "body": f"talk to moscow {number}", "likes": number} for number in range(60)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def options(tmp_path: Path, tiny_model: Path) -> dict:
    return {"home": tmp_path / "home", "model": str(tiny_model), "engine": "openvino-float32", "threads": 1}


@pytest.fixture
async def client(classifier: StanceClassifier, options: dict) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(classifier, **options) as client:
        yield client


def dump(rows: list[dict]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


async def upload(client: httpx.AsyncClient, content: bytes, name: str = "dump.jsonl", **data: str) -> httpx.Response:
    headers = {"Idempotency-Key": data.pop("key")} if "key" in data else {}
    return await client.post("/v1/jobs", files={"file": (name, content)}, data=data, headers=headers)


async def ended(client: httpx.AsyncClient, job_id: str) -> dict:
    async with asyncio.timeout(90):
        while (job := (await client.get(f"/v1/jobs/{job_id}")).json())["state"] in ("queued", "running"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return job


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "score" in child.cmdline()]


async def test_an_uploaded_dump_comes_back_with_every_row_and_column(client: httpx.AsyncClient):
    answer = await upload(client, dump(ROWS), text_field="body")
    assert answer.status_code == 202
    job = await ended(client, answer.headers["Location"].rpartition("/")[2])
    assert (job["state"], job["rows"], job["error"]) == ("done", 60, None)
    result = await client.get(job["result"])
    rows = [json.loads(line) for line in result.text.splitlines()]
    assert [{name: row[name] for name in ("id", "body", "likes")} for row in rows] == ROWS
    assert all(row["stance_label"] for row in rows)
    labels = ("skeptical", "supportive", "neutral")
    assert sum(job["counts"][label] for label in labels) == 60


async def test_the_result_may_be_csv(client: httpx.AsyncClient):
    answer = await upload(client, b"comment,likes\npeace,3\n,4\n", name="C:\\dumps\\a.CSV", output="csv")
    job = await ended(client, answer.json()["id"])
    assert job["counts"]["rejected"] == 1
    rows = list(csv.DictReader(io.StringIO((await client.get(job["result"])).text)))
    assert [row["likes"] for row in rows] == ["3", "4"]


@pytest.mark.parametrize(
    ("content", "name", "data", "message"),
    [
        (b"a,b\n1,2\n", "dump.csv", {}, "Name it with --text-field; there are: a, b"),
        (b"a,b\n1,2\n", "dump.csv", {"text_field": "c"}, "no column 'c'"),
        (b"text", "dump.exe", {}, "unknown format"),
        (b"text", "", {}, ""),
        (b"text\n", "/", {}, "the file has no name"),
        (b"text\n", "a.csv", {"text_field": "a\x00b"}, ""),
        (b"no parquet", "dump.parquet", {}, "input.parquet"),
        (b"no gzip", "dump.csv.gz", {}, "input.csv.gz"),
    ],
)
async def test_a_file_of_no_use_is_refused_at_once_and_not_kept(
    client: httpx.AsyncClient, options: dict, content: bytes, name: str, data: dict, message: str
):
    answer = await upload(client, content, name, **data)
    assert answer.status_code == 422
    assert message in answer.json()["detail"]
    assert str(options["home"]) not in answer.text
    assert not list((options["home"] / "jobs").glob("*"))


async def test_an_upload_over_the_limit_is_refused(classifier: StanceClassifier, options: dict):
    async with serving(classifier, **options, max_upload_bytes=1_000) as client:
        assert (await upload(client, b"text\n" + b"x" * 2_000, "a.csv")).status_code == 413


async def test_an_upload_sent_again_under_its_key_is_one_job(client: httpx.AsyncClient, options: dict):
    first = await upload(client, dump(ROWS), key="k", text_field="body")
    again = await upload(client, dump(ROWS), key="k", text_field="body")
    assert again.json()["id"] == first.json()["id"]
    assert [path.name for path in (options["home"] / "jobs").iterdir()] == [first.json()["id"]]
    assert (await upload(client, dump(ROWS[:2]), key="k", text_field="body")).status_code == 422
    assert [path.name for path in (options["home"] / "jobs").iterdir()] == [first.json()["id"]]


async def test_a_job_that_is_not_there_is_404(client: httpx.AsyncClient):
    for path in ("/v1/jobs/abc", "/v1/jobs/abc/result", "/v1/jobs/..%2f..%2fetc"):
        assert (await client.get(path)).status_code == 404
    assert (await client.delete("/v1/jobs/abc")).status_code == 404


async def test_a_deleted_job_leaves_nothing_behind(client: httpx.AsyncClient, options: dict):
    job_id = (await upload(client, dump(ROWS), text_field="body")).json()["id"]
    await ended(client, job_id)
    assert (await client.delete(f"/v1/jobs/{job_id}")).status_code == 204
    assert (await client.get(f"/v1/jobs/{job_id}")).status_code == 404
    assert not (options["home"] / "jobs" / job_id).exists()


@pytest.mark.slow
async def test_a_job_whose_process_is_killed_goes_on(client: httpx.AsyncClient):
    job_id = (await upload(client, dump(ROWS), text_field="body")).json()["id"]
    await eventually(children)
    children()[0].send_signal(signal.SIGKILL)
    job = await ended(client, job_id)
    assert (job["state"], job["rows"]) == ("done", 60)


@pytest.mark.slow
async def test_a_job_survives_a_restart_of_the_service(classifier: StanceClassifier, options: dict):
    async with serving(classifier, **options) as client:
        job_id = (await upload(client, dump(ROWS), text_field="body")).json()["id"]
        await eventually(children)
    assert not children()
    async with serving(classifier, **options) as client:
        job = await ended(client, job_id)
        assert (job["state"], job["rows"]) == ("done", 60)


@pytest.mark.slow
async def test_a_running_job_can_be_stopped(client: httpx.AsyncClient, options: dict):
    job_id = (await upload(client, dump(ROWS), text_field="body")).json()["id"]
    await eventually(children)
    assert (await client.delete(f"/v1/jobs/{job_id}")).status_code == 204
    await eventually(lambda: not (options["home"] / "jobs" / job_id).exists())
    assert not children()
