"""The view "Score a file" in a real browser: `pytest -m browser`."""

import csv
import io
from typing import Any

import httpx
import pytest
from api_support import listening
from page_support import FRENCH, PARAGRAPHS, choose_file, score_file
from playwright.sync_api import expect

from model.classifier import StanceClassifier

pytestmark = pytest.mark.browser
TABLE = '\ufeffid,comment\r\n1,"talk, to ""moscow"""\r\n2,"lift the\nsanctions"\r\n3,\r\n4,=peace\r\n5,-5\r\n'


def test_a_scored_file_comes_back_with_every_row_and_our_columns(
    page: Any, page_url: str, classifier: StanceClassifier
) -> None:
    score_file(page, page_url, TABLE)
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
    page: Any, page_url: str, classifier: StanceClassifier
) -> None:
    comments = [*PARAGRAPHS * 50, *[FRENCH] * 3, ""]
    labels = [prediction.label for prediction in classifier.classify(PARAGRAPHS) if not prediction.abstained]
    score_file(page, page_url, "body\tid\n" + "".join(f"{text}\t1\n" for text in comments), name="comments.tsv")
    cells = [row.split("\t") for row in page.locator(".shares tbody tr").all_inner_texts()]
    counts = {name.strip(" ◆●■?").lower(): int(count) for name, count, _ in cells}
    expected = {label: 50 * labels.count(label) for label in ("skeptical", "supportive", "neutral")}
    unsure = 3 + 50 * (len(PARAGRAPHS) - len(labels))
    assert counts == {**expected, "unsure": unsure, "failed": 1}
    expect(page.get_by_role("figure")).to_contain_text("do not print them without correction")
    expect(page.get_by_text("Rows that could not be scored: 1")).to_be_visible()


def test_json_lines_offer_their_fields_as_columns(page: Any, page_url: str) -> None:
    page.goto(f"{page_url}/#file")
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
    page: Any, page_url: str, name: str, content: bytes, message: str
) -> None:
    page.goto(f"{page_url}/#file")
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
def test_csv_is_read_as_python_reads_it(page: Any, page_url: str, source: str) -> None:
    page.goto(page_url)
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
