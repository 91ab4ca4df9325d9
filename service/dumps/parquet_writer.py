"""Writes Parquet, from Arrow batches or from rows of plain values, in row groups of a useful size."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.dumps.arrow_types import arrow_type_of
from service.dumps.columns import ColumnType
from service.dumps.json_text import to_text

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS = 65_536
_GROUP_BYTES = 64 * 2**20
_BATCH_ROWS = 1024
_BATCH_CHARS = 16 * 2**20


class BatchWriter:
    """Writes Arrow batches of one schema; holds back at most one row group."""

    def __init__(self, path: Path, schema: "pa.Schema") -> None:
        import pyarrow.parquet as pq

        self._writer = pq.ParquetWriter(path, schema)
        self.schema = schema
        self._held: list[pa.RecordBatch] = []

    def write(self, batch: "pa.RecordBatch") -> None:
        self._held.append(batch)
        rows = sum(held.num_rows for held in self._held)
        if rows >= _GROUP_ROWS or sum(held.nbytes for held in self._held) >= _GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        try:
            self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        held, self._held = self._held, []
        if held:
            self._writer.write_table(pa.Table.from_batches(held, self.schema))


class ParquetWriter:
    """Writes rows; `columns` must hold a type wide enough for every value to come."""

    def __init__(self, path: Path, columns: Mapping[str, ColumnType]) -> None:
        import pyarrow as pa

        self._columns = columns
        self._schema = pa.schema([(to_text(name), arrow_type_of(column)) for name, column in columns.items()])
        self._batches = BatchWriter(path, self._schema)
        self._rows: list[dict[str, Any]] = []
        self._chars = 0

    def write(self, values: dict[str, Any]) -> None:
        """Hold one row back, or write a batch; a column it lacks becomes null."""
        self._rows.append(values)
        self._chars += sum(len(value) for value in values.values() if isinstance(value, str))
        if len(self._rows) >= _BATCH_ROWS or self._chars >= _BATCH_CHARS:
            self._flush()

    def close(self) -> None:
        try:
            self._flush()
        finally:
            self._batches.close()

    def _flush(self) -> None:
        import pyarrow as pa

        arrays = [
            pa.array([_as(column, row.get(name)) for row in self._rows], type=arrow_type_of(column))
            for name, column in self._columns.items()
        ]
        self._rows, self._chars = [], 0
        self._batches.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))


def _as(column: ColumnType, value: Any) -> Any:
    if value is None:
        return None
    if column is ColumnType.STRING:
        return to_text(value)
    return float(value) if column is ColumnType.FLOAT else value
