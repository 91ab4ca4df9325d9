"""A browser for the page, and what a visitor does with it. Needs Playwright and a Chromium."""

import shutil
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_support import PATIENCE, listening
from playwright.sync_api import sync_playwright

from model.calibration import Calibration
from model.classifier import StanceClassifier

PARAGRAPHS = [
    "🙂🙂 talk to moscow and lift the sanctions.",
    "no deal with putin will hold 👍🏽",
    "the weather in paris",
]
FRENCH = "Je pense que les discussions avec Moscou sont inutiles."


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def page_url(classifier: StanceClassifier) -> Iterator[str]:
    with listening(classifier) as address:
        yield address


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A new visitor's; fails the test where a script fails, the policy is broken or another host is asked."""
    context = browser.new_context(reduced_motion="reduce")
    visitor = context.new_page()
    faults: list[str] = []
    hosts: set[str] = set()
    visitor.on("pageerror", lambda error: faults.append(str(error)))
    visitor.on("console", lambda message: faults.append(message.text) if "Security Policy" in message.text else None)
    visitor.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    yield visitor
    context.close()
    assert faults == []
    assert hosts <= {"127.0.0.1", ""}


@pytest.fixture(scope="session")
def doubtful(classifier: StanceClassifier) -> StanceClassifier:
    """The same model, but sure of nothing."""
    return classifier.with_calibration(Calibration(temperature=20.0, abstain_threshold=0.97))


def try_text(page: Any, text: str, *, context: str = "") -> None:
    page.get_by_label("Comment or article").fill(text)
    page.get_by_label("What it answers").fill(context)
    page.get_by_role("button", name="Label the text").click()


def choose_file(page: Any, content: str | bytes, *, name: str = "comments.csv") -> None:
    buffer = content if isinstance(content, bytes) else content.encode()
    page.get_by_label("Choose a file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": buffer})


def score_file(page: Any, url: str, content: str | bytes, *, name: str = "comments.csv") -> None:
    page.goto(f"{url}/#file")
    choose_file(page, content, name=name)
    page.get_by_role("button", name="Score").click()
    page.get_by_role("heading", name="Result").wait_for()


def fill_queue(url: str, *texts: object) -> None:
    assert httpx.post(f"{url}/v1/labels/queue", json={"texts": texts}).status_code == 201


def stored_labels(url: str) -> list[dict]:
    return list(httpx.get(f"{url}/v1/labels").json()["labels"])


def eventually_stored(url: str, count: int) -> list[dict]:
    deadline = time.monotonic() + PATIENCE
    while len(labels := stored_labels(url)) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return labels
