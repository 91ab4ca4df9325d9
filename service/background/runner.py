"""Takes job after job from the store and has each scored."""

import asyncio
import logging
from asyncio.subprocess import Process
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType

from model.errors import StanceError
from service.background.command import Outcome, finish, start
from service.background.files import JobFiles
from service.journal import count_rows
from service.settings import Settings
from service.store.jobs import JobRecord, JobStore

# How often the store is asked for work, and told of progress.
_LOOK_SECONDS = 1.0
_RENEW_SECONDS = 2.0
# Whatever kills the process again and again (no memory left, say) would never let the next job begin.
MAX_ATTEMPTS = 5
logger = logging.getLogger(__name__)


class JobRunner:
    """Runs one job at a time; an async context manager. Several processes may each have one.

    On the way out a job that runs is put back in the queue, and goes on when a runner next looks.
    """

    def __init__(self, store: JobStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    async def __aenter__(self) -> "JobRunner":
        self._task = asyncio.create_task(self._run(), name="stance-jobs")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._forget_old)
                if record := await asyncio.to_thread(self._store.claim):
                    await self._serve(record)
                    continue
            except StanceError as error:
                logger.error("jobs stand still: %s", error)
            except Exception:
                # Whatever one job brings, the next must be looked for.
                logger.exception("a job failed in a way that nobody foresaw")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _serve(self, record: JobRecord) -> None:
        files = JobFiles.of(self._settings.home, record.id)
        job = files.job(input_suffix=record.options["input"], output_suffix=record.options["output"])
        try:
            process = await start(job, record, settings=self._settings)
        except (ValueError, OSError):
            await asyncio.to_thread(partial(self._store.fail, record, "the process cannot be started"))
            raise
        ending = asyncio.create_task(finish(process, job))
        rows = end = 0
        try:
            while not (await asyncio.wait([ending], timeout=_RENEW_SECONDS))[0]:
                more, end = await asyncio.to_thread(count_rows, job.journal, start=end)
                rows += more
                if not await asyncio.to_thread(partial(self._store.renew, record, rows=rows)):
                    await _stop(process)
        except BaseException:
            await _stop(process)
            await asyncio.to_thread(self._store.release, record)
            raise
        await asyncio.to_thread(self._record, record, ending.result())

    def _record(self, record: JobRecord, outcome: Outcome) -> None:
        if outcome.summary is not None:
            self._store.finish(record, rows=outcome.summary["rows"], counts=outcome.summary["counts"])
        elif outcome.killed and record.attempts < MAX_ATTEMPTS:
            self._store.release(record)
        else:
            self._store.fail(record, outcome.error)
        found = self._store.find(record.id)
        if found and found.state == "cancelled":
            self._forget(record.id)

    def _forget_old(self) -> None:
        for job_id in self._store.finished_before(datetime.now(UTC) - timedelta(days=self._settings.job_days)):
            self._forget(job_id)

    def _forget(self, job_id: str) -> None:
        JobFiles.of(self._settings.home, job_id).remove()
        self._store.remove(job_id)


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.kill()  # the journal is made for it
        await process.wait()
