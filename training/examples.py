"""Labelled texts, read from JSON Lines, CSV or Parquet; every bad row is named by file and line."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import TextError
from model.labels import Stance
from model.records import TextInput
from model.text import check_text, normalize
from training.rows import BadRow, read_rows

MAX_CHARS = 100_000
_TRUE = frozenset({"", "true", "1", "yes", "none", "null"})
_FALSE = frozenset({"false", "0", "no"})
_SPLITS = ("train", "dev", "test")
_LONGEST_SHOWN = 20


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


def text_id(text: str) -> str:
    """The id of a text that brings none: 12 hex digits of the SHA-1 of its text, white space collapsed."""
    return hashlib.sha1(" ".join(text.split()).encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()[:12]


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
    label = (_named(row, "label") or "").strip().lower()
    sure = (_named(row, "sure") or "").strip().lower()
    split = _named(row, "split")
    problems = {
        "text": _text_problem(row.get("text")),
        "context": _text_problem(row["context"]) if _has_context(row) else None,
        "label": None if label in set(Stance) else f"{_shown(row.get('label'))} is none of {', '.join(Stance)}",
        "sure": None if sure in _TRUE | _FALSE else f"{_shown(row['sure'])} is neither true nor false",
        "split": None
        if split is None or split in _SPLITS
        else f"{_shown(row['split'])} is none of {', '.join(_SPLITS)}",
    }
    for field, problem in problems.items():
        if problem is not None:
            return BadRow(file, line, field, problem)
    text = row["text"]
    return Example(
        text=text,
        label=Stance(label),
        context=row["context"] if _has_context(row) else None,
        id=_named(row, "id") or text_id(text),
        group=_named(row, "group") or text_id(normalize(text).casefold()),
        sure=sure in _TRUE,
        split=split,
        kind=_named(row, "kind"),
        source=_named(row, "source"),
        file=file,
        line=line,
    )


def _named(row: dict[str, Any], field: str) -> str | None:
    """A cell as a string, None where it is empty; 0 is not empty, and names a group like any other number."""
    value = row.get(field)
    return None if value is None or value == "" else str(value)


def _has_context(row: dict[str, Any]) -> bool:
    context = row.get("context")
    return bool(context.strip()) if isinstance(context, str) else context is not None


def _text_problem(text: object) -> str | None:
    try:
        check_text(text, max_chars=MAX_CHARS)
    except TextError as error:
        return str(error)
    return None


def _shown(value: object) -> str:
    """A short cell as it is; a long one may be a reader's text in the wrong column, which is never echoed."""
    length = len(str(value))
    return repr(value) if length <= _LONGEST_SHOWN else f"a value of {length:,} characters"
