"""The journal of a scoring run: what is scored so far, so that a killed run goes on where it stopped.

    {"journal": "stance score 1", "run": {...}}                      what the run is, see `service.fingerprint`
    {"source": 0, "outcomes": [...], "columns": {...}, "position": 0}   one line for each window of rows
    {"written": true}                                                the output is in place

Lines are only ever appended, each on disk before the next window is scored. What a kill left half
written at the end is cut off.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from model.engines.selection import setting_for
from model.errors import DataError, SettingsError
from model.labels import LABELS, Stance
from model.records import Prediction
from service.dumps.columns import ColumnType, widen
from service.outcomes import Outcome

_FORMAT = "stance score 1"
_BEGINNING = b'{"journal":'
_MAX_HEADER_BYTES = 16 * 2**20
_REMEDY = "use the same arguments to go on with it, or --overwrite to begin anew"


@dataclass(frozen=True, slots=True)
class Entry:
    """One window: the outcomes of the next rows of input number `source`, and what else is known of them.

    `position` is how many bytes of that input are consumed.
    """

    source: int
    outcomes: list[Outcome]
    columns: dict[str, ColumnType]
    position: int


@dataclass(slots=True)
class Progress:
    """What all entries so far add up to; `rows` and `position` are per input, `counts` per label and flag."""

    rows: Counter[int] = field(default_factory=Counter)
    position: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    columns: dict[str, ColumnType] = field(default_factory=dict)
    written: bool = False

    def add(self, entry: Entry) -> None:
        self.rows[entry.source] += len(entry.outcomes)
        self.position[entry.source] = entry.position
        widen(self.columns, entry.columns)
        for outcome in entry.outcomes:
            if isinstance(outcome, str):
                self.counts["rejected"] += 1
            else:
                self.counts[outcome.label] += 1
                self.counts["abstained"] += outcome.abstained


class Journal:
    """An open journal; `progress` is kept up to date. One process at a time: the caller holds the lock."""

    def __init__(self, path: Path, *, size: int, progress: Progress) -> None:
        self.path = path
        self.progress = progress
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self._descriptor, size)

    @classmethod
    def open(cls, path: Path, run: dict[str, Any], *, overwrite: bool) -> "Journal":
        """Open the journal of `run`, or begin it.

        Raises:
            SettingsError: there is one of another run, and not `overwrite`; the message says what differs.
            DataError: there is a file that is no journal.
        """
        there = _run_of(path) if path.exists() else None
        if there is not None:
            differing = sorted(name for name in {**there, **run} if there.get(name) != run.get(name))
            if not differing:
                return cls._resume(path)
            if not overwrite:
                named = ", ".join(_named(name, there) for name in differing)
                raise SettingsError(f"{path}: of another run, {named} differ; {_REMEDY}")
        path.write_bytes(b"")
        journal = cls(path, size=0, progress=Progress())
        journal._append({"journal": _FORMAT, "run": run})
        return journal

    @classmethod
    def _resume(cls, path: Path) -> "Journal":
        progress, size = Progress(), 0
        for record, end in _records(path):
            size = end
            if "outcomes" in record:
                progress.add(_entry(record))
            progress.written |= "written" in record
        return cls(path, size=size, progress=progress)

    def append(self, entry: Entry) -> None:
        """Add a window; on return it is on disk."""
        self._append(
            {
                "source": entry.source,
                "outcomes": [_packed(outcome) for outcome in entry.outcomes],
                "columns": entry.columns,
                "position": entry.position,
            }
        )
        self.progress.add(entry)

    def mark_written(self) -> None:
        """Note that the output is in place."""
        self._append({"written": True})
        self.progress.written = True

    def outcomes(self) -> Iterator[Outcome]:
        """Yield those of all rows from the first on, read from disk."""
        for record, _ in _records(self.path):
            if "outcomes" in record:
                yield from _entry(record).outcomes

    def close(self) -> None:
        os.close(self._descriptor)

    def _append(self, record: dict[str, Any]) -> None:
        rest = memoryview(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fsync(self._descriptor)


def count_rows(path: Path, *, start: int = 0) -> tuple[int, int]:
    """Count the rows from byte `start` on, of a journal that another process may be writing; and where they end."""
    rows, reached = 0, start
    with suppress(FileNotFoundError):  # it goes when all is written
        for record, end in _records(path, start=start):
            rows, reached = rows + len(record.get("outcomes", ())), end
    return rows, reached


def _named(name: str, run: dict[str, Any]) -> str:
    """The engine with its value: `auto` may take another one although the arguments are the same."""
    return f"engine (was {setting_for(run[name])}; name it with --engine)" if name == "engine" else name


def _run_of(path: Path) -> dict[str, Any] | None:
    """Return the run that a journal is of, or None where a kill left no whole header."""
    with path.open("rb") as stream:
        line = stream.readline(_MAX_HEADER_BYTES)
    record = _record(line)
    if record is None and line[: len(_BEGINNING)] == _BEGINNING[: len(line)]:
        return None
    if record is None or record.get("journal") != _FORMAT:
        raise DataError(f"{path}: in the way, and no journal of this release; move it elsewhere")
    return dict(record["run"])


def _records(path: Path, *, start: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each record from byte `start` on, and the offset at which it ends, up to the first line not whole."""
    end = start
    with path.open("rb") as stream:
        stream.seek(start)
        for line in stream:
            record = _record(line)
            if record is None:
                return
            end += len(line)
            yield record, end


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        record = orjson.loads(line) if line.endswith(b"\n") else None
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


def _packed(outcome: Outcome) -> str | list[Any]:
    if isinstance(outcome, str):
        return outcome
    return [outcome.label, *outcome.scores.values(), outcome.abstained, outcome.truncated, outcome.language]


def _entry(record: dict[str, Any]) -> Entry:
    return Entry(
        source=record["source"],
        outcomes=[_unpacked(packed) for packed in record["outcomes"]],
        columns={name: ColumnType(column) for name, column in record["columns"].items()},
        position=record["position"],
    )


def _unpacked(packed: str | list[Any]) -> Outcome:
    if isinstance(packed, str):
        return packed
    label, *numbers, abstained, truncated, language = packed
    scores = {name.value: number for name, number in zip(LABELS, numbers, strict=True)}
    return Prediction(
        id=None,
        label=Stance(label),
        scores=scores,
        confidence=scores[label],
        abstained=abstained,
        language=language,
        truncated=truncated,
    )
