"""What the second pass needs to know, and how it takes outcomes from the journal."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from model.errors import DataError
from service.jobs import Job, Task
from service.journal import Journal
from service.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Plan:
    """`run` is the fingerprint of the run, `model` a `name@version`."""

    task: Task
    journal: Journal
    run: dict[str, Any]
    model: str

    @property
    def rows(self) -> int:
        """How many rows the first pass found in all inputs."""
        return self.journal.progress.rows.total()

    def take(self, outcomes: Iterator[Outcome], count: int) -> list[Outcome]:
        """Return the next `count` outcomes; raises `DataError` where the inputs have grown since."""
        taken = list(islice(outcomes, count))
        if len(taken) < count:
            raise changed(self.task.job)
        return taken

    def check_end(self, outcomes: Iterator[Outcome]) -> None:
        """Raises `DataError` where the inputs have shrunk since."""
        for _ in outcomes:
            raise changed(self.task.job)


def changed(job: Job) -> DataError:
    names = ", ".join(map(str, job.inputs))
    return DataError(f"{names}: changed while being scored; score it again with --overwrite")
