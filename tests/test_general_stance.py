"""The training set of the intermediate step, from rows of public stance sets."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from training.examples import read_examples
from training.general_stance import KEPT, LABELS, main
from training.splits import assign_splits

Row = dict[str, Any]


def source(path: Path, rows: list[Row]) -> Path:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def row(text: str = "a text", *, dataset: str = "vast", split: str = "train", label: str = "favor") -> Row:
    return {"dataset": dataset, "split": split, "target": "free trade", "text": text, "label": label}


def convert(tmp_path: Path, rows: list[Row]) -> list[Row]:
    out = tmp_path / "build" / "general.jsonl"
    result = CliRunner().invoke(main, [str(source(tmp_path / "in.jsonl.gz", rows)), "-o", str(out)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("theirs", "ours"), list(LABELS.items()))
def test_the_target_becomes_the_context_and_the_label_ours(tmp_path: Path, theirs: str, ours: str):
    assert convert(tmp_path, [row("Zölle schaden", label=theirs)]) == [
        {
            "text": "Zölle schaden",
            "context": "free trade",
            "label": ours,
            "split": "train",
            "group": "train:Zölle schaden",
            "source": "vast",
        }
    ]


def test_only_training_rows_and_vast_s_development_rows_are_kept(tmp_path: Path):
    rows = [
        row(f"{dataset} {split}", dataset=dataset, split=split)
        for dataset in ("vast", "semeval2016")
        for split in ("train", "dev", "test")
    ]
    texts = [found["text"] for found in convert(tmp_path, rows)]
    assert set(texts) - {"semeval2016 train"} == {"vast train", "vast dev"}


def test_far_sets_are_thinned_out_by_their_share_the_same_in_every_run(tmp_path: Path):
    rows = [row(f"text {index}", dataset=dataset) for dataset in KEPT for index in range(400)]
    found = convert(tmp_path, rows)
    for dataset, share in KEPT.items():
        kept = sum(row["source"] == dataset for row in found)
        assert kept / 400 == pytest.approx(share, abs=0.08), dataset
    assert convert(tmp_path, rows) == found


def test_the_result_can_be_trained_on(tmp_path: Path):
    """A text of several targets, in training and in development, is no group that straddles."""
    convert(tmp_path, [row("one"), row("one", split="dev"), row("two", label="none"), row("one", label="against")])
    examples, bad = read_examples([tmp_path / "build" / "general.jsonl"])
    assert bad == []
    assert [e.split for e in assign_splits(examples, dev_fraction=0, test_fraction=0)] == [
        "train",
        "dev",
        "train",
        "train",
    ]
