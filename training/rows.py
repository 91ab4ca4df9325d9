"""Rows of JSON Lines, CSV or Parquet files, each with its line; a row that cannot be read is one that says so."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from model.errors import DataError


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.reason}"


Row = dict[str, Any] | BadRow


def read_rows(path: Path, *, required: Sequence[str] = ("text", "label")) -> Iterator[tuple[int, Row]]:
    """Yield (line, row) for each row of a file: the line it starts in, or, in Parquet, which has none, its number.

    Raises:
        DataError: the file cannot be read, holds no row, or its first row lacks a required column.
    """
    readers = {"jsonl": _json_rows, "ndjson": _json_rows, "csv": _csv_rows, "parquet": _parquet_rows}
    suffixes = [suffix for suffix in path.name.lower().split(".")[1:] if suffix != "gz"]
    reader = readers.get(suffixes[-1] if suffixes else "")
    if reader is None:
        raise DataError(f"{path}: unknown kind of file; use .jsonl, .csv (each also .gz) or .parquet")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    empty = unchecked = True
    try:
        for line, row in reader(path):
            if unchecked and isinstance(row, dict):
                _check_columns(path, row, required=required)
                unchecked = False
            empty = False
            yield line, row
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}; is it whole, and UTF-8?") from error
    if empty:
        raise DataError(f"{path}: holds no row")


def _check_columns(path: Path, row: dict[str, Any], *, required: Sequence[str]) -> None:
    if missing := [name for name in required if name not in row]:
        raise DataError(f"{path}: no column {' and '.join(missing)}; there are: {', '.join(map(str, row))}")


def _open(path: Path) -> IO[str]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig", newline="")


def _json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    with _open(path) as stream:
        for line, content in enumerate(stream, start=1):
            if not content.strip():
                continue
            try:
                row = json.loads(content)
            except (ValueError, RecursionError) as error:
                row = BadRow(path.name, line, "line", f"not valid JSON: {error}")
            if not isinstance(row, dict | BadRow):
                row = BadRow(path.name, line, "line", f"expected a JSON object, got {type(row).__name__}")
            yield line, row


def _csv_rows(path: Path) -> Iterator[tuple[int, Row]]:
    with _open(path) as stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, [])
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    yield line, dict(zip(header, cells, strict=True))
                elif cells:
                    reason = f"{len(cells)} cells, but the header has {len(header)}"
                    yield line, BadRow(path.name, line, "line", reason)
                line = reader.line_num + 1
        except csv.Error as error:
            raise DataError(f"{path}:{reader.line_num}: not valid CSV: {error}") from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        for batch in ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (ArrowException, OSError) as error:  # OSError: where a page is damaged
        raise DataError(f"{path}: not a valid Parquet file: {error}") from error
