"""`stance evaluate` on a model that was trained on the same files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from training_support import learnable_rows, write_rows

from model.artifact import FILES, read_manifest
from model.registry import Registry
from service.cli import main
from training.compare import BASELINE


def evaluate(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as exited:
        main(["evaluate", *map(str, arguments)])
    assert isinstance(exited.value.code, int)
    return exited.value.code


@pytest.fixture
def data(learned: Path) -> Path:
    """The file that `learned` was trained on, with its splits."""
    return learned.parent / "labels.csv"


def test_figures_are_those_of_the_manifest(learned: Path, data: Path, capsys: pytest.CaptureFixture[str]):
    """Nothing lies between the figures of training and those of a later look at the same texts."""
    assert evaluate("--data", data, "--model", learned, "--engine", "torch-float32", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record == {"split": "test", "models": {"tiny@1": read_manifest(learned).metrics["test"]}}


def test_the_table_and_the_file_hold_the_same_figures(
    tmp_path: Path, learned: Path, data: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "figures.json"
    assert evaluate("--data", data, "--model", learned, "--baseline", "-o", out) == 0
    printed = capsys.readouterr()
    record = json.loads(out.read_text(encoding="utf-8"))
    assert list(record["models"]) == ["tiny@1", BASELINE]
    figure = record["models"]["tiny@1"]["overall"]["macro_f1"]
    shown = "{value:.3f} [{low:.3f}, {high:.3f}]".format(**figure)
    assert printed.out.startswith("tiny@1, test split; brackets: 95 % bootstrap intervals\n\nby ")
    assert re.search(rf"^all +30 +{re.escape(shown)} ", printed.out, re.MULTILINE)
    assert re.search(rf"^macro F1 on +texts +tiny@1 +{re.escape(BASELINE)}$", printed.out, re.MULTILINE)
    assert printed.err == ""


def test_a_registered_version_is_found_by_its_number(
    tmp_path: Path, learned: Path, data: Path, capsys: pytest.CaptureFixture[str]
):
    version = Registry(tmp_path, embedded=learned).register(learned)
    assert evaluate("--data", data, "--model", version, "--home", tmp_path, "--json") == 0
    assert list(json.loads(capsys.readouterr().out)["models"]) == [f"tiny@{version}"]


def test_bad_rows_end_the_work_or_are_skipped(tmp_path: Path, learned: Path, capsys: pytest.CaptureFixture[str]):
    rows: list[dict[str, Any]] = [*learnable_rows(30), {"text": "x", "label": "pro"}]
    path = write_rows(tmp_path / "a.jsonl", rows)
    assert evaluate("--data", path, "--model", learned) == 1
    assert capsys.readouterr().err == (
        "stance: 1 bad rows; correct them or pass --skip-bad-rows:\n"
        "  a.jsonl:31: label: 'pro' is none of skeptical, supportive, neutral\n"
    )
    assert evaluate("--data", path, "--model", learned, "--skip-bad-rows", "--split", "all", "--json") == 0
    printed = capsys.readouterr()
    assert printed.err == "left out a.jsonl:31: label: 'pro' is none of skeptical, supportive, neutral\n"
    assert json.loads(printed.out)["models"]["tiny@1"]["overall"]["rows"] == 30


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]):
    assert evaluate("--data", data, "--model", tmp_path, "--home", tmp_path / "home") == 1
    assert capsys.readouterr().err == f"stance: {tmp_path}: not a model directory, {FILES.manifest} is missing\n"


def test_an_empty_split_is_one_line(tmp_path: Path, learned: Path, capsys: pytest.CaptureFixture[str]):
    path = write_rows(tmp_path / "a.csv", [{"text": "talk", "label": "neutral"}])
    assert evaluate("--data", path, "--model", learned, "--split", "dev") == 1
    message = "stance: no text is in the dev split; add a column `split`, or pass --split all\n"
    assert capsys.readouterr().err == message
