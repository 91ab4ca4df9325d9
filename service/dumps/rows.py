"""A row of a dump, and a dump that is open for reading."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from service.dumps.columns import ColumnType

# The slug that begins the reason of every row that its reader could not make sense of.
BAD_ROW = "bad-row"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` is the physical line that it begins on (for Parquet the row's number), from 1.

    `error` says why it cannot be used; `raw` is its source, given only where `values` could not be read.
    """

    line: int
    values: dict[str, Any]
    error: str | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump that is open: its columns where the format names them up front, and its rows as a stream.

    `position` says how many bytes of the file are consumed.
    """

    columns: dict[str, ColumnType] | None
    rows: Iterator[Row]
    position: Callable[[], int]
