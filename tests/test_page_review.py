"""The view "Review" in a real browser: `pytest -m browser`."""

from typing import Any

import httpx
import pytest
from api_support import listening
from page_support import eventually_stored, fill_queue, stored_labels
from playwright.sync_api import expect

from model.classifier import StanceClassifier

pytestmark = pytest.mark.browser


def test_a_label_is_stored_with_its_annotator_context_and_model(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier) as url:
        fill_queue(url, {"text": "i agree", "context": "never trust russia", "id": "c-1"})
        page.goto(f"{url}/#review")
        page.get_by_label("Your name").fill("ann")
        expect(page.locator(".context")).to_contain_text("never trust russia")
        page.get_by_role("button", name="Skeptical").click()
        [label] = eventually_stored(url, 1)
        expect(page.get_by_text("1 label stored · 0 waiting")).to_be_visible()
    given = {name: label[name] for name in ("text", "context", "label", "id", "annotator", "source", "model")}
    assert given == {
        "text": "i agree",
        "context": "never trust russia",
        "label": "skeptical",
        "id": "c-1",
        "annotator": "ann",
        "source": "page",
        "model": "tiny@1",
    }


def test_the_model_s_view_is_hidden_until_the_label_is_given(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier) as url:
        fill_queue(url, "talk to moscow")
        page.goto(f"{url}/#review")
        expect(page.locator(".review-text")).to_be_visible()
        assert page.get_by_text("The model:").count() == 0
        assert "%" not in page.locator("#view-review").inner_text()
        page.keyboard.press("3")
        expect(page.get_by_text("The model:")).to_be_visible()


def test_keys_label_undo_and_skip(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier) as url:
        fill_queue(url, "talk to moscow", "i agree", "never trust russia")
        first, second, third = (item["text"] for item in httpx.get(f"{url}/v1/labels/queue").json()["texts"])
        page.goto(f"{url}/#review")
        text = page.locator(".review-text")
        expect(text).to_have_text(first)
        page.keyboard.press("1")
        expect(text).to_have_text(second)
        page.keyboard.press("u")
        expect(text).to_have_text(first)
        page.keyboard.press("2")
        page.keyboard.press("s")
        expect(text).to_have_text(third)
        page.keyboard.press("3")
        labels = eventually_stored(url, 2)
        assert [(label["text"], label["label"]) for label in labels] == [(first, "supportive"), (third, "neutral")]
        expect(page.get_by_role("button", name="Show what I skipped")).to_be_visible()


def test_keys_do_nothing_while_somebody_types_or_where_they_are_turned_off(
    page: Any, classifier: StanceClassifier
) -> None:
    with listening(classifier) as url:
        fill_queue(url, "talk to moscow")
        page.goto(f"{url}/#review")
        expect(page.locator(".review-text")).to_be_visible()
        page.get_by_label("Your name").press_sequentially("123")
        page.get_by_label("Keys").uncheck()
        page.keyboard.press("1")
        expect(page.get_by_label("Your name")).to_have_value("123")
        expect(page.locator(".review-text")).to_be_visible()


def test_a_label_given_just_before_the_tab_is_closed_is_stored(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier) as url:
        fill_queue(url, "talk to moscow")
        page.goto(f"{url}/#review")
        expect(page.locator(".review-text")).to_be_visible()
        page.keyboard.press("1")
        page.goto("about:blank")
        assert [label["label"] for label in eventually_stored(url, 1)] == ["skeptical"]


def test_a_label_that_fails_can_be_sent_again_and_is_stored_once(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier) as url:
        fill_queue(url, "talk to moscow", "i agree")
        page.goto(f"{url}/#review")
        expect(page.locator(".review-text")).to_be_visible()
        # The service stores the label, and its answer is lost on the way.
        lose = {"left": 1}

        def answer(route: Any) -> None:
            if route.request.method == "POST" and lose["left"]:
                lose["left"] = 0
                httpx.post(route.request.url, content=route.request.post_data, headers=route.request.headers)
                route.abort()
            else:
                route.continue_()

        page.route("**/v1/labels", answer)
        page.keyboard.press("1")
        page.keyboard.press("s")
        page.get_by_role("button", name="Send it again").click()
        expect(page.get_by_text("1 label stored")).to_be_visible()
        assert len(stored_labels(url)) == 1


def test_an_empty_queue_says_how_to_fill_it(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier) as url:
        page.goto(f"{url}/#review")
        expect(page.locator(".empty")).to_contain_text("The queue fills from")
