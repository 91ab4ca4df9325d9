"""Parquet, read and written."""

import datetime
import decimal
import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import DataError
from service.dumps.columns import ColumnType
from service.dumps.json_text import to_json
from service.dumps.parquet_reader import read_batches, read_parquet
from service.dumps.parquet_writer import BatchWriter, ParquetWriter
from service.dumps.rows import Row


def rows_of(path: Path) -> list[Row]:
    with read_parquet(path) as dump:
        return list(dump.rows)


def values_of(path: Path, array: pa.Array) -> list[Any]:
    pq.write_table(pa.table({"a": array}), path)
    return [row.values["a"] for row in rows_of(path)]


def test_rows_are_numbered_and_columns_have_types(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["x", None], "b": pa.array([1, 2], pa.int32()), "c": [0.5, None]}), path)
    assert rows_of(path) == [Row(1, {"a": "x", "b": 1, "c": 0.5}), Row(2, {"a": None, "b": 2, "c": None})]
    with read_parquet(path) as dump:
        assert dump.columns == {"a": ColumnType.STRING, "b": ColumnType.INT, "c": ColumnType.FLOAT}


UTC = datetime.UTC
MOMENT = datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([MOMENT], pa.timestamp("us", "UTC")), "2024-02-03 04:05:06.000000Z"),
        (pa.array([1], pa.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
        (pa.array([MOMENT.date()]), "2024-02-03"),
        (pa.array([MOMENT.time()]), "04:05:06.000000"),
        (pa.array([decimal.Decimal("1.50")]), "1.50"),
        (pa.array([7], pa.duration("s")), 7),
        (pa.array(["x"], pa.large_string()), "x"),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.array([b"x"]), "x"),
        (pa.array([b"\xff"]), b"\xff"),
        (pa.array([2**64 - 1], pa.uint64()), 2**64 - 1),
        (
            pa.array([[{"t": 1}]], pa.list_(pa.struct([("t", pa.timestamp("ns"))]))),
            [{"t": "1970-01-01 00:00:00.000000001"}],
        ),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.date32())), [("k", "1970-01-02")]),
        (pa.array([None], pa.null()), None),
    ],
    ids=str,
)
def test_every_type_becomes_a_value_that_json_holds(tmp_path: Path, array: pa.Array, expected: Any):
    [value] = values_of(tmp_path / "a.parquet", array)
    assert value == expected
    json.loads(to_json(value))


def test_an_extension_type_is_read_as_what_it_stores(tmp_path: Path):
    value = uuid.UUID("12345678-1234-5678-1234-567812345678")
    array = pa.array([value.bytes], pa.uuid())
    assert values_of(tmp_path / "a.parquet", array) == ["\x124Vx\x124Vx\x124Vx\x124Vx"]


def test_a_string_that_is_not_utf_8_costs_nothing_but_itself(tmp_path: Path):
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff", b"x"]).buffers())
    assert values_of(tmp_path / "a.parquet", broken) == [b"\xff", "x"]


@pytest.mark.parametrize("content", [b"", b"not parquet at all", b"PAR1 cut off"])
def test_what_is_not_parquet_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read as Parquet .*fetch the file again"):
        rows_of(tmp_path / "a.parquet")


def test_damage_is_an_error_after_the_rows_before(tmp_path: Path):
    path = tmp_path / "a.parquet"
    text = [uuid.uuid4().hex for _ in range(20_000)]
    pq.write_table(pa.table({"a": text}), path, row_group_size=5_000, use_dictionary=False)
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data[start : start + 100] = bytes(100)
    path.write_bytes(data)
    with read_parquet(path) as dump:
        assert [next(dump.rows).values["a"] for _ in range(5_000)] == text[:5_000]
        with pytest.raises(DataError, match=r"a\.parquet: damaged after row \d+ "):
            list(dump.rows)


def test_a_column_named_twice_is_refused(tmp_path: Path):
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="columns named twice: a; rename one of each"):
        rows_of(tmp_path / "a.parquet")


def test_the_position_ends_at_the_size_of_the_file(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(5_000))}), path)
    with read_parquet(path) as dump:
        list(dump.rows)
        assert dump.position() == path.stat().st_size


def test_long_rows_come_in_small_batches(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["x" * 2**20] * 34}), path, use_dictionary=False, compression="none")
    assert max(batch.num_rows for batch in read_batches(path)) <= 32


def test_one_large_row_group_is_read_in_pieces(tmp_path: Path):
    """Arrow's memory stays far below the 40 MB that the row group holds."""
    path = tmp_path / "a.parquet"
    text = [f"{number:08}" * 125 for number in range(40_000)]
    pq.write_table(pa.table({"a": text}), path, row_group_size=200_000, use_dictionary=False)
    before = pa.total_allocated_bytes()
    with read_parquet(path) as dump:
        assert max(pa.total_allocated_bytes() - before for _ in dump.rows) < 12 * 2**20


def test_rows_are_gathered_into_few_row_groups(tmp_path: Path):
    writer = ParquetWriter(tmp_path / "a.parquet", {"a": ColumnType.INT})
    for number in range(10_000):
        writer.write({"a": number})
    writer.close()
    file = pq.ParquetFile(tmp_path / "a.parquet")
    assert file.metadata.num_row_groups == 1
    assert file.read()["a"].to_pylist() == list(range(10_000))


def test_a_row_group_has_a_bound(tmp_path: Path):
    writer = BatchWriter(tmp_path / "a.parquet", pa.schema([("a", pa.int64())]))
    for _ in range(70):
        writer.write(pa.record_batch({"a": pa.array(range(2_000))}))
    writer.close()
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.num_row_groups == 3
