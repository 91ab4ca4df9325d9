"""Reads JSON Lines: one object a line; a broken line costs itself only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.dumps.json_text import SURROGATE
from service.dumps.lines import MAX_LINE_BYTES, Line, open_lines
from service.dumps.rows import BAD_ROW, Dump, Row

# Deeper values would overflow the stack of whoever writes or reads them next.
MAX_DEPTH = 200


@contextmanager
def read_jsonl(path: Path) -> Iterator[Dump]:
    """Open a JSON Lines file; blank lines are no rows. The rows raise `DataError` on damaged compressed data."""
    with open_lines(path) as (lines, position):
        rows = (_row(line) for line in lines if line.text is None or not line.text.isspace())
        yield Dump(None, rows, position)


def _row(line: Line) -> Row:
    if line.text is None:
        return Row(line.number, {}, f"{BAD_ROW}: the line is longer than {MAX_LINE_BYTES:,} bytes")
    text = line.text.rstrip("\r\n")
    values = _parse(text)
    if isinstance(values, str):
        return Row(line.number, {}, f"{BAD_ROW}: {values}", text)
    if not line.valid:
        return Row(line.number, values, f"{BAD_ROW}: not valid UTF-8")
    return Row(line.number, values)


def _parse(text: str) -> dict[str, Any] | str:
    """Return the object in `text`, or the reason why there is none."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError):
        return "not JSON that can be read: a number too long or nesting too deep"
    if not isinstance(value, dict):
        return f"not a JSON object but a {type(value).__name__}"
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        return f"nested deeper than {MAX_DEPTH} levels"
    if any(SURROGATE.search(name) for name in value if not name.isascii()):
        return "a field's name holds a lone surrogate"
    return value


def _depth(value: Any) -> int:
    depth = 0
    level = [value]
    while level:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
