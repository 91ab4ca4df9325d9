"""Starting programs, stopping them with all their children, and what memory they take."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil  # type: ignore[import-untyped]

from benchmarks.places import ROOT

_PATIENCE = 10
Command = Sequence[str | Path]


@contextmanager
def running(command: Command, *, log: Path, piped: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """Run `command` in the repository; what it says goes to `log`. Stopped at the end, its children too."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as stream:
        pipe = subprocess.PIPE if piped else None
        process = subprocess.Popen(  # noqa: S603 the commands are our own
            list(map(str, command)),
            cwd=ROOT,
            env=_environment(),
            stdin=pipe,
            stdout=pipe or stream,
            stderr=stream if piped else subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _stop(process)


def output(command: Command, *, stdin: str | None = None) -> str:
    """Return what `command` printed.

    Raises:
        RuntimeError: it failed; with its last words.
    """
    done = subprocess.run(  # noqa: S603 the commands are our own
        list(map(str, command)),
        cwd=ROOT,
        env=_environment(),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(last_words(done.stderr or done.stdout))
    return done.stdout


def last_words(text: str) -> str:
    """The last line that says something: of a traceback, the error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[-1][:300]


def memory_mb(pid: int) -> dict[str, float]:
    """Resident memory of a process with its children, now and at most; pages that they share count for each."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    resident = peak = 0.0
    for process in family:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            resident += process.memory_info().rss / 1e6
            peak += _peak_mb(process.pid)
    return {"resident_mb": resident, "peak_mb": peak, "processes": len(family)}


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


def _environment() -> dict[str, str]:
    """No hub and no telemetry: all that is needed lies on the disk.

    PyTorch's waiting threads sleep, as they do in ours: spinning, they take the cores from a server's other processes
    and from the load generator, and the peers fall to a fifth.
    """
    quiet = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    return {**os.environ, **quiet, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}


def _stop(process: "subprocess.Popen[str]") -> None:
    family = _family(process.pid)
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=_PATIENCE)
    for member in alive:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        _close(pipe)


def _family(pid: int) -> list[Any]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _close(pipe: IO[str] | None) -> None:
    with suppress(BrokenPipeError):
        if pipe:
            pipe.close()
