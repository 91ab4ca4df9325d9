"""The page in a real browser: `pytest -m browser`, with Playwright, axe-playwright-python and a Chromium."""

import csv
import io
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_support import PATIENCE, listening

from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.records import TextInput
from service.keys import make_key, write_keys

playwright_api = pytest.importorskip("playwright.sync_api")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = playwright_api.expect
pytestmark = pytest.mark.browser

PARAGRAPHS = [
    "🙂🙂 talk to moscow and lift the sanctions.",
    "no deal with putin will hold 👍🏽",
    "the weather in paris",
]
FRENCH = "Je pense que les discussions avec Moscou sont inutiles."
TABLE = '\ufeffid,comment\r\n1,"talk, to ""moscow"""\r\n2,"lift the\nsanctions"\r\n3,\r\n4,=peace\r\n5,-5\r\n'
THEMES = ["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def url(classifier: StanceClassifier) -> Iterator[str]:
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


@pytest.fixture(scope="module")
def doubtful(classifier: StanceClassifier) -> StanceClassifier:
    """The same model, but sure of nothing."""
    return classifier.with_calibration(Calibration(temperature=20.0, abstain_threshold=0.97))


def percent(share: float) -> str:
    return "<1%" if share < 0.005 else ">99%" if share >= 0.995 else f"{100 * share:.0f}%"


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
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=PATIENCE * 1000)


def fill_queue(url: str, *texts: object) -> None:
    assert httpx.post(f"{url}/v1/labels/queue", json={"texts": texts}).status_code == 201


def stored_labels(url: str) -> list[dict]:
    return list(httpx.get(f"{url}/v1/labels").json()["labels"])


def eventually_stored(url: str, count: int) -> list[dict]:
    deadline = time.monotonic() + PATIENCE
    while len(labels := stored_labels(url)) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    return labels


def test_each_paragraph_stands_whole_beside_the_label_that_the_model_gives_it(
    page: Any, url: str, classifier: StanceClassifier
) -> None:
    text = "\n\n".join(PARAGRAPHS)
    [prediction] = classifier.classify([text], split="paragraphs")
    page.goto(url)
    try_text(page, text)
    expect(page.locator(".paragraph-text")).to_have_text(PARAGRAPHS)
    shown = page.locator(".paragraph-side > .badge").all_inner_texts()
    for badge, segment in zip(shown, prediction.segments or (), strict=True):
        assert segment.label in badge.lower()


def test_the_context_is_sent_with_the_text(page: Any, url: str, classifier: StanceClassifier) -> None:
    [prediction] = classifier.classify([TextInput("i agree", context="no deal with putin will hold")])
    page.goto(url)
    try_text(page, "i agree", context="no deal with putin will hold")
    values = page.locator(".verdict .score-value")
    expect(values).to_have_text([percent(score) for score in prediction.scores.values()])


def test_a_text_that_is_not_english_is_unsure_and_says_so(page: Any, url: str) -> None:
    page.goto(url)
    try_text(page, FRENCH)
    expect(page.locator(".verdict-label")).to_contain_text("Unsure")
    expect(page.locator(".verdict")).to_contain_text("French")


def test_a_text_below_the_threshold_is_unsure_and_names_the_threshold(page: Any, doubtful: StanceClassifier) -> None:
    with listening(doubtful) as url:
        page.goto(url)
        try_text(page, "talk to moscow")
        expect(page.locator(".verdict")).to_contain_text("No label reaches the 97%")


def test_a_text_without_words_is_unsure_and_says_so(page: Any, url: str) -> None:
    page.goto(url)
    try_text(page, "🙂 12345 !!!")
    expect(page.locator(".verdict")).to_contain_text("no words")


def test_why_marks_the_words_whose_loss_changes_the_label_most(
    page: Any, url: str, classifier: StanceClassifier
) -> None:
    text = f"👍🏽 {PARAGRAPHS[1]}"
    [prediction] = classifier.classify([text], explain=True)
    strongest = max(prediction.attributions or (), key=lambda one: abs(one.score))
    page.goto(url)
    try_text(page, text)
    page.get_by_role("button", name="Why?").click()
    word = page.locator(".shaded mark.level-4").first
    expect(word).to_have_text(text[strongest.start : strongest.end])
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


def test_markup_in_a_comment_is_shown_as_text(page: Any, url: str) -> None:
    text = "<img src=x onerror=alert(1)> talk to moscow"
    page.goto(url)
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


def test_a_scored_file_comes_back_with_every_row_and_our_columns(
    page: Any, url: str, classifier: StanceClassifier
) -> None:
    score_file(page, url, TABLE)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "comments.scored.csv"
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"), newline="")))
    texts = ['talk, to "moscow"', "lift the\nsanctions", "", "'=peace", "-5"]
    assert [row["comment"] for row in rows] == texts
    expected = classifier.classify([*texts[:2], "=peace", "-5"])
    scored = [row for row in rows if not row["stance_error"]]
    for row, prediction in zip(scored, expected, strict=True):
        assert row["stance_label"] == prediction.label
        assert float(row["stance_confidence"]) == pytest.approx(prediction.confidence, abs=1e-4)
        assert row["stance_model"] == "tiny@1"
    assert "white space" in rows[2]["stance_error"]


def test_a_file_s_result_counts_labels_unsure_and_failed_rows_apart(
    page: Any, url: str, classifier: StanceClassifier
) -> None:
    comments = [*PARAGRAPHS * 50, *[FRENCH] * 3, ""]
    labels = [prediction.label for prediction in classifier.classify(PARAGRAPHS) if not prediction.abstained]
    score_file(page, url, "body\tid\n" + "".join(f"{text}\t1\n" for text in comments), name="comments.tsv")
    cells = [row.split("\t") for row in page.locator(".shares tbody tr").all_inner_texts()]
    counts = {name.strip(" ◆●■?").lower(): int(count) for name, count, _ in cells}
    expected = {label: 50 * labels.count(label) for label in ("skeptical", "supportive", "neutral")}
    unsure = 3 + 50 * (len(PARAGRAPHS) - len(labels))
    assert counts == {**expected, "unsure": unsure, "failed": 1}
    expect(page.get_by_role("figure")).to_contain_text("do not print them without correction")
    expect(page.get_by_text("Rows that could not be scored: 1")).to_be_visible()


def test_json_lines_offer_their_fields_as_columns(page: Any, url: str) -> None:
    page.goto(f"{url}/#file")
    choose_file(page, '{"id": 1, "message": "talk"}\n\n{"id": 2, "title": "peace"}\n', name="comments.jsonl")
    picker = page.get_by_label("Column with the comments")
    expect(picker.locator("option")).to_have_text(["id", "message", "title"])
    expect(picker).to_have_value("1")
    expect(page.get_by_role("button", name="Score 2 rows")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"text\n", "no rows"),
        ("a.csv", b"text,id\na,1\nb,2,3\n", "Line 3: 3 cells"),
        ("a.csv", b'text\na\n"b\n', "Line 3: a quote"),
        ("a.csv", b'text\n"a"b\n', "Line 2: something stands"),
        ("a.csv", b"text\ncaf\xe9\n", "not UTF-8"),
        ("a.csv", b"text\n" + b"a\n" * 5001, "5,001 rows"),
        ("a.jsonl", b'{"text": "a"}\n[1]\n', "Line 2 is not a JSON object"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_line_and_remedy(
    page: Any, url: str, name: str, content: bytes, message: str
) -> None:
    page.goto(f"{url}/#file")
    choose_file(page, content, name=name)
    expect(page.locator("#file-error")).to_contain_text(message)
    expect(page.locator("#file-form")).to_be_hidden()


@pytest.mark.parametrize(
    "source",
    [
        "a,b\n1,2\n",
        "a,b\r\n1,2",
        'a,"b\r\nc"\r\n"1","2"\r\n',
        'a,"b"",c"\n,\n',
        "a,\n,b\n",
        "a\n\n\nb\n",
        '"",""\n',
        "a\r1\r",
        '"a""","""b"\n',
    ],
)
def test_csv_is_read_as_python_reads_it(page: Any, url: str, source: str) -> None:
    page.goto(url)
    script = 'async (text) => (await import("/static/csv.js")).parseCsv(text, ",").map(({ cells }) => cells)'
    expected = [row for row in csv.reader(io.StringIO(source, newline="")) if row]
    assert page.evaluate(script, source) == expected


def test_a_file_larger_than_a_request_may_be_is_sent_in_smaller_parts(page: Any, classifier: StanceClassifier) -> None:
    with listening(classifier, max_texts=7, max_body_bytes=300) as url:
        score_file(page, url, "text\n" + "talk to moscow and lift the sanctions\n" * 20)
        expect(page.get_by_role("figure")).to_contain_text("of 20 rows")
        assert page.get_by_text("Rows that could not be scored").count() == 0


def test_unsure_rows_go_to_the_review_queue_and_foreign_ones_do_not(page: Any, doubtful: StanceClassifier) -> None:
    with listening(doubtful) as url:
        score_file(page, url, f"text\ntalk to moscow\n{FRENCH}\ni agree\n")
        page.get_by_role("button", name="Put 2 unsure ones").click()
        expect(page.get_by_text("Texts in the queue now: 2")).to_be_visible()
        waiting = httpx.get(f"{url}/v1/labels/queue").json()["texts"]
        assert {item["text"] for item in waiting} == {"talk to moscow", "i agree"}
        page.get_by_role("link", name="Go to review").click()
        expect(page.locator(".review-text")).to_have_text(waiting[0]["text"])


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
    score_file(page, url, TABLE)
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


def test_links_change_the_view_its_title_and_the_focus_and_back_returns(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_role("link", name="Score a file").click()
    expect(page.get_by_role("heading", name="Score a file")).to_be_focused()
    expect(page).to_have_title("Score a file · Comment stance")
    expect(page.get_by_role("link", name="Score a file")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_label("Comment or article")).to_be_visible()
