"""Where the files of a job lie: in a folder of its own under the home."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from service.jobs import Job


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The folder of one job. Names of uploads are not kept: they are the client's, and may be anything."""

    folder: Path

    @classmethod
    def of(cls, home: Path, job_id: str) -> "JobFiles":
        return cls(home / "jobs" / job_id)

    def job(self, *, input_suffix: str, output_suffix: str) -> Job:
        """The scoring job of this folder; suffixes with their dots, for example `.csv.gz` and `.jsonl`."""
        return Job((self.folder / f"input{input_suffix}",), self.folder / f"output{output_suffix}")

    def remove(self) -> None:
        """Remove whatever is there; nothing is no error."""
        shutil.rmtree(self.folder, ignore_errors=True)
