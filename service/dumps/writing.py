"""The one door to writing rows in every format."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from service.dumps.columns import ColumnType
from service.dumps.compression import writing
from service.dumps.csv_writer import CsvWriter
from service.dumps.formats import Format, Kind
from service.dumps.jsonl_writer import JsonlWriter
from service.dumps.parquet_writer import ParquetWriter


class RowWriter(Protocol):
    """Writes rows one by one."""

    def write(self, values: dict[str, Any]) -> None: ...


@contextmanager
def write_rows(
    path: Path, form: Format, columns: Mapping[str, ColumnType], *, raw_cells: bool = False
) -> Iterator[RowWriter]:
    """Create `path` in `form`, whatever its name says; `columns` fixes names, order and types (JSON needs none)."""
    if form.kind is Kind.PARQUET:
        with closing(ParquetWriter(path, columns)) as rows:
            yield rows
        return
    with writing(path, form.compression) as stream:
        if form.kind is Kind.JSONL:
            yield JsonlWriter(stream)
        else:
            delimiter = "\t" if form.kind is Kind.TSV else ","
            yield CsvWriter(stream, list(columns), delimiter=delimiter, raw_cells=raw_cells)
