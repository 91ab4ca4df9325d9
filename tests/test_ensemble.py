"""Several models asked together."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from training_support import learnable_rows, write_rows

from model.calibration import Calibration
from model.errors import DataError
from training.ensemble import _load, main, mean
from training.evaluation import Outcome, truth_of
from training.examples import Example


def outcome(*rows: list[float], abstained: list[bool]) -> Outcome:
    return Outcome(np.zeros(len(rows), dtype=np.int64), np.array(rows), np.array(abstained))


def test_probabilities_are_averaged_row_by_row() -> None:
    together = mean(
        [
            outcome([0.9, 0.1, 0.0], [0.2, 0.2, 0.6], abstained=[True, True]),
            outcome([0.1, 0.5, 0.4], [0.4, 0.2, 0.4], abstained=[True, False]),
        ]
    )
    assert np.allclose(together.probabilities, [[0.5, 0.3, 0.2], [0.3, 0.2, 0.5]])
    assert together.abstained.tolist() == [True, False]


def test_the_command_sets_the_models_and_their_mean_side_by_side(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two models that are sure of different labels; their mean is as the surer one says."""
    said = {"a": [0.6, 0.4, 0.0], "b": [0.0, 0.1, 0.9]}
    for name in said:
        shutil.copytree(tiny_model, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("training.ensemble._load", lambda path: path.name)
    monkeypatch.setattr("training.ensemble.predict", lambda name, rows: certain(said[name], rows))
    data = write_rows(Path("rows.csv"), [{**row, "split": "dev"} for row in learnable_rows(30)])
    shown = CliRunner().invoke(main, ["--data", str(data), "a", "b"])
    assert shown.exit_code == 0, shown.output
    head, row = [line.split() for line in shown.output.splitlines() if line.startswith(("macro", "all"))]
    assert head == ["macro", "F1", "on", "texts", "a", "b", "their", "mean"]
    assert row[:2] == ["all", "30"]
    assert row[-3:] == row[-6:-3], "the mean is b's answer"


def certain(probabilities: list[float], rows: Sequence[Example]) -> Outcome:
    return Outcome(truth_of(rows), np.array([probabilities] * len(rows)), np.zeros(len(rows), dtype=bool))


def test_without_texts_to_develop_on_there_is_nothing_to_say(tmp_path: Path, tiny_model: Path) -> None:
    data = write_rows(tmp_path / "rows.csv", [{**row, "split": "train"} for row in learnable_rows(6)])
    result = CliRunner().invoke(main, ["--data", str(data), str(tiny_model)])
    assert isinstance(result.exception, DataError)


def test_models_are_loaded_as_they_were_trained(tiny_model: Path) -> None:
    loaded = _load(tiny_model)
    assert loaded.engine.name == "torch-cpu-float32"
    assert loaded.manifest.calibration == Calibration()
