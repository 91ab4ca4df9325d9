"""Turns a full disk into an error that says what is kept and what to do."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from model.errors import DataError
from service.jobs import Job

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def explain_full_disk(job: Job) -> Iterator[None]:
    """Raises `DataError` in place of an `OSError` that means that nothing more can be written."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        raise DataError(
            f"{job.output}: cannot be written ({os.strerror(error.errno)}); {job.journal.name} keeps what is scored: "
            "make room and start again with the same arguments"
        ) from error
