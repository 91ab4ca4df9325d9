"""CSV and TSV, read and written."""

import csv
import io
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError
from service.dumps.csv_reader import MAX_RECORD_LINES, read_csv
from service.dumps.csv_writer import CsvWriter
from service.dumps.lines import MAX_LINE_BYTES
from service.dumps.rows import Row


def rows_of(path: Path, content: str | bytes, *, delimiter: str = ",") -> list[Row]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with read_csv(path, delimiter=delimiter) as dump:
        return list(dump.rows)


def written(columns: list[str], rows: list[dict[str, object]], *, raw_cells: bool = False, delimiter: str = ",") -> str:
    stream = io.BytesIO()
    writer = CsvWriter(stream, columns, delimiter=delimiter, raw_cells=raw_cells)
    for row in rows:
        writer.write(row)
    return stream.getvalue().decode("utf-8")


def test_lines_are_physical_lines(tmp_path: Path):
    """A record that spans lines counts them all, and keeps its line breaks as they are."""
    rows = rows_of(tmp_path / "a.csv", 'id,"te\nxt"\r\n1,"a\r\nb"\r\n\r\n2,c\r\n')
    assert rows == [Row(3, {"id": "1", "te\nxt": "a\r\nb"}), Row(6, {"id": "2", "te\nxt": "c"})]


def test_tsv_has_tabs(tmp_path: Path):
    assert rows_of(tmp_path / "a.tsv", "id\ttext\n1\ta,b\n", delimiter="\t") == [Row(2, {"id": "1", "text": "a,b"})]


def test_too_many_and_too_few_cells_cost_only_their_row(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", 'id,text\n1\n2,"b\nb",c\n3,d\n')
    assert rows == [
        Row(2, {}, "bad-row: 1 cells, but 2 columns", "1"),
        Row(3, {}, "bad-row: 3 cells, but 2 columns", '2,"b\nb",c'),
        Row(5, {"id": "3", "text": "d"}),
    ]


def test_bytes_that_are_not_utf_8_cost_their_row_and_are_kept_as_replacements(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", b'id,text\n1,"a\n\xff"\n2,b\n')
    assert rows == [
        Row(2, {"id": "1", "text": "a\n\ufffd"}, "bad-row: not valid UTF-8"),
        Row(4, {"id": "2", "text": "b"}),
    ]


@pytest.mark.parametrize("after", [3, MAX_RECORD_LINES + 5])
def test_a_stray_quote_costs_only_its_line(tmp_path: Path, after: int):
    """Whether the bound of a record or the end of the file is met first."""
    tail = "".join(f"{n},text {n}\n" for n in range(after))
    first, *rest = rows_of(tmp_path / "a.csv", f'id,text\nx,"oh\n{tail}')
    assert first == Row(2, {}, "bad-row: a quote is opened and never closed", 'x,"oh')
    assert rest == [Row(n + 3, {"id": str(n), "text": f"text {n}"}) for n in range(after)]


def test_many_stray_quotes_do_not_take_quadratic_time(tmp_path: Path):
    """Lines that each leave a quote open for whoever begins to read at them."""
    rows = rows_of(tmp_path / "a.csv", "id,text\n" + 'x"y,"a\n' * (MAX_RECORD_LINES * 3))
    assert len(rows) == MAX_RECORD_LINES * 3
    assert all(row.error for row in rows)


def test_a_line_too_long_costs_only_its_row(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", f"id,text\n1,{'x' * MAX_LINE_BYTES}\n2,b\n")
    assert rows[0] == Row(2, {}, f"bad-row: a line is longer than {MAX_LINE_BYTES:,} bytes", None)
    assert rows[1] == Row(3, {"id": "2", "text": "b"})


def test_a_cell_as_long_as_a_line_may_be_is_read(tmp_path: Path):
    [row] = rows_of(tmp_path / "a.csv", f"id,text\n1,{'x' * 1_000_000}\n")
    assert len(row.values["text"]) == 1_000_000


def test_a_bare_carriage_return_outside_quotes_costs_its_row(tmp_path: Path):
    first, second = rows_of(tmp_path / "a.csv", "id,text\n1,a\rb\n2,c\n")
    assert first == Row(2, {}, "bad-row: new-line character seen in unquoted field", "1,a\rb")
    assert second.values["text"] == "c"


def test_nul_bytes_are_kept(tmp_path: Path):
    assert rows_of(tmp_path / "a.csv", "id,text\n1,a\0b\n") == [Row(2, {"id": "1", "text": "a\0b"})]


def test_a_header_alone_has_no_rows(tmp_path: Path):
    assert rows_of(tmp_path / "a.csv", "id,text\n") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty; the first line must name the columns"),
        (b"\n\n", "empty"),
        (b"id,id,text,id\n", ":1: columns named twice: id; rename"),
        (b"id,\xff\n", ":1: the column names are not UTF-8"),
        (b"id,text\r1,a\r2,b", ":1: cannot read the column names: new-line character"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(tmp_path: Path, content: bytes, message: str):
    with pytest.raises(DataError, match=rf"a\.csv.*{message}"):
        rows_of(tmp_path / "a.csv", content)


def test_rows_are_read_as_a_stream(tmp_path: Path):
    """Damage far behind does not show before it is reached."""
    path = tmp_path / "a.csv"
    path.write_text("text\n" + "a\n" * 100_000)
    with read_csv(path, delimiter=",") as dump:
        assert len(list(islice(dump.rows, 10))) == 10
        assert dump.position() < path.stat().st_size / 2


@pytest.mark.parametrize("cell", ["=1+2", "+a", "-a", "@a", "\ta", "\ra", "-", "+1+2", "-1,2;cmd"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str):
    [row] = csv.DictReader(io.StringIO(written(["a"], [{"a": cell}]), newline=""))
    assert row["a"] == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1", "+1.5", "-.5", "-1,000.25", "+49%", "-1e-9", "a=b", "", " =1"])
def test_plain_numbers_and_plain_text_stay_as_they_are(cell: str):
    assert next(csv.DictReader(io.StringIO(written(["a", "b"], [{"a": cell}]))))["a"] == cell


def test_column_names_are_cells_too():
    assert written(["=1+2"], []) == "'=1+2\n"


def test_raw_cells_stay_as_they_are():
    assert written(["=a"], [{"=a": "=1+2"}], raw_cells=True) == "=a\n=1+2\n"


def test_values_become_cells():
    row = {"a": None, "b": True, "c": -0.1, "d": ["x", {"y": None}], "e": 3, "f": "\ud800"}
    assert written([*row], [row]).splitlines()[1] == ',true,-0.1,"[""x"", {""y"": null}]",3,\ufffd'


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(cells, cells), max_size=10), st.sampled_from([",", "\t"]))
def test_any_rows_come_back_complete_and_in_order(tmp_path: Path, pairs: list[tuple[str, str]], delimiter: str):
    rows: list[dict[str, object]] = [{"a": a, "b": b} for a, b in pairs]
    text = written(["a", "b"], rows, raw_cells=True, delimiter=delimiter)
    assert [row.values for row in rows_of(tmp_path / "a.csv", text, delimiter=delimiter)] == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reader(tmp_path: Path, noise: bytes):
    """Whatever stands below the header, the last line is found again after it."""
    rows = rows_of(tmp_path / "a.csv", b"a,b\n" + noise.replace(b'"', b"'") + b"\n1,2\n")
    assert rows[-1].values == {"a": "1", "b": "2"}
