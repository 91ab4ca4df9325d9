"""One job as a process of its own: `stance score`, behind the service's own work in the line for the processor."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from typing import Any

from service.jobs import Job
from service.settings import Settings
from service.store.jobs import JobRecord

# How far behind: enough that requests hardly notice, see nice(1).
_NICENESS = 10
# On Linux it dies with the service, however that ends: the next runner would find the output taken.
_MAIN = """
import sys
if sys.platform == "linux":
    import ctypes, signal
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
from service.cli import main
main()
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the process ended: with a summary, or with an error for the client to read; `killed` from outside."""

    summary: dict[str, Any] | None = None
    error: str = ""
    killed: bool = False


async def start(job: Job, record: JobRecord, *, settings: Settings) -> Process:
    """Begin, or go on where an earlier process of the same job stopped."""
    flags = {
        "--model": record.model,
        "--engine": record.options["engine"],
        "--home": str(settings.home),
        "--threads": settings.threads,
        "--max-text-chars": settings.max_text_chars,
        "--text-field": record.options["text_field"],
        "--context-field": record.options["context_field"],
        "--id-field": record.options["id_field"],
    }
    given = [part for name, value in flags.items() if value is not None for part in (name, str(value))]
    inputs = [str(path) for path in job.inputs]
    arguments = ["score", *inputs, "-o", str(job.output), "--json", "--overwrite", *given]
    command = ["nice", "-n", str(_NICENESS), sys.executable, "-P", "-c", _MAIN, *arguments]
    # A session of its own: what stops the service from a terminal is for the service to pass on.
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, start_new_session=True)


async def finish(process: Process, job: Job) -> Outcome:
    """Wait for the end."""
    output, errors = await process.communicate()
    if process.returncode == 0:
        return Outcome(summary=json.loads(output.splitlines()[-1]))
    if process.returncode is None or process.returncode < 0:
        return Outcome(error="the process was killed again and again; is there memory enough?", killed=True)
    lines = errors.decode(errors="replace").strip().splitlines() or [f"ended with code {process.returncode}"]
    # Where the files lie is no business of the client's.
    return Outcome(error=lines[-1].replace(f"{job.output.parent}/", ""))
