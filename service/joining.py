"""The second pass: joins the inputs with the outcomes in the journal, row by row, into the output."""

from contextlib import closing

from service.dumps.atomic import replacing
from service.fingerprint import describe_inputs
from service.joining_parquet import is_parquet_only, join_parquet
from service.joining_plan import Plan, changed
from service.joining_rows import join_rows
from service.meter import Meter
from service.rejects import Rejects


def write_output(plan: Plan) -> None:
    """Write rejects and output, each of them whole or not at all; without rejects, there is no file of them.

    Raises:
        DataError: an input is not what it was in the first pass.
    """
    job = plan.task.job
    join = join_parquet if is_parquet_only(job) else join_rows
    with replacing(job.output) as output, replacing(job.rejects) as rejected:
        with rejected.open("wb") as stream, closing(Meter("writing", total=plan.rows)) as meter:
            join(plan, output, Rejects(stream), meter)
        if any(plan.run[name] != described for name, described in describe_inputs(job.inputs).items()):
            raise changed(job)
    if job.rejects.stat().st_size == 0:
        job.rejects.unlink()
