"""Writes JSON Lines."""

from typing import IO, Any

from service.dumps.json_text import to_json_line


class JsonlWriter:
    """Writes each row as one object, with just the fields that it has."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, values: dict[str, Any]) -> None:
        self._stream.write(to_json_line(values))
