"""Several models asked together."""

from pathlib import Path

import numpy as np
from click.testing import CliRunner
from training_support import learnable_rows, write_rows

from training.ensemble import main, mean
from training.evaluation import Outcome


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


def test_the_command_sets_the_models_and_their_mean_side_by_side(tmp_path: Path, tiny_model: Path) -> None:
    data = write_rows(tmp_path / "rows.csv", [{**row, "split": "dev"} for row in learnable_rows(30)])
    shown = CliRunner().invoke(main, ["--data", str(data), str(tiny_model), str(tiny_model)])
    assert shown.exit_code == 0, shown.output
    head, _, row = [line for line in shown.output.splitlines() if line.startswith(("macro", "---", "all"))]
    assert head.startswith("macro F1 on")
    assert head.rstrip().endswith("their mean")
    values = row.split()[1:]
    assert values[0] == "30"
