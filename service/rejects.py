"""The list of rows that could not be scored, as JSON Lines."""

from pathlib import Path
from typing import IO, Any

from service.dumps.json_text import to_json_line


class Rejects:
    """Writes one line for each row that has no prediction."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def add(self, path: Path, line: int, *, row_id: Any, reason: str, raw: str | None) -> None:
        """`raw` is the row's source, given only where it could not be parsed."""
        record = {"file": str(path), "line": line, "id": row_id, "reason": reason}
        self._stream.write(to_json_line(record if raw is None else {**record, "raw": raw}))
