"""From dumps to scored dumps, in every format, on the tiny model."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dump_support import STANCE, TEXTS, read_dump, score_files, write_dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.classifier import StanceClassifier
from model.records import TextInput
from service.dumps.fields import Fields
from service.jobs import Options

ROWS = [{"id": f"{n}", "text": text, "votes": n} for n, text in enumerate([*TEXTS, "", "Привет, как дела сегодня?"])]
NAMES = ["a.csv", "a.csv.gz", "a.tsv", "a.tsv.zst", "a.jsonl", "a.jsonl.zst", "a.ndjson.gz", "a.parquet"]


def expected(classifier: StanceClassifier, texts: list[str]) -> list[dict[str, Any]]:
    """What the Python API says, as columns."""
    return [
        {
            "stance_label": prediction.label.value,
            **{f"stance_{label}": score for label, score in prediction.scores.items()},
            "stance_confidence": prediction.confidence,
            "stance_abstained": prediction.abstained,
            "stance_truncated": prediction.truncated,
            "stance_language": prediction.language,
            "stance_model": "tiny@1",
            "stance_error": None,
        }
        for prediction in classifier.classify(texts)
    ]


def as_cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in row.items()
    }


@pytest.mark.parametrize("target", ["o.csv", "o.tsv.gz", "o.jsonl", "o.jsonl.zst", "o.parquet"])
@pytest.mark.parametrize("source", NAMES)
def test_every_format_becomes_every_other(tmp_path: Path, classifier: StanceClassifier, source: str, target: str):
    """All columns and rows in order, and probabilities to the last digit that the Python API gives."""
    typed = "jsonl" in source or "ndjson" in source or "parquet" in source
    rows = [row if typed else as_cells(row) for row in ROWS]
    path, output = write_dump(tmp_path / source, rows), tmp_path / target
    report = score_files(path, output=output, classifier=classifier)
    scores = expected(classifier, [row["text"] for row in ROWS if row["text"]])
    error = "empty-text: field 'text': nothing but white space; leave the text out or fill it in"
    scores.insert(3, {**dict.fromkeys(STANCE), "stance_error": error})
    wanted: list[dict[str, Any]] = [{**row, **score} for row, score in zip(rows, scores, strict=True)]
    if "sv" in target:
        wanted = [as_cells(row) for row in wanted]
    assert read_dump(output) == wanted
    assert report.rows == report.scored == 5
    assert report.counts["rejected"] == 1
    assert sum(report.counts.get(label, 0) for label in ("skeptical", "supportive", "neutral")) == 4


def test_rejects_are_listed_by_file_line_and_reason(tmp_path: Path, classifier: StanceClassifier):
    (tmp_path / "a.csv").write_bytes(b'id,text\n1,"no\ndeal"\n2\n3,\xff\n4,\n5,trade\n')
    score_files(tmp_path / "a.csv", output=tmp_path / "o.jsonl", classifier=classifier)
    place = {"file": str(tmp_path / "a.csv")}
    reason = "empty-text: field 'text': nothing but white space; leave the text out or fill it in"
    assert read_dump(tmp_path / "o.jsonl.rejects.jsonl") == [
        {**place, "line": 4, "id": None, "reason": "bad-row: 1 cells, but 2 columns", "raw": "2"},
        {**place, "line": 5, "id": "3", "reason": "bad-row: not valid UTF-8"},
        {**place, "line": 6, "id": "4", "reason": reason},
    ]
    scored = read_dump(tmp_path / "o.jsonl")
    assert [row.get("id") for row in scored] == ["1", None, "3", "4", "5"]
    assert scored[2]["text"] == "\ufffd"


def test_without_rejects_there_is_no_list_even_from_before(tmp_path: Path, classifier: StanceClassifier):
    path = write_dump(tmp_path / "a.csv", ROWS[:2])
    (tmp_path / "o.csv.rejects.jsonl").write_text("old")
    score_files(path, output=tmp_path / "o.csv", classifier=classifier)
    assert not (tmp_path / "o.csv.rejects.jsonl").exists()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "invalid-text: field 'text': expected a string, got NoneType"),
        (5, "invalid-text: field 'text': expected a string, got int"),
        ("a\0b", "invalid-text: field 'text': NUL character at offset 1; remove it"),
        (
            "x" * 101,
            "text-too-long: field 'text': 101 characters; the limit is 100. Split the text and send its parts.",
        ),
        ("\ud800", "invalid-text: field 'text': lone surrogate at offset 0"),
    ],
)
def test_a_text_that_cannot_be_scored_stays_in_its_place(
    tmp_path: Path, classifier: StanceClassifier, value: object, reason: str
):
    path = write_dump(tmp_path / "a.jsonl", [{"text": "trade"}, {"text": value}, {"other": 1}, {"text": "peace"}])
    score_files(path, output=tmp_path / "o.jsonl", classifier=classifier, options=Options(max_text_chars=100))
    first, second, third, fourth = read_dump(tmp_path / "o.jsonl")
    assert (first["text"], second["text"], fourth["text"]) == ("trade", value, "peace")
    assert second["stance_error"].startswith(reason)
    assert third["stance_error"] == "invalid-text: field 'text': not in this row"
    assert first["stance_label"]
    assert second["stance_label"] is None


def test_context_is_read_with_the_text(tmp_path: Path, classifier: StanceClassifier):
    rows = [{"text": "I agree.", "context": "no deal with putin will hold"}, {"text": "I agree.", "context": ""}]
    score_files(write_dump(tmp_path / "a.csv", rows), output=tmp_path / "o.jsonl", classifier=classifier)
    found = [row["stance_skeptical"] for row in read_dump(tmp_path / "o.jsonl")]
    texts = [TextInput(row["text"], context=row["context"] or None) for row in rows]
    assert found == [prediction.scores["skeptical"] for prediction in classifier.classify(texts)]
    assert found[0] != found[1]


def test_a_context_that_is_no_string_is_named(tmp_path: Path, classifier: StanceClassifier):
    path = write_dump(tmp_path / "a.jsonl", [{"text": "trade", "parent": 5}])
    fields = Fields(context="parent")
    score_files(path, output=tmp_path / "o.jsonl", classifier=classifier, fields=fields)
    [row] = read_dump(tmp_path / "o.jsonl")
    assert row["stance_error"] == "invalid-text: field 'parent': expected a string, got int"


@pytest.mark.parametrize(("source", "target"), [("a.jsonl", "o.csv"), ("a.jsonl", "o.jsonl"), ("a.csv", "o.parquet")])
def test_a_dump_without_rows_gives_an_output_without_rows(
    tmp_path: Path, classifier: StanceClassifier, source: str, target: str
):
    (tmp_path / source).write_text("" if "json" in source else "id,text\n")
    report = score_files(tmp_path / source, output=tmp_path / target, classifier=classifier)
    assert report.rows == 0
    assert read_dump(tmp_path / target) == []


def test_an_output_without_rows_has_its_columns(tmp_path: Path, classifier: StanceClassifier):
    (tmp_path / "a.csv").write_text("id,text\n")
    score_files(tmp_path / "a.csv", output=tmp_path / "o.parquet", classifier=classifier)
    schema = pq.read_schema(tmp_path / "o.parquet")
    assert schema.names == ["id", "text", *STANCE]
    assert schema.field("stance_confidence").type == pa.float64()
    assert schema.field("stance_abstained").type == pa.bool_()


texts = st.text(max_size=12) | st.sampled_from(["=1+1", 'a"b', "a\r\nb", "\x85\u2028", "\ud800", "\0", "trade"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(texts, min_size=1, max_size=8), st.sampled_from(["o.csv", "o.jsonl", "o.parquet"]))
def test_any_texts_come_out_complete_and_in_order(
    tmp_path: Path, classifier: StanceClassifier, texts: list[str], target: str
):
    path = write_dump(tmp_path / "a.jsonl", [{"text": text} for text in texts])
    (tmp_path / f"{target}.journal").unlink(missing_ok=True)
    options = Options(raw_cells=True, overwrite=True)
    score_files(path, output=tmp_path / target, classifier=classifier, options=options)
    rows = read_dump(tmp_path / target)
    written = texts if target == "o.jsonl" else [text.replace("\ud800", "\ufffd") for text in texts]
    assert [row["text"] for row in rows] == written
    assert all(bool(row["stance_label"]) != bool(row["stance_error"]) for row in rows)


def test_formulas_are_escaped_unless_told_otherwise(tmp_path: Path, classifier: StanceClassifier):
    path = write_dump(tmp_path / "a.jsonl", [{"text": "=cmd()", "n": -1}])
    score_files(path, output=tmp_path / "1.csv", classifier=classifier)
    score_files(path, output=tmp_path / "2.csv", classifier=classifier, options=Options(raw_cells=True))
    [first], [second] = read_dump(tmp_path / "1.csv"), read_dump(tmp_path / "2.csv")
    assert (first["text"], first["n"]) == ("'=cmd()", "-1")
    assert second["text"] == "=cmd()"
