"""`/v1/jobs`: score an uploaded dump in the background."""

import re
import uuid
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import FileResponse, Response
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from model.engines.selection import setting_for
from service.api.job_schemas import JobOut, OutputFormat, job_out
from service.api.label_schemas import IdempotencyKey, valid_unicode
from service.api.schemas import PROBLEMS
from service.api.state import Services, ServicesDep
from service.background.files import JobFiles
from service.background.uploads import take_in
from service.dumps.fields import Fields
from service.store.idempotency import Once
from service.store.jobs import JobNotFoundError, JobRecord, JobUnfinishedError

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_ID = re.compile(r"[0-9a-f]{32}")
# As an argument of a command it can hold no NUL, and as one of a file system's no lone surrogate.
_Column = Annotated[str | None, Form(max_length=1_000, pattern=r"^[^\x00]*$"), AfterValidator(valid_unicode)]


@router.post("", status_code=202, responses=PROBLEMS)
async def create(
    file: Annotated[UploadFile, File(description="CSV, TSV or JSON Lines (also .gz, .zst), or Parquet.")],
    request: Request,
    response: Response,
    services: ServicesDep,
    text_field: Annotated[_Column, Form(description="Column of the text; found by its name where left out.")] = None,
    context_field: _Column = None,
    id_field: _Column = None,
    output: Annotated[OutputFormat, Form(description="Format of the result.")] = OutputFormat.JSONL,
    key: IdempotencyKey = None,
) -> JobOut:
    """Upload a dump and have every row labelled: `curl -F file=@comments.csv.gz -F text_field=body .../v1/jobs`."""
    job_id = uuid.uuid4().hex
    files = JobFiles.of(services.settings.home, job_id)
    fields = Fields(text=text_field or None, context=context_field or None, id=id_field or None)
    upload = await run_in_threadpool(
        take_in,
        file.file,
        name=file.filename or "",
        fields=fields,
        output=output.value,
        files=files,
        max_text_chars=services.settings.max_text_chars,
    )
    once = Once(client=request.state.client, key=key) if key else None
    engine = setting_for(services.host.current.classifier.engine.name)
    known = None
    try:
        known = await run_in_threadpool(
            services.jobs.create,
            job_id,
            client=request.state.client,
            options={**upload.options, "engine": engine},
            model=services.host.version,
            fingerprint=upload.fingerprint,
            once=once,
        )
    finally:
        if known != job_id:
            files.remove()
    response.headers["Location"] = f"/v1/jobs/{known}"
    return job_out(await _find(known, request, services))


@router.get("/{job_id}", responses=PROBLEMS)
async def read(job_id: str, request: Request, services: ServicesDep) -> JobOut:
    """How far a job is."""
    return job_out(await _find(job_id, request, services))


@router.get("/{job_id}/result", response_class=FileResponse, responses=PROBLEMS)
async def result(job_id: str, request: Request, services: ServicesDep) -> FileResponse:
    """The scored dump: every column kept, `stance_*` columns added."""
    record = await _find(job_id, request, services)
    if record.state != "done":
        raise JobUnfinishedError(f"the job is {record.state}; there is a result when it is done")
    path = _files(services, record).job(input_suffix="", output_suffix=record.options["output"]).output
    if not path.exists():
        raise JobNotFoundError("the result is not on this server; jobs need a home that all processes share")
    return FileResponse(path, filename=f"{record.id}{record.options['output']}")


@router.delete("/{job_id}", status_code=204, responses=PROBLEMS)
async def delete(job_id: str, request: Request, services: ServicesDep) -> None:
    """Stop a job if it runs, and remove its files."""
    record = await _find(job_id, request, services)
    await run_in_threadpool(services.jobs.cancel, record.id)
    if record.state != "running":  # else its runner removes them when it has stopped
        await run_in_threadpool(_files(services, record).remove)
        await run_in_threadpool(services.jobs.remove, record.id)


async def _find(job_id: str, request: Request, services: Services) -> JobRecord:
    record = await run_in_threadpool(services.jobs.find, job_id) if _ID.fullmatch(job_id) else None
    if record is None or not (request.state.admin or record.client == request.state.client):
        raise JobNotFoundError("there is no such job; a finished one is kept for some days only")
    return record


def _files(services: Services, record: JobRecord) -> JobFiles:
    return JobFiles.of(services.settings.home, record.id)
