"""`stance score`: labels every row of a dump."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from model.labels import LABELS
from service.commands.model_options import model_options
from service.dumps.fields import TEXT_FIELDS, Fields
from service.jobs import Job, Options, Task, check_output, locked, plan_jobs
from service.scoring import Report, look_at, score_task
from service.settings import Settings, read_settings

_INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=_INPUT)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="One output for all inputs: .jsonl, .csv, .tsv (also with .gz or .zst) or .parquet. "
    "Without it, INPUT.stance.jsonl beside each input.",
)
@click.option("--text-field", help=f"Column of the text; by default the first of {', '.join(TEXT_FIELDS)}.")
@click.option("--context-field", help="Column of what the text answers; by default `context`, if there is one.")
@click.option("--id-field", help="Column of the id that the list of rejects gives; by default `id`, if there is one.")
@model_options
@click.option("--raw-cells", is_flag=True, help="Leave cells as they are that a spreadsheet would run as a formula.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, one line for each output.")
@click.option(
    "--overwrite", is_flag=True, help="Replace the output, and forget an interrupted run with other arguments."
)
def score(
    inputs: tuple[Path, ...],
    output: Path | None,
    text_field: str | None,
    context_field: str | None,
    id_field: str | None,
    raw_cells: bool,
    as_json: bool,
    overwrite: bool,
    **flags: Any,
) -> None:
    """Label every row of dumps of comments: CSV, TSV, JSON Lines or Parquet.

    Every column is kept, and stance_label, stance_confidence and others are added. A row that cannot be
    scored stays in its place with the reason in stance_error; OUT.rejects.jsonl lists these rows.
    Interrupted, the same command goes on where it stopped.

    \b
    Example:
        stance score comments.csv.gz --text-field body -o scored.parquet
    """
    settings = read_settings(**flags)
    options = Options(max_text_chars=settings.max_text_chars, raw_cells=raw_cells, overwrite=overwrite)
    jobs = plan_jobs(inputs, output)
    with locked(jobs):
        for job in jobs:
            check_output(job, overwrite=overwrite)
        wanted = Fields(text=text_field, context=context_field, id=id_field)
        tasks = [look_at(job, fields=wanted, options=options) for job in jobs]
        _score_all(tasks, settings, summary=_json_summary if as_json else _summary)
        _forget(jobs)


def _score_all(tasks: Sequence[Task], settings: Settings, *, summary: Callable[[Report], str]) -> None:
    from service.loading import load_classifier

    classifier = load_classifier(settings)
    for task in tasks:
        click.echo(summary(score_task(task, classifier)))


def _forget(jobs: Sequence[Job]) -> None:
    """Remove the journals only now: one that is left tells a restart that its output is no stranger's."""
    for job in jobs:
        job.journal.unlink()


def _json_summary(report: Report) -> str:
    counts = {name: report.counts.get(name, 0) for name in (*LABELS, "abstained", "rejected")}
    return json.dumps({"output": str(report.job.output), "rows": report.rows, "counts": counts})


def _summary(report: Report) -> str:
    labels = ", ".join(f"{report.counts.get(label, 0):,} {label}" for label in LABELS)
    abstained, rejected = report.counts.get("abstained", 0), report.counts.get("rejected", 0)
    where = f" (see {click.format_filename(report.job.rejects)})" if rejected else ""
    again = f", {report.rows - report.scored:,} of them before" if report.scored < report.rows else ""
    return (
        f"{click.format_filename(report.job.output)}: {report.rows:,} rows{again}: {labels}; {abstained:,} abstained; "
        f"{rejected:,} rejected{where}; {report.seconds:.1f} s, {report.scored / max(report.seconds, 1e-9):,.0f} rows/s"
    )
