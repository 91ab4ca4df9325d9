"""Labelled texts, read from JSON Lines, CSV or Parquet; every bad row is named by file and line."""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from model.errors import DataError, TextError
from model.labels import Stance
from model.records import TextInput
from model.text import check_text, normalize

MAX_CHARS = 100_000
_TRUE = frozenset({"", "true", "1", "yes", "none", "null"})
_FALSE = frozenset({"false", "0", "no"})
_SPLITS = frozenset({"train", "dev", "test"})


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text. `group` holds together what must never straddle a split; `place` is file:line."""

    text: str
    label: Stance
    context: str | None
    id: str
    group: str
    sure: bool
    split: str | None
    kind: str | None
    source: str | None
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def key(self) -> tuple[str, str]:
        """Equal for texts that the model cannot tell apart but for case."""
        return normalize(self.text).casefold(), normalize(self.context or "").casefold()

    def as_input(self) -> TextInput:
        return TextInput(self.text, context=self.context, id=self.id)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.reason}"


def text_id(text: str) -> str:
    """The id of a text that brings none: 12 hex digits of the SHA-1 of its text, white space collapsed."""
    return hashlib.sha1(" ".join(text.split()).encode(), usedforsecurity=False).hexdigest()[:12]


def read_examples(paths: Sequence[Path]) -> tuple[list[Example], list[BadRow]]:
    """Read every row of every file, in order, as either an example or a bad row.

    Raises:
        DataError: a file cannot be read at all, holds no row, or lacks the column `text` or `label`.
    """
    examples: list[Example] = []
    bad: list[BadRow] = []
    for path in paths:
        for line, row in read_rows(path):
            parsed = row if isinstance(row, BadRow) else _parse(row, file=path.name, line=line)
            if isinstance(parsed, BadRow):
                bad.append(parsed)
            else:
                examples.append(parsed)
    return examples, bad


def _parse(row: dict[str, Any], *, file: str, line: int) -> Example | BadRow:
    try:
        text = check_text(row.get("text"), max_chars=MAX_CHARS)
        context = check_text(row["context"], max_chars=MAX_CHARS) if row.get("context") else None
    except TextError as error:
        return BadRow(file, line, "text or context", str(error))
    label = str(row.get("label") or "").strip().lower()
    if label not in set(Stance):
        return BadRow(file, line, "label", f"{row.get('label')!r} is none of {', '.join(Stance)}")
    sure = str(row.get("sure", "")).strip().lower()
    if sure not in _TRUE | _FALSE:
        return BadRow(file, line, "sure", f"{row['sure']!r} is neither true nor false")
    split = row.get("split") or None
    if split is not None and split not in _SPLITS:
        return BadRow(file, line, "split", f"{split!r} is none of {', '.join(sorted(_SPLITS))}")
    identity = str(row.get("id") or text_id(text))
    return Example(
        text=text,
        label=Stance(label),
        context=context,
        id=identity,
        group=str(row.get("group") or text_id(normalize(text).casefold())),
        sure=sure in _TRUE,
        split=split,
        kind=row.get("kind") or None,
        source=row.get("source") or None,
        file=file,
        line=line,
    )


def read_rows(
    path: Path, *, required: Sequence[str] = ("text", "label")
) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """Yield (line, row) for each row of a file; in Parquet, which has no lines, the row's number.

    Raises:
        DataError: the file cannot be read, holds no row, or its first row lacks a required column.
    """
    readers = {".jsonl": _json_rows, ".ndjson": _json_rows, ".csv": _csv_rows, ".parquet": _parquet_rows}
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    reader = readers.get(suffixes[-1] if suffixes else "")
    if reader is None:
        raise DataError(f"{path}: unknown kind of file; use .jsonl, .csv (each also .gz) or .parquet")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    empty = True
    try:
        for line, row in reader(path):
            if empty and isinstance(row, dict):
                _check_columns(path, row, required=required)
                empty = False
            yield line, row
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}; is it whole, and UTF-8?") from error
    if empty:
        raise DataError(f"{path}: holds no usable row")


def _check_columns(path: Path, row: dict[str, Any], *, required: Sequence[str]) -> None:
    if missing := [name for name in required if name not in row]:
        raise DataError(f"{path}: no column {' and '.join(missing)}; there are: {', '.join(map(str, row))}")


def _open(path: Path) -> IO[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8-sig", newline="")


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    with _open(path) as stream:
        for line, content in enumerate(stream, start=1):
            if not content.strip():
                continue
            try:
                row = json.loads(content)
            except (ValueError, RecursionError) as error:
                row = BadRow(path.name, line, "line", f"not valid JSON: {error}")
            if not isinstance(row, dict | BadRow):
                row = BadRow(path.name, line, "line", f"expected a JSON object, got {type(row).__name__}")
            yield line, row


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    with _open(path) as stream:
        reader = csv.DictReader(stream, strict=True)
        for row in reader:
            if None in row or None in row.values():
                yield reader.line_num, BadRow(path.name, reader.line_num, "line", "more or fewer cells than the header")
            else:
                yield reader.line_num, row


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        for batch in ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except ArrowException as error:
        raise DataError(f"{path}: not a valid Parquet file: {error}") from error
