"""Which inputs are scored into which output, and whether that output may be written."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from model.errors import DataError, SettingsError
from service.dumps.fields import Fields
from service.dumps.formats import format_of, stem_of


@dataclass(frozen=True, slots=True)
class Job:
    """Inputs that become one output, in order."""

    inputs: tuple[Path, ...]
    output: Path

    @property
    def journal(self) -> Path:
        return self.output.with_name(f"{self.output.name}.journal")

    @property
    def rejects(self) -> Path:
        return self.output.with_name(f"{self.output.name}.rejects.jsonl")

    @property
    def lock(self) -> Path:
        return self.output.with_name(f"{self.output.name}.lock")


@dataclass(frozen=True, slots=True)
class Options:
    """How to score; see `stance score --help`."""

    max_text_chars: int = 100_000
    raw_cells: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A job that was looked at: `fields` are the columns to use of each input."""

    job: Job
    fields: tuple[Fields, ...]
    options: Options


def plan_jobs(inputs: Sequence[Path], output: Path | None) -> list[Job]:
    """Return one job for all inputs, or without an output one for each, written beside it as JSON Lines.

    Raises:
        SettingsError: an unknown format, an output that is an input or twice the same, or no folder for it.
    """
    for path in inputs:
        format_of(path)
    if output is not None:
        jobs = [Job(tuple(inputs), output)]
    else:
        jobs = [Job((path,), path.with_name(f"{stem_of(path)}.stance.jsonl")) for path in inputs]
    taken = {path.resolve() for path in inputs}
    for job in jobs:
        _check_place(job.output, taken)
        taken.add(job.output.resolve())
    return jobs


def check_output(job: Job, *, overwrite: bool) -> None:
    """Raises `SettingsError` where there is an output already that no interrupted run of ours explains."""
    if job.output.exists() and not job.journal.exists() and not overwrite:
        raise SettingsError(f"{job.output}: exists already; name another with -o, or replace it with --overwrite")


@contextmanager
def locked(jobs: Sequence[Job]) -> Iterator[None]:
    """Keep other processes off the outputs.

    Raises:
        DataError: one is at work on an output already.
    """
    with ExitStack() as stack:
        for job in jobs:
            lock = FileLock(job.lock, timeout=0)
            try:
                stack.enter_context(lock)
            except Timeout as error:
                raise DataError(f"{job.output}: another process is writing it; wait for it or name another") from error
            # Whoever opened the file before it went finds it gone, and tries again (filelock sees to that).
            stack.callback(job.lock.unlink, missing_ok=True)
        yield


def _check_place(output: Path, taken: set[Path]) -> None:
    format_of(output)
    if output.is_dir() or not output.parent.is_dir():
        raise SettingsError(f"{output}: not a place for a file; create the folder {output.parent} or name another")
    if output.resolve() in taken:
        raise SettingsError(f"{output}: is an input, or the output of two inputs; name another with -o")
