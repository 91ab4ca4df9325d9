"""Every row of a data file is either an example or named by file, line and field."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from training_support import write_rows

from model.errors import DataError
from model.labels import LABELS, Stance
from training.examples import MAX_CHARS, read_examples, text_id
from training.splits import assign_splits

GOOD = {"text": "Talk to Moscow.", "label": "supportive"}
LABEL_NAMES = "skeptical, supportive, neutral"
UNKNOWN_KIND = "{}: unknown kind of file; use .jsonl, .csv (each also .gz) or .parquet"
BAD_CELLS: list[tuple[dict[str, Any], str]] = [
    ({"text": None}, "text: expected a string, got NoneType"),
    ({"text": 5}, "text: expected a string, got int"),
    ({"text": " \n "}, "text: nothing but white space; leave the text out or fill it in"),
    ({"text": "a\0b"}, "text: NUL character at offset 1; remove it"),
    (
        {"text": "a\ud83d"},
        "text: lone surrogate at offset 1; the text was cut inside a character or is not UTF-8",
    ),
    (
        {"text": "a" * (MAX_CHARS + 1)},
        "text: 100,001 characters; the limit is 100,000. Split the text and send its parts.",
    ),
    ({"context": ["a"]}, "context: expected a string, got list"),
    ({"context": "a\0b"}, "context: NUL character at offset 1; remove it"),
    ({"label": "pro"}, f"label: 'pro' is none of {LABEL_NAMES}"),
    ({"label": None}, f"label: None is none of {LABEL_NAMES}"),
    ({"label": 2}, f"label: 2 is none of {LABEL_NAMES}"),
    ({"sure": "perhaps"}, "sure: 'perhaps' is neither true nor false"),
    ({"split": "training"}, "split: 'training' is none of train, dev, test"),
    ({"split": ["dev"]}, "split: ['dev'] is none of train, dev, test"),
]


def described(path: Path) -> list[str]:
    return [str(row) for row in read_examples([path])[1]]


def write_text(path: Path, content: str, *, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def write_gzip(path: Path, content: str) -> Path:
    path.write_bytes(gzip.compress(content.encode()))
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize(("cells", "reason"), BAD_CELLS, ids=[reason[:30] for _, reason in BAD_CELLS])
def test_a_bad_cell_is_named_by_file_line_and_field(tmp_path: Path, cells: dict[str, Any], reason: str):
    path = write_rows(tmp_path / "labels.jsonl", [GOOD, GOOD | cells, GOOD])
    examples, bad = read_examples([path])
    assert [str(row) for row in bad] == [f"labels.jsonl:2: {reason}"]
    assert [example.line for example in examples] == [1, 3]


@pytest.mark.parametrize("name", ["labels.csv", "labels.CSV", "labels.csv.gz", "my.labels.csv.GZ"])
def test_csv_rows_are_named_by_the_line_they_start_in(tmp_path: Path, name: str):
    """Cells may hold line breaks, and blank lines lie between rows; the line is still the one an editor shows."""
    content = 'text,label,split\r\n"one\ntwo",neutral,\r\n\r\n"three\nfour",pro,\r\nfive,neutral\r\nsix,neutral,x\r\n'
    path = (write_gzip if name.lower().endswith("gz") else write_text)(tmp_path / name, content)
    examples, bad = read_examples([path])
    assert [(example.place, example.text, example.split) for example in examples] == [(f"{name}:2", "one\ntwo", None)]
    assert [str(row) for row in bad[1:]] == [
        f"{name}:7: line: 2 cells, but the header has 3",
        f"{name}:8: split: 'x' is none of train, dev, test",
    ]
    assert (bad[0].field, bad[0].reason) == ("label", f"'pro' is none of {LABEL_NAMES}")


def test_json_lines_that_are_no_objects_are_named(tmp_path: Path):
    content = '\n{"text": "a"\n[1]\n"text"\n' + json.dumps(GOOD) + "\n"
    path = write_gzip(tmp_path / "labels.jsonl.gz", content)
    examples, bad = read_examples([path])
    assert [example.place for example in examples] == ["labels.jsonl.gz:5"]
    assert [str(row).split(" delimiter")[0] for row in bad] == [
        "labels.jsonl.gz:2: line: not valid JSON: Expecting ','",
        "labels.jsonl.gz:3: line: expected a JSON object, got list",
        "labels.jsonl.gz:4: line: expected a JSON object, got str",
    ]


def test_parquet_rows_are_named_by_their_number(tmp_path: Path):
    path = write_parquet(
        tmp_path / "labels.parquet", [GOOD, GOOD | {"label": "pro"}, {"text": None, "label": "neutral"}]
    )
    assert described(path) == [
        f"labels.parquet:2: label: 'pro' is none of {LABEL_NAMES}",
        "labels.parquet:3: text: expected a string, got NoneType",
    ]


def test_a_text_in_the_label_column_is_not_echoed(tmp_path: Path):
    path = write_rows(tmp_path / "swapped.csv", [{"text": "neutral", "label": "Nobody asked me about Moscow."}])
    assert described(path) == [f"swapped.csv:2: label: a value of 29 characters is none of {LABEL_NAMES}"]


def test_a_file_of_nothing_but_bad_rows_names_them_all(tmp_path: Path):
    """It is not called empty, which would hide what is wrong with it."""
    assert described(write_text(tmp_path / "labels.csv", "text,label\na\nb\n")) == [
        "labels.csv:2: line: 1 cells, but the header has 2",
        "labels.csv:3: line: 1 cells, but the header has 2",
    ]


def damaged_gzip(path: Path) -> Path:
    content = bytearray(gzip.compress(json.dumps(GOOD).encode() * 100, mtime=0))
    content[20:30] = b"\xff" * 10
    path.write_bytes(content)
    return path


def truncated_gzip(path: Path) -> Path:
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 100)[:-12])
    return path


def damaged_parquet(path: Path) -> Path:
    write_parquet(path, [GOOD | {"text": f"text {index}"} for index in range(2000)])
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.csv", lambda p: write_text(p, ""), "{}: holds no row"),
        ("a.csv", lambda p: write_text(p, "text,label\n"), "{}: holds no row"),
        ("a.jsonl", lambda p: write_text(p, "\n\n"), "{}: holds no row"),
        ("a.parquet", lambda p: write_parquet(p, []), "{}: holds no row"),
        ("a.csv", lambda p: write_text(p, "text;label\na;b\n"), "{}: no column text and label; there are: text;label"),
        ("a.jsonl", lambda p: write_text(p, '{"text": 1, "tag": 1}'), "{}: no column label; there are: text, tag"),
        ("a.parquet", lambda p: write_parquet(p, [{"label": "b"}]), "{}: no column text; there are: label"),
        ("a.xlsx", lambda p: write_text(p, ""), UNKNOWN_KIND),
        ("a", lambda p: write_text(p, ""), UNKNOWN_KIND),
        ("a.jsonl", lambda p: p, "{}: no such file"),
        ("a.csv", lambda p: write_text(p, 'text,label\n"a,b\n'), "{}:2: not valid CSV: unexpected end of data"),
        ("a.csv", lambda p: write_text(p, "text,label\nZoë,b\n", encoding="latin-1"), "{}: cannot be read: 'utf-8'"),
        ("a.jsonl.gz", lambda p: write_text(p, "{}"), "{}: cannot be read: Not a gzipped file"),
        ("a.jsonl.gz", truncated_gzip, "{}: cannot be read: Compressed file ended before"),
        ("a.jsonl.gz", damaged_gzip, "{}: cannot be read: Error -3 while decompressing"),
        ("a.parquet", lambda p: write_text(p, "text,label\n"), "{}: not a valid Parquet file: "),
        ("a.parquet", damaged_parquet, "{}: not a valid Parquet file: "),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, name: str, make: Callable[[Path], Path], message: str
):
    path = make(tmp_path / name)
    with pytest.raises(DataError) as caught:
        read_examples([path])
    assert str(caught.value).startswith(message.format(path))


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path):
    table = write_text(tmp_path / "a.csv", "text,label\nfirst,neutral\n", encoding="utf-8-sig")
    lines = write_text(tmp_path / "b.jsonl", json.dumps(GOOD), encoding="utf-8-sig")
    examples, bad = read_examples([table, lines])
    assert [example.text for example in examples] == ["first", "Talk to Moscow."]
    assert bad == []


def test_absent_columns_have_defaults(tmp_path: Path):
    """The id is a hash of the text; the group one that copies in other letters and other white space share."""
    path = write_rows(
        tmp_path / "a.csv", [{"text": " A  text ", "label": " Neutral"}, {"text": "a Text", "label": "neutral"}]
    )
    first, second = read_examples([path])[0]
    assert first.text == " A  text "
    assert first.id == text_id("A text") != second.id
    assert first.group == second.group
    assert (first.label, first.sure) == (Stance.NEUTRAL, True)
    assert [first.context, first.split, first.kind, first.source] == [None] * 4


@pytest.mark.parametrize(
    ("cell", "sure"),
    [(True, True), (False, False), (1, True), (0, False), ("No", False), (" TRUE ", True), (None, True), ("", True)],
)
def test_sure_is_read_in_any_usual_spelling(tmp_path: Path, cell: object, sure: bool):
    path = write_rows(tmp_path / "a.jsonl", [GOOD | {"sure": cell}])
    assert read_examples([path])[0][0].sure is sure


def test_a_context_of_white_space_is_none(tmp_path: Path):
    path = write_rows(tmp_path / "a.csv", [GOOD | {"context": "  "}])
    assert read_examples([path])[0][0].context is None


def test_the_number_zero_names_a_group_and_an_id(tmp_path: Path):
    """A table with numbered threads starts at 0, and that thread must not straddle a split either."""
    path = write_parquet(tmp_path / "a.parquet", [GOOD | {"text": f"text {i}", "id": i, "group": 0} for i in range(40)])
    examples, _ = read_examples([path])
    assert examples[0].id == "0"
    assert len({example.split for example in assign_splits(examples, dev_fraction=0.3, test_fraction=0.3)}) == 1


def test_kinds_and_sources_may_be_numbers(tmp_path: Path):
    example = read_examples([write_rows(tmp_path / "a.jsonl", [GOOD | {"kind": 1, "source": 2.5}])])[0][0]
    assert (example.kind, example.source) == ("1", "2.5")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)
ROWS = st.fixed_dictionaries(
    {
        "text": TEXTS,
        "label": st.sampled_from([label.value for label in LABELS]),
        "context": st.none() | TEXTS,
        "group": st.none() | TEXTS,
        "sure": st.booleans(),
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, min_size=1, max_size=5))
def test_the_same_rows_read_alike_from_every_kind_of_file(tmp_path: Path, rows: list[dict[str, Any]]):
    paths = [
        write_rows(tmp_path / "a.jsonl", rows),
        write_rows(tmp_path / "a.csv", rows),
        write_parquet(tmp_path / "a.parquet", rows),
    ]
    found = []
    for path in paths:
        examples, bad = read_examples([path])
        assert bad == []
        found.append([(e.text, e.label, e.context, e.id, e.group, e.sure) for e in examples])
    assert found[0] == found[1] == found[2]
    assert [(example[0], example[2]) for example in found[0]] == [(row["text"], row["context"]) for row in rows]
