"""Logs: one line a request, and nothing in it that is a reader's or a secret."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
from api_support import serving

from model.classifier import StanceClassifier
from service.logs import LogFormat, log_config

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def configured() -> Iterator[None]:
    """Whatever a test configures is undone."""
    root, access = logging.getLogger(), logging.getLogger("service.access")
    before = [(logger, list(logger.handlers), logger.level, logger.propagate) for logger in (root, access)]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate


async def logged(classifier: StanceClassifier, log_format: LogFormat) -> str:
    stream = io.StringIO()
    config = log_config(log_format)
    for handler in config["handlers"].values():
        handler["stream"] = stream
    logging.config.dictConfig(config)
    async with serving(classifier) as client:
        headers = {"X-Request-ID": "r-1", "X-API-Key": "stance_secret"}
        body = {"texts": ["talk to moscow"]}
        await client.post("/v1/classify?key=stance_secret&q=moscow", json=body, headers=headers)
    return stream.getvalue()


@pytest.mark.usefixtures("configured")
async def test_json_logs_say_what_happened_to_each_request(classifier: StanceClassifier):
    (line,) = (await logged(classifier, "json")).splitlines()
    record = json.loads(line)
    assert {"method": "POST", "path": "/v1/classify", "status": 200, "request_id": "r-1"}.items() <= record.items()
    assert record["model"] == classifier.manifest.version
    assert record["client"] == "anybody"
    assert record["milliseconds"] > 0
    assert record["level"] == "INFO"


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_neither_texts_nor_queries_nor_keys_are_logged(classifier: StanceClassifier, log_format: LogFormat):
    found = await logged(classifier, log_format)
    assert found.count("\n") == 1
    assert "moscow" not in found
    assert "secret" not in found
