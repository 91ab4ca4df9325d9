"""The whole page in a real browser, in all its states: `pytest -m browser`."""

from collections.abc import Iterator
from typing import Any

import pytest
from api_support import listening
from axe_playwright_python import sync_playwright as axe_api
from page_support import FRENCH, PARAGRAPHS, fill_queue, score_file, try_text
from playwright.sync_api import expect

from model.classifier import StanceClassifier

pytestmark = pytest.mark.browser
THEMES = ["light", "dark"]


def open_views(page: Any, url: str) -> Iterator[str]:
    """Bring the page into each of its states, and name it."""
    fill_queue(url, {"text": "i agree", "context": "never trust russia"}, "talk to moscow", "peace works")
    page.goto(url)
    yield "try, empty"
    try_text(page, "\n\n".join(PARAGRAPHS))
    page.get_by_role("button", name="Why?").first.click()
    expect(page.locator(".explanation")).to_be_visible()
    yield "try, result"
    try_text(page, " ")
    expect(page.get_by_role("alert").first).to_contain_text("Paste a text")
    yield "try, error"
    try_text(page, FRENCH)
    expect(page.locator(".reason")).to_be_visible()
    yield "try, unsure"
    score_file(page, url, "text\ntalk to moscow\n \n")
    page.get_by_text("Rows that could not be scored").click()
    yield "file, result"
    page.goto(f"{url}/#review")
    expect(page.locator(".review-text")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("The model:")).to_be_visible()
    yield "review"
    page.evaluate("document.getElementById('key-dialog').showModal()")
    yield "key"


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_no_violation_in_any_view(page: Any, classifier: StanceClassifier, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    with listening(classifier) as url:
        for view in open_views(page, url):
            results = axe_api.Axe().run(page)
            assert results.violations_count == 0, f"{view}: {results.generate_report()}"


def test_no_view_scrolls_sideways_on_a_small_screen(page: Any, classifier: StanceClassifier) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    with listening(classifier) as url:
        for view in open_views(page, url):
            assert page.evaluate("document.documentElement.scrollWidth") == 360, view


def test_links_change_the_view_its_title_and_the_focus_and_back_returns(page: Any, page_url: str) -> None:
    page.goto(page_url)
    page.get_by_role("link", name="Score a file").click()
    expect(page.get_by_role("heading", name="Score a file")).to_be_focused()
    expect(page).to_have_title("Score a file · Comment stance")
    expect(page.get_by_role("link", name="Score a file")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_label("Comment or article")).to_be_visible()
