"""Cuts a stream of rows into windows: enough for the classifier to sort by length, little enough to hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from model.errors import DataError, InvalidTextError, TextError
from model.records import TextInput
from model.text import check_text
from service.dumps.columns import ColumnType, join, type_of
from service.dumps.fields import Fields
from service.dumps.rows import Row
from service.outcomes import check_columns

WINDOW_ROWS = 2048
WINDOW_CHARS = 4_000_000


@dataclass(slots=True)
class Window:
    """Consecutive rows: for each the text to score, or the reason why there is none.

    `columns` are the fields of the rows, with a type that holds all their values.
    """

    items: list[TextInput | str] = field(default_factory=list)
    columns: dict[str, ColumnType] = field(default_factory=dict)
    chars: int = 0

    @property
    def full(self) -> bool:
        return len(self.items) >= WINDOW_ROWS or self.chars >= WINDOW_CHARS

    def add(self, row: Row, *, fields: Fields, max_chars: int) -> None:
        item = row.error or _item(row, fields, max_chars)
        self.items.append(item)
        if isinstance(item, TextInput):
            self.chars += len(item.text) + len(item.context or "")
        for name, value in row.values.items():
            self.columns[name] = join(self.columns.get(name, ColumnType.NULL), type_of(value))


def windows(rows: Iterable[Row], *, fields: Fields, max_chars: int, path: Path) -> Iterator[Window]:
    """Yield all rows in order; where they end with an error, those before it first.

    Raises:
        DataError: the rows raised it, or a row has columns of an earlier scoring.
    """
    window = Window()
    try:
        for row in rows:
            check_columns(row.values, f"{path}:{row.line}")
            window.add(row, fields=fields, max_chars=max_chars)
            if window.full:
                yield window
                window = Window()
    except DataError:
        yield window
        raise
    if window.items:
        yield window


def _item(row: Row, fields: Fields, max_chars: int) -> TextInput | str:
    try:
        text = check_text(_value(row, fields.text), max_chars=max_chars)
    except TextError as error:
        return f"{error.kind}: field {fields.text!r}: {error}"
    context = row.values.get(fields.context) if fields.context else None
    if context is not None and not isinstance(context, str):
        return f"{InvalidTextError.kind}: field {fields.context!r}: expected a string, got {type(context).__name__}"
    # Only the beginning of a context is ever read.
    return TextInput(text, context=context[:max_chars] if context else None)


def _value(row: Row, name: str | None) -> object:
    if name not in row.values:
        raise InvalidTextError("not in this row")
    value = row.values[name]
    if isinstance(value, bytes):
        raise InvalidTextError("not valid UTF-8")
    return value
