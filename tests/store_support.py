"""Databases to test against: a SQLite file, and a real PostgreSQL where its tests are asked for."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "PostgreSQL is not installed: apt-get install postgresql"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A server of its own in `folder`, on a free port; yields the URL of its database."""
    # It refuses to run as root; Debian's package brings a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    port = _free_port()
    _run("initdb", "--auth=trust", "--username=stance", "--no-sync", "-D", str(data), user=user)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    _run("pg_ctl", "start", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options, user=user)
    try:
        yield f"postgresql://stance@127.0.0.1:{port}/postgres"
    finally:
        _run("pg_ctl", "stop", "-D", str(data), "-m", "immediate", user=user)


def _run(program: str, *arguments: str, user: str | None) -> None:
    subprocess.run([_find(program), *arguments], user=user, check=True, capture_output=True, cwd="/", timeout=120)


def _find(program: str) -> str:
    """Debian keeps PostgreSQL's programs off the PATH, one folder for each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which(program) or (versions and shutil.which(program, path=str(versions[-1])))
    if not found:
        raise RuntimeError(INSTALL)
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
