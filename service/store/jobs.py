"""Jobs: what is to be scored in the background, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, or_, select, update

from model.errors import StanceError
from service.store.database import explain_failure, reading
from service.store.idempotency import Once, answered, remember
from service.store.tables import JOBS

State = Literal["queued", "running", "done", "failed", "cancelled"]
# A runner that says nothing for so long is taken for dead, and its job is given to another.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it is kept. `options` are those of `stance score`; `counts` are there when it is done."""

    id: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    state: State
    client: str
    options: dict[str, Any]
    model: str
    attempts: int
    rows: int
    counts: dict[str, int] | None
    error: str | None


class JobNotFoundError(StanceError):
    """There is no such job, or it is another client's."""


class JobUnfinishedError(StanceError):
    """A job without a result (yet)."""


class JobStore:
    """May be used from several threads and processes at once. Every method may raise `DatabaseError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        job_id: str,
        *,
        client: str,
        options: Mapping[str, Any],
        model: str,
        fingerprint: str,
        once: Once | None,
    ) -> str:
        """Queue a job under `job_id` and return that id; with `once`, that of the job queued under its key before.

        Raises:
            KeyReusedError: the key came with another upload before.
        """
        values = {"id": job_id, "client": client, "options": dict(options), "model": model}
        with explain_failure(), self._engine.begin() as connection:
            if once and (answer := answered(connection, once, fingerprint)) is not None:
                return str(answer["id"])
            connection.execute(insert(JOBS).values(created_at=_now(), state="queued", attempts=0, rows=0, **values))
            if once:
                remember(connection, once, fingerprint, {"id": job_id})
            return job_id

    def find(self, job_id: str) -> JobRecord | None:
        with explain_failure(), reading(self._engine) as connection:
            return _find(connection, job_id)

    def claim(self) -> JobRecord | None:
        """Take the oldest job that nobody runs, or whose runner is dead; None where there is none."""
        dead = and_(JOBS.c.state == "running", JOBS.c.leased_until < _now())
        free = select(JOBS.c.id).where(or_(JOBS.c.state == "queued", dead)).order_by(JOBS.c.created_at).limit(1)
        with explain_failure(), self._engine.begin() as connection:
            job_id = connection.execute(free.with_for_update(skip_locked=True)).scalar()
            if job_id is None:
                return None
            leased = {
                "state": "running",
                "started_at": _now(),
                "leased_until": _now() + LEASE,
                "attempts": JOBS.c.attempts + 1,
            }
            connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(leased))
            return _find(connection, job_id)

    def renew(self, claimed: JobRecord, *, rows: int) -> bool:
        """Say that the job is being worked on; False where it is not the claimer's any more: cancelled, or too late."""
        return self._change_claimed(claimed, {"rows": rows, "leased_until": _now() + LEASE})

    def release(self, claimed: JobRecord) -> None:
        """Put a job that was begun back in the queue."""
        self._change_claimed(claimed, {"state": "queued", "leased_until": None})

    def finish(self, claimed: JobRecord, *, rows: int, counts: Mapping[str, int]) -> None:
        values = {"state": "done", "rows": rows, "counts": dict(counts), "finished_at": _now()}
        self._change_claimed(claimed, values)

    def fail(self, claimed: JobRecord, error: str) -> None:
        self._change_claimed(claimed, {"state": "failed", "error": error, "finished_at": _now()})

    def cancel(self, job_id: str) -> None:
        """Stop a job that is not finished; its runner notices when it next renews."""
        unfinished = and_(JOBS.c.id == job_id, JOBS.c.state.in_(("queued", "running")))
        self._change(unfinished, {"state": "cancelled", "finished_at": _now()})

    def remove(self, job_id: str) -> None:
        with explain_failure(), self._engine.begin() as connection:
            connection.execute(delete(JOBS).where(JOBS.c.id == job_id))

    def finished_before(self, moment: datetime) -> list[str]:
        """The ids of jobs that were over by then."""
        with explain_failure(), reading(self._engine) as connection:
            return list(connection.execute(select(JOBS.c.id).where(JOBS.c.finished_at < moment)).scalars())

    def _change_claimed(self, claimed: JobRecord, values: Mapping[str, Any]) -> bool:
        """Each claim counts one attempt more, so that a runner that comes too late changes nothing."""
        own = and_(JOBS.c.id == claimed.id, JOBS.c.state == "running", JOBS.c.attempts == claimed.attempts)
        return self._change(own, values)

    def _change(self, which: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
        with explain_failure(), self._engine.begin() as connection:
            return bool(connection.execute(update(JOBS).where(which).values(dict(values))).rowcount)


def _find(connection: Connection, job_id: str) -> JobRecord | None:
    row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).mappings().first()
    return JobRecord(**{name: row[name] for name in JobRecord.__dataclass_fields__}) if row else None


def _now() -> datetime:
    return datetime.now(UTC)
