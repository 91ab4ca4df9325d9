"""Labels find their texts again by a hash of the text."""

import csv
from pathlib import Path

from click.testing import CliRunner
from training_support import write_rows

from training.examples import text_id
from training.join_labels import LABELS, main


def test_only_texts_whose_hash_is_known_are_written(tmp_path: Path):
    """None of these sentences is one of the real texts; rows without a text are passed over."""
    rows = [{"text": "Nobody wrote this sentence."}, {"text": None}, {"body": "no text"}]
    source = write_rows(tmp_path / "a.jsonl", rows)
    out = tmp_path / "joined" / "real_prose.jsonl"
    result = CliRunner().invoke(main, [str(source), "--file", "real_prose", "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert out.read_text(encoding="utf-8") == ""
    with LABELS.open(encoding="utf-8", newline="") as stream:
        labels = [row for row in csv.DictReader(stream) if row["file"] == "real_prose"]
    assert result.output == f"0 of {len(labels):,} labels found their text\n"


def test_the_id_of_a_text_does_not_hang_on_white_space():
    assert text_id("Talk  to\nMoscow ") == text_id("Talk to Moscow") == "9d8e03fac4e8"
