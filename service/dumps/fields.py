"""Which columns of a dump hold the text, its context and its id."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from model.errors import SettingsError
from service.dumps.reading import read_dump

# Looked for in this order, whatever their case, where no field is named.
TEXT_FIELDS = ("text", "comment", "body", "content", "message", "comment_text", "comment_body", "commentbody")
CONTEXT_FIELDS = ("context",)
ID_FIELDS = ("id", "comment_id", "commentid")
# JSON Lines have no header: so many rows at the beginning show which fields there are.
_PEEK_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of columns; None for what a dump does not have."""

    text: str | None = None
    context: str | None = None
    id: str | None = None


def peek_columns(path: Path) -> list[str]:
    """Return the columns of `path`; those in its beginning, where the format does not declare them.

    Raises:
        DataError: see `read_dump`.
    """
    with read_dump(path) as dump:
        if dump.columns is not None:
            return list(dump.columns)
        return list(dict.fromkeys(name for row in islice(dump.rows, _PEEK_ROWS) for name in row.values))


def find_fields(path: Path, columns: list[str], wanted: Fields) -> Fields:
    """Return which of the `columns` of `path` to use: those `wanted`, else those with a usual name.

    Raises:
        SettingsError: there is no such column; the message lists those there are.
    """
    if not columns:
        # No row shows a field, so there is none to miss: an empty file, or one of broken lines only.
        return Fields(wanted.text or TEXT_FIELDS[0], wanted.context, wanted.id)
    text = _find(path, columns, "--text-field", wanted.text, TEXT_FIELDS)
    if text is None:
        found = ", ".join(columns)
        raise SettingsError(f"{path}: which column holds the text? Name it with --text-field; there are: {found}")
    return Fields(
        text=text,
        context=_find(path, columns, "--context-field", wanted.context, CONTEXT_FIELDS),
        id=_find(path, columns, "--id-field", wanted.id, ID_FIELDS),
    )


def _find(path: Path, columns: list[str], option: str, wanted: str | None, usual: Iterable[str]) -> str | None:
    if wanted is not None:
        if wanted not in columns:
            raise SettingsError(f"{path}: no column {wanted!r} for {option}; there are: {', '.join(columns)}")
        return wanted
    by_name = {column.lower(): column for column in reversed(columns)}
    return next((by_name[name] for name in usual if name in by_name), None)
