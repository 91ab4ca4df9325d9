"""What ours costs before it has answered much: cold start, memory while serving, room on the disk."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from benchmarks.places import PEERS, ROOT
from benchmarks.processes import memory_mb, output
from benchmarks.servers import OURS, ours
from benchmarks.serving import serving

# Run by a fresh interpreter, which knows when it began to import.
_FIRST_ANSWER = """
import json, time
start = time.perf_counter()
from model.classifier import StanceClassifier
classifier = StanceClassifier.load()
loaded = time.perf_counter()
classifier.classify(["Lift the sanctions and talk."])
print(json.dumps({"load_s": loaded - start, "first_answer_s": time.perf_counter() - start}))
"""


def measure(*, rounds: int, installed: bool) -> dict[str, Any]:
    """Of the base install that `benchmarks.peers` makes, where it is `installed`; else of this environment."""
    python = (PEERS / "ours" if installed else Path(sys.prefix)) / "bin" / "python"
    starts = [json.loads(output([python, "-c", _FIRST_ANSWER])) for _ in range(rounds)]
    click.echo(f"import to first answer: {[round(start['first_answer_s'], 2) for start in starts]} s", err=True)
    with serving(OURS, ours(installed)) as server:
        memory = memory_mb(server.pid)
    return {
        "base_install": installed,
        "serving": memory,
        "cold_starts": starts,
        "install_mb": installed_mb(python),
        "package_mb": sum(_size_mb(ROOT / room) for room in ("model", "service", "training")),
    }


def installed_mb(python: Path) -> float:
    """What lies in the site-packages of an environment."""
    return _size_mb(Path(output([python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]).strip()))


def _size_mb(folder: Path) -> float:
    """As `du` counts; compiled bytes too."""
    return sum(path.lstat().st_blocks for path in folder.rglob("*") if not path.is_dir()) * 512 / 1e6
