"""The second pass from Parquet to Parquet: columns keep their Arrow types, down to the time zone."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import SettingsError
from service.dumps.arrow_types import arrow_type_of
from service.dumps.formats import Kind, format_of
from service.dumps.parquet_reader import read_batches, read_schema
from service.dumps.parquet_writer import BatchWriter
from service.jobs import Job
from service.joining_plan import Plan
from service.meter import Meter
from service.outcomes import STANCE_COLUMNS, Outcome, stance_values
from service.rejects import Rejects

if TYPE_CHECKING:
    import pyarrow as pa


def is_parquet_only(job: Job) -> bool:
    """True where rows can keep their Arrow types all the way."""
    return all(format_of(path).kind is Kind.PARQUET for path in (*job.inputs, job.output))


def input_schema(job: Job) -> "pa.Schema":
    """Return one schema that holds the columns of all inputs.

    Raises:
        SettingsError: two inputs have a column of one name whose types do not go together.
    """
    import pyarrow as pa

    schemas = [read_schema(path) for path in job.inputs]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise SettingsError(
            f"{job.output}: the inputs' columns differ in type ({error}); name a .jsonl output"
        ) from error


def join_parquet(plan: Plan, output: Path, rejects: Rejects, meter: Meter) -> None:
    """Write every row with its outcome to `output`."""
    import pyarrow as pa

    schema = input_schema(plan.task.job)
    stance = [pa.field(name, arrow_type_of(column)) for name, column in STANCE_COLUMNS.items()]
    outcomes = plan.journal.outcomes()
    with closing(BatchWriter(output, pa.schema([*schema, *stance], metadata=schema.metadata))) as writer:
        for source, path in enumerate(plan.task.job.inputs):
            number = 0
            for batch in read_batches(path):
                taken = plan.take(outcomes, batch.num_rows)
                arrays = [*_inputs(batch, schema), *_stances(taken, plan.model)]
                writer.write(pa.RecordBatch.from_arrays(arrays, schema=writer.schema))
                _reject(plan, rejects, source, batch, taken, number)
                number += batch.num_rows
                meter.advance(batch.num_rows)
    plan.check_end(outcomes)


def _inputs(batch: "pa.RecordBatch", schema: "pa.Schema") -> Iterator["pa.Array"]:
    import pyarrow as pa

    for field in schema:
        if field.name in batch.schema.names:
            yield batch.column(field.name).cast(field.type)
        else:
            yield pa.nulls(batch.num_rows, field.type)


def _stances(outcomes: Sequence[Outcome], model: str) -> Iterator["pa.Array"]:
    import pyarrow as pa

    rows = [stance_values(outcome, model=model) for outcome in outcomes]
    for name, column in STANCE_COLUMNS.items():
        yield pa.array([row[name] for row in rows], type=arrow_type_of(column))


def _reject(
    plan: Plan, rejects: Rejects, source: int, batch: "pa.RecordBatch", outcomes: Sequence[Outcome], before: int
) -> None:
    id_field = plan.task.fields[source].id
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, str):
            row_id = batch.column(id_field)[index].as_py() if id_field else None
            path = plan.task.job.inputs[source]
            rejects.add(path, before + index + 1, row_id=row_id, reason=outcome, raw=None)
