"""The shapes of jobs, as `/docs` shows them."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from service.store.jobs import JobRecord, State


class OutputFormat(StrEnum):
    """What the result of a job is written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class JobOut(BaseModel):
    id: str
    state: State
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    model: str = Field(description="The version that scores it, whatever is promoted meanwhile.")
    rows: int = Field(description="Rows scored so far; all of them when done.")
    counts: dict[str, int] | None = Field(description="When done: rows of each label, abstained, and rejected.")
    error: str | None = Field(description="Why it failed.")
    result: str | None = Field(description="When done: where to fetch the result.")


def job_out(record: JobRecord) -> JobOut:
    values = {name: getattr(record, name) for name in JobOut.model_fields if name != "result"}
    return JobOut(**values, result=f"/v1/jobs/{record.id}/result" if record.state == "done" else None)
