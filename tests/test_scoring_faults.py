"""Engines that fail, inputs that change, disks that are full: every row once, in order, in the end."""

import hashlib
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dump_support import TEXTS, read_dump, score_files, write_dump

from model.batching import CPU_LIMITS
from model.classifier import StanceClassifier
from model.errors import DataError, EngineError, SettingsError
from service.jobs import Options
from service.windows import WINDOW_ROWS


class FailingEngine:
    """Runs the real engine until `batches` are spent."""

    name = "torch-cpu-float32"
    limits = CPU_LIMITS

    def __init__(self, engine: Any, batches: int) -> None:
        self._engine = engine
        self._batches = batches

    def run(self, batch: Any) -> Any:
        self._batches -= 1
        if self._batches < 0:
            raise EngineError("out of memory")
        return self._engine.run(batch)


def many_rows(path: Path, count: int) -> Path:
    return write_dump(path, [{"n": n, "text": f"{TEXTS[n % 3]} {n % 7}"} for n in range(count)])


def failing_after(classifier: StanceClassifier, batches: int) -> StanceClassifier:
    """The same classifier, whose engine fails after so many batches."""
    failing = classifier.with_calibration(classifier.manifest.calibration)
    failing.engine = FailingEngine(classifier.engine, batches)
    return failing


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, classifier: StanceClassifier):
    """Most rows are empty, and need no engine: each of the two windows is one batch."""
    rows = [{"n": n, "text": "" if n % 64 else f"{TEXTS[n % 3]} {n}"} for n in range(WINDOW_ROWS + 100)]
    path = write_dump(tmp_path / "a.jsonl", rows)
    score_files(path, output=tmp_path / "whole.csv", classifier=classifier)
    with pytest.raises(EngineError):
        score_files(path, output=tmp_path / "o.csv", classifier=failing_after(classifier, 1))
    report = score_files(path, output=tmp_path / "o.csv", classifier=classifier)
    assert (report.rows, report.scored) == (WINDOW_ROWS + 100, 100)
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_rows_before_damage_stay_in_the_journal(tmp_path: Path, classifier: StanceClassifier):
    path = many_rows(tmp_path / "a.csv.gz", 500)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="cut off after line"):
        score_files(path, output=tmp_path / "o.csv", classifier=classifier)
    assert not (tmp_path / "o.csv").exists()
    journal = (tmp_path / "o.csv.journal").read_text()
    assert sum(len(json.loads(line).get("outcomes", [])) for line in journal.splitlines()) > 100


def test_an_input_that_changed_is_not_joined_with_old_outcomes(tmp_path: Path, classifier: StanceClassifier):
    path = many_rows(tmp_path / "a.jsonl", 10)

    class Changing(FailingEngine):
        def run(self, batch: Any) -> Any:
            many_rows(path, 12)
            return super().run(batch)

    changing = failing_after(classifier, 0)
    changing.engine = Changing(classifier.engine, 99)
    with pytest.raises(DataError, match=r"a\.jsonl: changed while being scored; score it again with --overwrite"):
        score_files(path, output=tmp_path / "o.csv", classifier=changing)
    assert not (tmp_path / "o.csv").exists()
    with pytest.raises(SettingsError, match=r"of another run, input .*a\.jsonl differ"):
        score_files(path, output=tmp_path / "o.csv", classifier=classifier)
    options = Options(overwrite=True)
    assert score_files(path, output=tmp_path / "o.csv", classifier=classifier, options=options).rows == 12


def test_a_run_begun_with_another_engine_names_it(tmp_path: Path, classifier: StanceClassifier):
    path = many_rows(tmp_path / "a.jsonl", 10)
    with pytest.raises(EngineError):
        score_files(path, output=tmp_path / "o.csv", classifier=failing_after(classifier, 0))
    other = failing_after(classifier, 99)
    other.engine.name = "openvino-cpu-int8"
    with pytest.raises(SettingsError, match=r"engine \(was torch-float32; name it with --engine\) differ"):
        score_files(path, output=tmp_path / "o.csv", classifier=other)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The kernel refuses to let files grow beyond `size`, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("size", "target"),
    [
        (100, "o.csv"),
        (20_000, "o.csv"),
        *((80_000, name) for name in ("o.csv", "o.csv.gz", "o.jsonl.zst", "o.parquet")),
    ],
)
def test_a_full_disk_keeps_what_is_scored(tmp_path: Path, classifier: StanceClassifier, size: int, target: str):
    """Full at the journal's header, in its first window, or in the output of each kind."""
    noise = ["".join(hashlib.sha512(f"{n}.{part}".encode()).hexdigest() for part in range(4)) for n in range(500)]
    path = write_dump(tmp_path / "a.jsonl", [{"n": n, "text": TEXTS[n % 3], "noise": noise[n]} for n in range(500)])
    refused = pytest.raises(DataError, match=r"cannot be written \(File too large\); .*journal keeps .* make room")
    with file_size_limit(size), refused:
        score_files(path, output=tmp_path / target, classifier=classifier)
    assert not list(tmp_path.glob("*.partial"))
    assert not (tmp_path / target).exists()
    score_files(path, output=tmp_path / target, classifier=classifier)
    assert [row["noise"] for row in read_dump(tmp_path / target)] == noise


def test_a_finished_output_is_not_written_again_while_its_journal_is_there(
    tmp_path: Path, classifier: StanceClassifier
):
    path = many_rows(tmp_path / "a.jsonl", 5)
    first = score_files(path, output=tmp_path / "o.csv", classifier=classifier)
    before = (tmp_path / "o.csv").stat().st_mtime_ns
    second = score_files(path, output=tmp_path / "o.csv", classifier=classifier)
    assert (tmp_path / "o.csv").stat().st_mtime_ns == before
    assert second == replace(first, scored=0, seconds=second.seconds)
