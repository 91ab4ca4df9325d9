"""The project's own labelled texts, as they lie in the repository."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from model.labels import LABELS
from training.examples import read_examples
from training.replay import WRITTEN
from training.splits import assign_splits, deduplicate
from training.written_audit import minimal_pairs, near_duplicates

DATA_SHEET = Path(__file__).parents[1] / "docs" / "data-sheet.md"
SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in WRITTEN.read_text(encoding="utf-8").splitlines()]


def test_every_row_can_be_read_and_names_its_split(rows: list[dict[str, Any]]):
    examples, bad = read_examples([WRITTEN])
    assert bad == []
    assert [example.id for example in examples] == [row["id"] for row in rows]
    assert {example.split for example in examples} == set(SPLITS)
    assert all(example.context is None or example.context.strip() for example in examples)


def test_no_text_is_there_twice():
    found = deduplicate(read_examples([WRITTEN])[0])
    assert (found.duplicates, found.contradictions) == ([], [])


def test_ids_are_unique(rows: list[dict[str, Any]]):
    assert [identity for identity, count in Counter(row["id"] for row in rows).items() if count > 1] == []


def test_no_group_straddles_a_split():
    """`assign_splits` refuses one that does, and moves nothing here."""
    examples = read_examples([WRITTEN])[0]
    assert assign_splits(examples, dev_fraction=0.1, test_fraction=0.1) == examples


def test_minimal_pairs_share_a_group_and_contradict_each_other(rows: list[dict[str, Any]]):
    """Two texts that differ in little but their stance: split apart, one would give the other away."""
    pairs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if "minimal pairs" in row["brief"]:
            pairs[row["group"]].append(row)
    assert len(pairs) >= 700
    for group, members in pairs.items():
        assert [row["split"] for row in members] == [members[0]["split"]] * 2, group
        assert members[0]["label"] != members[1]["label"], group


def test_the_set_is_as_large_as_its_data_sheet_says():
    examples = read_examples([WRITTEN])[0]
    kinds, labels, splits = (
        Counter(getattr(example, name) for example in examples) for name in ("kind", "label", "split")
    )
    contexts = sum(example.context is not None for example in examples)
    said = (
        f"{len(examples):,} texts: {kinds['comment']:,} comments and {kinds['paragraph']:,} paragraphs; "
        f"{labels['skeptical']:,} skeptical, {labels['neutral']:,} neutral, {labels['supportive']:,} supportive; "
        f"{contexts:,} with a context; {minimal_pairs(examples):,} groups whose members differ in label "
        f"(minimal pairs, triples, siblings). {splits['train']:,} are for training, {splits['dev']:,} for development, "
        f"{splits['test']:,} for test."
    )
    assert said in " ".join(DATA_SHEET.read_text(encoding="utf-8").split())


def test_texts_of_different_groups_are_not_near_duplicates():
    assert near_duplicates(read_examples([WRITTEN])[0]) == []


def test_labels_are_balanced_in_every_split(rows: list[dict[str, Any]]):
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row["split"]][row["label"]] += 1
    for split in SPLITS:
        shares = [counts[split][label] / counts[split].total() for label in LABELS]
        assert shares == pytest.approx([1 / 3] * 3, abs=0.03), split
    assert counts["test"].total() >= 300
    assert counts["dev"].total() >= 150


def test_every_brief_is_met_in_training_and_in_the_test(rows: list[dict[str, Any]]):
    briefs = {split: {row["brief"] for row in rows if row["split"] == split} for split in SPLITS}
    assert briefs["train"] == briefs["test"]
