"""Reads CSV and TSV: records may span lines, and a broken record costs itself only."""

import csv
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model.errors import DataError
from service.dumps.columns import ColumnType
from service.dumps.lines import MAX_LINE_BYTES, Line, open_lines
from service.dumps.rows import BAD_ROW, Dump, Row

MAX_RECORD_LINES = 10_000


class _OpenQuoteError(Exception):
    """A quote was opened, and not closed within the bounds of a record or of the file."""


class _LongLineError(Exception):
    """A line of the record is too long to hold."""


@dataclass(frozen=True, slots=True)
class _Record:
    """The lines of one record with its cells, or with the reason why it has none."""

    lines: list[Line]
    cells: list[str]
    error: str | None = None

    @property
    def raw(self) -> str:
        return "".join(line.text or "" for line in self.lines).rstrip("\r\n")


class _Feed:
    """Hands lines to `csv.reader`, and keeps those of the record being read."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self._chars = 0
        self.record: list[Line] = []

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._next_line()
        self.record.append(line)
        if line.text is None:
            raise _LongLineError
        self._chars += len(line.text)
        if len(self.record) > MAX_RECORD_LINES or self._chars > MAX_LINE_BYTES:
            raise _OpenQuoteError
        return line.text

    def begin(self) -> None:
        self.record = []
        self._chars = 0

    def keep_first_line(self) -> None:
        """Give all lines of the record but the first back, to be read again as records of one line each.

        Between a stray quote and the bound there was no other to close it, so none of them spans lines.
        """
        self._again.extendleft(reversed(self.record[1:]))
        del self.record[1:]

    def _next_line(self) -> Line:
        if self._again:
            if self.record:
                raise _OpenQuoteError
            return self._again.popleft()
        line = next(self._lines, None)
        if line is None:
            raise _OpenQuoteError if self.record else StopIteration
        return line


@contextmanager
def read_csv(path: Path, *, delimiter: str) -> Iterator[Dump]:
    """Open a CSV file with a header line.

    Raises:
        DataError: the file is empty, the header is broken, or the compressed data is damaged.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    with open_lines(path) as (lines, position):
        records = (record for record in _records(lines, delimiter) if record.cells or record.error)
        header = _header(next(records, None), path)
        rows = (_row(record, header) for record in records)
        yield Dump(dict.fromkeys(header, ColumnType.STRING), rows, position)


def _records(lines: Iterator[Line], delimiter: str) -> Iterator[_Record]:
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _OpenQuoteError:
            feed.keep_first_line()
            yield _Record(feed.record, [], "a quote is opened and never closed")
        except _LongLineError:
            yield _Record(feed.record, [], f"a line is longer than {MAX_LINE_BYTES:,} bytes")
        except csv.Error as error:
            # What follows the dash is advice to the programmer.
            yield _Record(feed.record, [], str(error).partition(" - ")[0])
        else:
            yield _Record(feed.record, cells)


def _header(record: _Record | None, path: Path) -> list[str]:
    if record is None:
        raise DataError(f"{path}: empty; the first line must name the columns")
    line = record.lines[0].number
    if record.error:
        raise DataError(f"{path}:{line}: cannot read the column names: {record.error}; is it CSV with line ends LF?")
    if not all(line.valid for line in record.lines):
        raise DataError(f"{path}:{line}: the column names are not UTF-8; convert the file, for example with iconv")
    if twice := sorted({name for name in record.cells if record.cells.count(name) > 1}):
        raise DataError(f"{path}:{line}: columns named twice: {', '.join(twice)}; rename one of each")
    return record.cells


def _row(record: _Record, header: list[str]) -> Row:
    line = record.lines[0].number
    if record.error:
        return Row(line, {}, f"{BAD_ROW}: {record.error}", record.raw or None)
    if len(record.cells) != len(header):
        return Row(line, {}, f"{BAD_ROW}: {len(record.cells)} cells, but {len(header)} columns", record.raw)
    values = dict(zip(header, record.cells, strict=True))
    if not all(line.valid for line in record.lines):
        return Row(line, values, f"{BAD_ROW}: not valid UTF-8")
    return Row(line, values)
