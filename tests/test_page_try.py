"""The view "Try a text" in a real browser: `pytest -m browser`."""

from pathlib import Path
from typing import Any

import pytest
from api_support import listening
from page_support import FRENCH, PARAGRAPHS, try_text
from playwright.sync_api import expect

from model.classifier import StanceClassifier
from model.records import TextInput
from service.keys import make_key, write_keys

pytestmark = pytest.mark.browser


def percent(share: float) -> str:
    return "<1%" if share < 0.005 else ">99%" if share >= 0.995 else f"{100 * share:.0f}%"


def test_each_paragraph_stands_whole_beside_the_label_that_the_model_gives_it(
    page: Any, page_url: str, classifier: StanceClassifier
) -> None:
    text = "\n\n".join(PARAGRAPHS)
    [prediction] = classifier.classify([text], split="paragraphs")
    page.goto(page_url)
    try_text(page, text)
    expect(page.locator(".paragraph-text")).to_have_text(PARAGRAPHS)
    shown = page.locator(".paragraph-side > .badge").all_inner_texts()
    for badge, segment in zip(shown, prediction.segments or (), strict=True):
        assert segment.label in badge.lower()


def test_the_context_is_sent_with_the_text(page: Any, page_url: str, classifier: StanceClassifier) -> None:
    [prediction] = classifier.classify([TextInput("i agree", context="no deal with putin will hold")])
    page.goto(page_url)
    try_text(page, "i agree", context="no deal with putin will hold")
    values = page.locator(".verdict .score-value")
    expect(values).to_have_text([percent(score) for score in prediction.scores.values()])


def test_a_text_that_is_not_english_is_unsure_and_says_so(page: Any, page_url: str) -> None:
    page.goto(page_url)
    try_text(page, FRENCH)
    expect(page.locator(".verdict-label")).to_contain_text("Unsure")
    expect(page.locator(".verdict")).to_contain_text("French")


def test_a_text_below_the_threshold_is_unsure_and_names_the_threshold(page: Any, doubtful: StanceClassifier) -> None:
    with listening(doubtful) as url:
        page.goto(url)
        try_text(page, "talk to moscow")
        expect(page.locator(".verdict")).to_contain_text("No label reaches the 97%")


def test_a_text_without_words_is_unsure_and_says_so(page: Any, page_url: str) -> None:
    page.goto(page_url)
    try_text(page, "🙂 12345 !!!")
    expect(page.locator(".verdict")).to_contain_text("no words")


def test_why_marks_the_words_whose_loss_changes_the_label_most(page: Any, doubtful: StanceClassifier) -> None:
    text = f"👍🏽 {PARAGRAPHS[1]}"
    [prediction] = doubtful.classify([text], explain=True)
    strongest = max(prediction.attributions or (), key=lambda one: abs(one.score))
    with listening(doubtful) as url:
        page.goto(url)
        try_text(page, text)
        page.get_by_role("button", name="Why?").click()
        # Others may come close to the strongest, and be shaded like it.
        word = page.locator(".shaded mark.level-4", has_text=text[strongest.start : strongest.end])
        expect(word).to_have_class("for level-4" if strongest.score > 0 else "against level-4")
        expect(page.locator(".shaded")).to_have_text(text)
        expect(page.get_by_text("Dashed line")).to_be_visible()


def test_an_error_of_the_service_is_shown_in_words_and_the_next_text_clears_it(
    page: Any, classifier: StanceClassifier
) -> None:
    with listening(classifier, max_text_chars=20) as url:
        page.goto(url)
        try_text(page, "talk " * 20)
        expect(page.get_by_role("alert").first).to_contain_text("the limit is 20")
        try_text(page, "talk")
        expect(page.locator(".verdict")).to_be_visible()
        expect(page.locator("#try-error")).to_be_empty()


def test_markup_in_a_comment_is_shown_as_text(page: Any, page_url: str) -> None:
    text = "<img src=x onerror=alert(1)> talk to moscow"
    page.goto(page_url)
    try_text(page, text)
    expect(page.locator(".paragraph-text")).to_have_text(text)
    assert page.locator("main img").count() == 0


def test_a_key_is_asked_for_until_it_fits_and_forgotten_with_the_tab(
    page: Any, classifier: StanceClassifier, tmp_path: Path
) -> None:
    new = make_key("desk", ["classify"])
    write_keys(tmp_path / "keys.json", [new.record])
    with listening(classifier, keys_file=tmp_path / "keys.json") as url:
        page.goto(url)
        try_text(page, "talk to moscow")
        for key in ("wrong", new.secret):
            page.get_by_label("API key").fill(key)
            page.get_by_role("button", name="Go on").click()
        expect(page.locator(".verdict")).to_be_visible()
        assert page.evaluate("Object.values(localStorage)") == []
        assert page.evaluate("Object.values(sessionStorage)") == [new.secret]


def test_without_a_key_the_page_says_what_is_missing(page: Any, classifier: StanceClassifier, tmp_path: Path) -> None:
    write_keys(tmp_path / "keys.json", [make_key("desk", ["classify"]).record])
    with listening(classifier, keys_file=tmp_path / "keys.json") as url:
        page.goto(url)
        try_text(page, "talk to moscow")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("alert").first).to_contain_text("valid key")
