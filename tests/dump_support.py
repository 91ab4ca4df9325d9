"""Dumps written and read by other code than ours, so that the two check each other."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd
from click.testing import CliRunner, Result

from model.classifier import StanceClassifier
from service.cli import stance
from service.dumps.fields import Fields
from service.jobs import Options, plan_jobs
from service.outcomes import STANCE_COLUMNS
from service.scoring import Report, look_at, score_task

TEXTS = ["Talk to Moscow and lift the sanctions.", "No deal with Putin will hold.", "The weather in Paris was lovely."]
STANCE = list(STANCE_COLUMNS)


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return zstd.decompress(data)
    return data


def packed(path: Path, data: bytes) -> Path:
    if path.suffix == ".gz":
        data = gzip.compress(data)
    if path.suffix == ".zst":
        data = zstd.compress(data)
    path.write_bytes(data)
    return path


def write_dump(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Write `rows`, which all have the same columns, in the format that the name of `path` tells."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
        return path
    if "json" in path.name:
        return packed(path, "".join(f"{json.dumps(row)}\n" for row in rows).encode())
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if ".tsv" in path.name else ",")
    writer.writeheader()
    writer.writerows(rows)
    return packed(path, text.getvalue().encode())


def read_dump(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    text = unpacked(path).decode("utf-8")
    if "json" in path.name:
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if ".tsv" in path.name else ","))


def score_files(
    *inputs: Path,
    output: Path,
    classifier: StanceClassifier,
    fields: Fields | None = None,
    options: Options | None = None,
) -> Report:
    """Score in this process, as `stance score` does; leaves the journal where it is."""
    [job] = plan_jobs(inputs, output)
    task = look_at(job, fields=fields or Fields(), options=options or Options())
    return score_task(task, classifier)


def run_score(*arguments: object, model: Path) -> Result:
    """Run `stance score` in this process; an error that the front door would print stays an exception."""
    command = ["score", *map(str, arguments), "--model", str(model), "--engine", "torch-float32"]
    return CliRunner().invoke(stance, command)
