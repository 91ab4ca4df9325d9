"""Writes CSV and TSV that a spreadsheet shows and does not run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import IO, Any

from service.dumps.json_text import to_text

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?%?")


class CsvWriter:
    """Writes rows of `columns` to a byte stream, in UTF-8, lines ended by LF.

    A cell that begins like a formula gets an apostrophe in front, unless `raw_cells`; plain numbers do not.
    """

    def __init__(self, stream: IO[bytes], columns: Sequence[str], *, delimiter: str, raw_cells: bool) -> None:
        self._stream = stream
        self._columns = columns
        self._raw_cells = raw_cells
        self._buffer = io.StringIO()
        self._minimal = csv.writer(self._buffer, delimiter=delimiter, lineterminator="\n")
        # csv.writer leaves a carriage return bare where it ends lines by LF, and no reader accepts it so.
        self._quoting = csv.writer(self._buffer, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._write_cells(columns)

    def write(self, values: dict[str, Any]) -> None:
        """Write one row; a column it lacks stays empty."""
        self._write_cells(values.get(name) for name in self._columns)

    def _write_cells(self, values: Iterable[Any]) -> None:
        cells = [self._cell(value) for value in values]
        writer = self._quoting if any("\r" in cell for cell in cells) else self._minimal
        writer.writerow(cells)
        self._stream.write(self._buffer.getvalue().encode("utf-8"))
        self._buffer.seek(0)
        self._buffer.truncate()

    def _cell(self, value: Any) -> str:
        text = to_text(value)
        return f"'{text}" if not self._raw_cells and _runs_as_formula(text) else text


def _runs_as_formula(text: str) -> bool:
    return text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
