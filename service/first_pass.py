"""The first pass: reads the inputs as a stream, scores them window by window, and keeps the journal."""

from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from model.errors import DataError
from model.records import TextInput
from service.dumps.columns import ColumnType
from service.dumps.formats import Kind, format_of
from service.dumps.reading import read_dump
from service.dumps.rows import Dump
from service.jobs import Task
from service.journal import Entry, Journal
from service.meter import Meter
from service.outcomes import Outcome
from service.repeats import RepeatScorer
from service.windows import Window, windows

# A table with more columns comes from data used as names; a header of that size would help nobody.
MAX_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class FirstPass:
    """Scores what the journal does not hold yet."""

    task: Task
    scorer: RepeatScorer
    journal: Journal

    def run(self) -> None:
        """Raises as `service.scoring.score_task`; what is scored by then is in the journal."""
        total = sum(path.stat().st_size for path in self.task.job.inputs)
        start = self.journal.progress.position.total()
        with closing(Meter("scoring", total=total, start=start)) as meter:
            for source, path in enumerate(self.task.job.inputs):
                with read_dump(path) as dump:
                    self._score(source, dump, meter)

    def _score(self, source: int, dump: Dump, meter: Meter) -> None:
        path, progress = self.task.job.inputs[source], self.journal.progress
        if dump.columns is not None and source not in progress.rows:
            # Declared columns stand even where no row follows.
            self._append(source, [], dump.columns, position=0)
        rows = islice(dump.rows, progress.rows[source], None)
        fields, max_chars = self.task.fields[source], self.task.options.max_text_chars
        for window in windows(rows, fields=fields, max_chars=max_chars, path=path):
            self._append(source, self._outcomes(window), window.columns, position=dump.position())
            meter.advance(len(window.items), to=progress.position.total())

    def _append(self, source: int, outcomes: list[Outcome], columns: dict[str, ColumnType], *, position: int) -> None:
        output = self.task.job.output
        # A table must know its columns before its first row; JSON Lines need not.
        needed = {} if format_of(output).kind is Kind.JSONL else columns
        self.journal.append(Entry(source, outcomes, needed, position))
        if len(self.journal.progress.columns) > MAX_COLUMNS:
            raise DataError(f"{output}: over {MAX_COLUMNS:,} columns; name a .jsonl output, which needs no columns")

    def _outcomes(self, window: Window) -> list[Outcome]:
        texts = [item for item in window.items if isinstance(item, TextInput)]
        predictions = iter(self.scorer.classify(texts))
        return [next(predictions) if isinstance(item, TextInput) else item for item in window.items]
