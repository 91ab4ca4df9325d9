"""JSON Lines, read and written."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.dumps.jsonl_reader import MAX_DEPTH, read_jsonl
from service.dumps.jsonl_writer import JsonlWriter
from service.dumps.lines import MAX_LINE_BYTES
from service.dumps.rows import Row

TOO_MUCH = "not JSON that can be read: a number too long or nesting too deep"


def rows_of(path: Path, content: str | bytes) -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with read_jsonl(path) as dump:
        return list(dump.rows)


def written(rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    writer = JsonlWriter(stream)
    for row in rows:
        writer.write(row)
    return stream.getvalue()


def test_blank_lines_are_no_rows_but_count_as_lines(tmp_path: Path):
    assert rows_of(tmp_path / "a.jsonl", '{"a": 1}\r\n\n  \n{"a": 2}') == [Row(1, {"a": 1}), Row(4, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": 1', "not JSON: Expecting ',' delimiter at column 8"),
        ('{"a": "\0"}', "not JSON: Invalid control character at at column 8"),
        ("[1]", "not a JSON object but a list"),
        ("null", "not a JSON object but a NoneType"),
        ('{"\\ud800": 1}', "a field's name holds a lone surrogate"),
        ('{"a": 1' + "0" * 5000 + "}", TOO_MUCH),
        (
            '{"a": ' + "[" * 99_999 + "]" * 99_999 + "}",
            "not JSON that can be read: a number too long or nesting too deep",
        ),
        ('{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", f"nested deeper than {MAX_DEPTH} levels"),
    ],
    ids=["broken", "nul", "list", "null", "surrogate name", "long number", "very deep", "deep"],
)
def test_a_line_that_is_no_object_costs_only_itself(tmp_path: Path, line: str, reason: str):
    rows = rows_of(tmp_path / "a.jsonl", f'{line}\r\n{{"a": 2}}\n')
    assert rows == [Row(1, {}, f"bad-row: {reason}", line), Row(2, {"a": 2})]


def test_many_brackets_that_are_not_deep_are_fine(tmp_path: Path):
    [row] = rows_of(tmp_path / "a.jsonl", json.dumps({"a": [[]] * 1000, "b": "[" * 1000}))
    assert row.error is None


def test_a_line_too_long_costs_only_itself(tmp_path: Path):
    rows = rows_of(tmp_path / "a.jsonl", '{"a": "' + "x" * MAX_LINE_BYTES + '"}\n{"a": 2}\n')
    assert rows == [Row(1, {}, f"bad-row: the line is longer than {MAX_LINE_BYTES:,} bytes"), Row(2, {"a": 2})]


def test_bytes_that_are_not_utf_8_cost_their_row_and_are_kept_as_replacements(tmp_path: Path):
    assert rows_of(tmp_path / "a.jsonl", b'{"a": "\xff"}') == [Row(1, {"a": "\ufffd"}, "bad-row: not valid UTF-8")]


def test_numbers_keep_every_digit(tmp_path: Path):
    text = '{"a": 123456789012345678901234567890, "b": 0.1, "c": 1e-300}'
    [row] = rows_of(tmp_path / "a.jsonl", text)
    assert written([row.values]) == f"{text}\n".encode()


def test_what_json_lacks_becomes_null_and_a_lone_surrogate_stays_an_escape():
    row = {"a": float("nan"), "b": [float("inf")], "c": "\ud800“", "d": b"x\xff"}
    assert written([row]).decode() == '{"a": null, "b": [null], "c": "\\ud800“", "d": "x\ufffd"}\n'


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.text(st.characters(exclude_categories=["Cs"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.lists(st.dictionaries(names, values, max_size=4), max_size=6))
def test_any_rows_come_back_complete_and_in_order(tmp_path: Path, rows: list[dict[str, Any]]):
    assert [row.values for row in rows_of(tmp_path / "a.jsonl", written(rows))] == rows
