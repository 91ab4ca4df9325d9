"""Values as text: JSON that every reader accepts, and strings that every encoder accepts."""

import json
import math
import re
from typing import Any

_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(value: Any) -> str:
    """Return `value` as one line of JSON; NaN and infinities, which JSON lacks, become null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_decode)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=_decode)


def to_json_line(value: Any) -> bytes:
    """Return `to_json` as a UTF-8 line, without anything else that some reader takes for the end of a line.

    A lone surrogate keeps its JSON escape.
    """
    text = to_json(value)
    for char, escape in _LINE_ENDS.items():
        text = text.replace(char, escape)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def to_text(value: Any) -> str:
    """Return a cell: strings as they are, but valid Unicode; nothing for None; all else as JSON."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _decode(value)
    return SURROGATE.sub("\ufffd", value if isinstance(value, str) else to_json(value))


def _decode(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
