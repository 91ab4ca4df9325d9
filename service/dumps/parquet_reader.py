"""Reads Parquet as a stream: as Arrow batches with their own types, or as rows of plain values."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import DataError
from service.dumps.arrow_types import column_type_of, plain_type
from service.dumps.rows import Dump, Row

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_BATCH_ROWS = 1024
_BATCH_BYTES = 32 * 2**20
_READ_AHEAD_BYTES = 2**20


@contextmanager
def read_parquet(path: Path) -> Iterator[Dump]:
    """Open a Parquet file; a row's line is its number, from 1.

    Raises:
        DataError: not Parquet, damaged, or with two columns of one name.
    """
    with _open(path) as file:
        rows = _Rows(file, path)
        columns = {field.name: column_type_of(field.type) for field in file.schema_arrow}
        yield Dump(columns, iter(rows), rows.position)


def read_schema(path: Path) -> "pa.Schema":
    """Return the Arrow schema of `path`; raises as `read_parquet`."""
    with _open(path) as file:
        return file.schema_arrow


def read_batches(path: Path) -> Iterator["pa.RecordBatch"]:
    """Yield the content of `path` as it is; raises as `read_parquet`."""
    with _open(path) as file:
        yield from _batches(file, path)


class _Rows:
    """Turns batches into rows, and knows how far it is."""

    def __init__(self, file: "pq.ParquetFile", path: Path) -> None:
        self._file = file
        self._path = path
        self._number = 0

    def __iter__(self) -> Iterator[Row]:
        for batch in _batches(self._file, self._path):
            for values in _plain_rows(batch, self._path):
                self._number += 1
                yield Row(self._number, values)

    def position(self) -> int:
        rows: int = self._file.metadata.num_rows
        return self._path.stat().st_size * self._number // max(rows, 1)


@contextmanager
def _open(path: Path) -> Iterator["pq.ParquetFile"]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Without these two, a row group is read whole, and a file may be one row group.
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_AHEAD_BYTES)
    except pa.ArrowException as error:
        raise DataError(f"{path}: cannot be read as Parquet ({error}); fetch the file again") from error
    with file:
        names = file.schema_arrow.names
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(f"{path}: columns named twice: {', '.join(twice)}; rename one of each")
        yield file


def _batches(file: "pq.ParquetFile", path: Path) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa

    read = 0
    try:
        for batch in file.iter_batches(batch_size=_batch_rows(file)):
            yield batch
            read += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: damaged after row {read} ({error}); fetch the file again") from error


def _batch_rows(file: "pq.ParquetFile") -> int:
    """As many rows as fill a batch, going by the row group with the longest rows."""
    groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
    longest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(longest, 1)))


def _plain_rows(batch: "pa.RecordBatch", path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa

    try:
        columns = [column.cast(plain_type(column.type)).to_pylist() for column in batch.columns]
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(f"{path}: a value cannot be converted ({error}); write the output as .parquet") from error
    for values in zip(*columns, strict=True):
        yield {name: _decoded(value) for name, value in zip(batch.schema.names, values, strict=True)}


def _decoded(value: Any) -> Any:
    """Strings come as bytes, since Arrow does not check them; those that are not UTF-8 stay bytes."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value
