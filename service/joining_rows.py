"""The second pass for text formats: rows of plain values."""

from pathlib import Path

from service.dumps.columns import widen
from service.dumps.formats import format_of
from service.dumps.reading import read_dump
from service.dumps.rows import Row
from service.dumps.writing import RowWriter, write_rows
from service.joining_plan import Plan
from service.meter import Meter
from service.outcomes import STANCE_COLUMNS, Outcome, stance_values
from service.rejects import Rejects


def join_rows(plan: Plan, output: Path, rejects: Rejects, meter: Meter) -> None:
    """Write every row with its outcome to `output`, in the format that the job's output names."""
    columns = dict(plan.journal.progress.columns)
    widen(columns, STANCE_COLUMNS)
    outcomes = plan.journal.outcomes()
    with write_rows(output, format_of(plan.task.job.output), columns, raw_cells=plan.task.options.raw_cells) as writer:
        for source, path in enumerate(plan.task.job.inputs):
            with read_dump(path) as dump:
                for row in dump.rows:
                    [outcome] = plan.take(outcomes, 1)
                    _write_row(plan, writer, rejects, source, row, outcome)
                    meter.advance(1)
    plan.check_end(outcomes)


def _write_row(plan: Plan, writer: RowWriter, rejects: Rejects, source: int, row: Row, outcome: Outcome) -> None:
    writer.write({**row.values, **stance_values(outcome, model=plan.model)})
    if isinstance(outcome, str):
        id_field = plan.task.fields[source].id
        row_id = row.values.get(id_field) if id_field else None
        rejects.add(plan.task.job.inputs[source], row.line, row_id=row_id, reason=outcome, raw=row.raw)
