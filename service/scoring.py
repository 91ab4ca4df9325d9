"""Scores dumps: a first pass predicts and keeps a journal, a second joins journal and inputs into the output."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from model.classifier import StanceClassifier
from service.dumps.fields import Fields, find_fields, peek_columns
from service.fingerprint import describe_inputs, describe_model, printable
from service.first_pass import FirstPass
from service.jobs import Job, Options, Task
from service.joining import write_output
from service.joining_parquet import input_schema, is_parquet_only
from service.joining_plan import Plan
from service.journal import Journal
from service.outcomes import check_columns
from service.repeats import RepeatScorer
from service.storage import explain_full_disk


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. `counts` has the rows of each label, and those `abstained` and `rejected`.

    `scored` are the rows of this process, without those that were in the journal before.
    """

    job: Job
    rows: int
    scored: int
    seconds: float
    counts: dict[str, int]


def look_at(job: Job, *, fields: Fields, options: Options) -> Task:
    """Find the columns to use in the beginning of each input; those of `fields` where it names any.

    Raises:
        SettingsError: see `find_fields` and `input_schema`.
        DataError: an input cannot be read as what its name says, or was scored already.
    """
    if is_parquet_only(job):
        input_schema(job)
    return Task(job, tuple(_look_at(path, fields) for path in job.inputs), options)


def score_task(task: Task, classifier: StanceClassifier) -> Report:
    """Score the inputs into the output, or go on where an earlier process stopped.

    Leaves the journal, which is the caller's to remove once nothing more can be interrupted. The caller
    holds the lock.

    Raises:
        SettingsError: there is a journal of another run.
        DataError: an input is damaged or changed meanwhile, or the disk is full; what is scored stays in the journal.
        EngineError: the engine failed.
    """
    job, began = task.job, monotonic()
    run = describe_run(task, classifier)
    with explain_full_disk(job), closing(Journal.open(job.journal, run, overwrite=task.options.overwrite)) as journal:
        before = journal.progress.rows.total()
        if not (journal.progress.written and job.output.exists()):
            FirstPass(task, RepeatScorer(classifier), journal).run()
            write_output(Plan(task, journal, run, model=classifier.manifest.reference))
            journal.mark_written()
        rows = journal.progress.rows.total()
        return Report(job, rows, rows - before, monotonic() - began, dict(journal.progress.counts))


def _look_at(path: Path, wanted: Fields) -> Fields:
    columns = peek_columns(path)
    check_columns(columns, str(path))
    return find_fields(path, columns, wanted)


def describe_run(task: Task, classifier: StanceClassifier) -> dict[str, Any]:
    """Return all that decides what the output holds; runs with equal descriptions may go on from each other."""
    return {
        "output": printable(task.job.output.resolve()),
        "--text-field": [fields.text for fields in task.fields],
        "--context-field": [fields.context for fields in task.fields],
        "--id-field": [fields.id for fields in task.fields],
        "--max-text-chars": task.options.max_text_chars,
        "--raw-cells": task.options.raw_cells,
        **describe_model(classifier),
        **describe_inputs(task.job.inputs),
    }
