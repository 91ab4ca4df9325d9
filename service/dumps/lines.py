"""Physical lines of a text file: numbered, decoded, and never longer than the memory is meant to hold."""

import codecs
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model.errors import DataError
from service.dumps.compression import DAMAGE, reading
from service.dumps.utf16 import Utf16AsUtf8

MAX_LINE_BYTES = 16 * 2**20
_SKIP_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line, counted from 1, with its line end; `text` is None where it was too long to hold.

    Where `valid` is false, bytes that are not UTF-8 stand in `text` as U+FFFD.
    """

    number: int
    text: str | None
    valid: bool = True


@contextmanager
def open_lines(path: Path) -> Iterator[tuple[Iterator[Line], Callable[[], int]]]:
    """Yield the lines of `path`, unpacked, and a function that says how many bytes of the file are consumed.

    A byte-order mark is taken off; UTF-16 with one is understood. The lines raise `DataError` where the
    compressed data is damaged.
    """
    with reading(path) as (stream, position):
        yield _lines(stream, path), position


def _lines(stream: io.BufferedReader, path: Path) -> Iterator[Line]:
    number = 0
    try:
        stream = _without_mark(stream)
        while raw := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            yield _line(stream, number, raw)
    except DAMAGE as error:
        raise DataError(
            f"{path}: the compressed data is damaged or cut off after line {number} ({error}); fetch the file "
            "again, or unpack what is left of it with gzip -dc or zstd -dc and score that"
        ) from error


def _without_mark(stream: io.BufferedReader) -> io.BufferedReader:
    beginning = stream.peek(3)[:3]
    if beginning.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    elif beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.BufferedReader(Utf16AsUtf8(stream))
    return stream


def _line(stream: io.BufferedReader, number: int, raw: bytes) -> Line:
    if len(raw) > MAX_LINE_BYTES and not raw.endswith(b"\n"):
        _skip_line(stream)
        return Line(number, None)
    try:
        return Line(number, raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Line(number, raw.decode("utf-8", "replace"), valid=False)


def _skip_line(stream: io.BufferedReader) -> None:
    while (rest := stream.readline(_SKIP_CHUNK)) and not rest.endswith(b"\n"):
        pass
