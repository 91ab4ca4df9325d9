"""Types of columns, for formats that want one before the first row is written.

Types form a ladder: two that meet in one column are joined into one that holds the values of both
exactly, so that no value met later can fail. What nothing else holds (a list, or text beside numbers)
becomes text: strings as they are, all else as JSON.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

_EXACT_IN_FLOAT = 2**53
_EXACT_IN_INT64 = 2**63


class ColumnType(StrEnum):
    """`LONG` are whole numbers that a float cannot hold exactly; `NULL` is a column without a value so far."""

    NULL = "null"
    BOOL = "bool"
    INT = "int"
    LONG = "long"
    FLOAT = "float"
    STRING = "string"


_JOINS = {
    frozenset({ColumnType.INT, ColumnType.LONG}): ColumnType.LONG,
    frozenset({ColumnType.INT, ColumnType.FLOAT}): ColumnType.FLOAT,
}


def type_of(value: Any) -> ColumnType:
    """Return the narrowest type that holds `value` exactly."""
    if value is None:
        return ColumnType.NULL
    if isinstance(value, bool):
        return ColumnType.BOOL
    if isinstance(value, float):
        return ColumnType.FLOAT
    if isinstance(value, int) and abs(value) < _EXACT_IN_INT64:
        return ColumnType.INT if abs(value) <= _EXACT_IN_FLOAT else ColumnType.LONG
    return ColumnType.STRING


def join(one: ColumnType, other: ColumnType) -> ColumnType:
    """Return the narrowest type that holds the values of both."""
    if one is other or other is ColumnType.NULL:
        return one
    if one is ColumnType.NULL:
        return other
    return _JOINS.get(frozenset({one, other}), ColumnType.STRING)


def widen(columns: dict[str, ColumnType], found: Mapping[str, ColumnType] | Iterable[tuple[str, ColumnType]]) -> None:
    """Join `found` into `columns`; new names come last, in order of appearance."""
    for name, column_type in dict(found).items():
        columns[name] = join(columns.get(name, ColumnType.NULL), column_type)
