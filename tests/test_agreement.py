"""The second labels are of texts that have a first one, and say how far annotators agree."""

import csv

from click.testing import CliRunner

from model.labels import Stance
from training.agreement import SECOND, main
from training.join_labels import LABELS


def test_every_second_label_has_a_first():
    with LABELS.open(encoding="utf-8", newline="") as stream:
        selected = {row["id"] for row in csv.DictReader(stream) if row["file"] == "selected_texts"}
    with SECOND.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["id"] for row in rows} <= selected
    assert len({row["id"] for row in rows}) == len(rows) >= len(selected) / 10
    assert {row["label"] for row in rows} <= set(Stance)


def test_agreement_is_printed():
    result = CliRunner().invoke(main)
    assert result.exit_code == 0, result.output
    assert "1,460 texts labelled twice: 95.1% agree, Cohen's kappa 0.872" in result.output
