"""Types of columns hold whatever comes."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.dumps.columns import ColumnType, join, type_of, widen
from service.dumps.parquet_writer import ParquetWriter

LONG = 2**53 + 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], ColumnType.NULL),
        ([None, True], ColumnType.BOOL),
        ([1, None, 2], ColumnType.INT),
        ([1, 0.5], ColumnType.FLOAT),
        ([1, LONG], ColumnType.LONG),
        ([0.5, LONG], ColumnType.STRING),
        ([1, True], ColumnType.STRING),
        ([1, "a"], ColumnType.STRING),
        ([2**63], ColumnType.STRING),
        ([[1]], ColumnType.STRING),
    ],
)
def test_a_column_gets_the_narrowest_type_that_holds_all(values: list[Any], expected: ColumnType):
    columns: dict[str, ColumnType] = {"a": ColumnType.NULL}
    for value in values:
        widen(columns, {"a": type_of(value)})
    assert columns == {"a": expected}


@given(st.lists(st.sampled_from(ColumnType), min_size=3, max_size=3))
def test_joining_does_not_depend_on_the_order(types: list[ColumnType]):
    one, two, three = types
    assert join(one, two) is join(two, one)
    assert join(join(one, two), three) is join(one, join(two, three))


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), scalars | st.lists(scalars, max_size=2)), max_size=6))
def test_no_mix_of_values_fails_on_the_way_to_parquet(tmp_path: Path, rows: list[dict[str, Any]]):
    """Numbers come back equal, strings as they are, and all else as JSON."""
    columns: dict[str, ColumnType] = {}
    for row in rows:
        widen(columns, {name: type_of(value) for name, value in row.items()})
    writer = ParquetWriter(tmp_path / "a.parquet", columns)
    for row in rows:
        writer.write(row)
    writer.close()
    found = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert len(found) == (len(rows) if columns else 0)
    for row, back in zip(rows, found, strict=False):
        for name, kind in columns.items():
            value = row.get(name)
            if kind is not ColumnType.STRING or value is None:
                assert back[name] == value
            elif not isinstance(value, str):
                assert json.loads(back[name]) == pytest.approx(value, nan_ok=True) or "null" in back[name]
            else:
                assert len(back[name]) == len(value)
