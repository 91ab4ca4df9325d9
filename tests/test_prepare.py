"""What is left out of the data, and how it is said."""

from pathlib import Path

import pytest
from training_support import write_rows

from model.errors import DataError
from training.examples import Example
from training.prepare import prepare_examples, read_clean


def row(text: str, label: str = "neutral", **cells: str) -> dict[str, str]:
    return {"text": text, "label": label} | cells


def prepare(*paths: Path, skip: bool = False) -> tuple[list[Example], list[str]]:
    said: list[str] = []
    found = prepare_examples(paths, dev_fraction=0.2, test_fraction=0.2, skip_bad_rows=skip, say=said.append)
    return found, said


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "a.jsonl", [row("one"), row("two", "pro"), row("three"), row("", "neutral")])


def test_bad_rows_stop_the_work_and_are_all_listed(spoiled: Path):
    with pytest.raises(DataError) as caught:
        prepare(spoiled)
    assert str(caught.value) == (
        "2 bad rows; correct them or pass --skip-bad-rows:\n"
        "  a.jsonl:2: label: 'pro' is none of skeptical, supportive, neutral\n"
        "  a.jsonl:4: text: nothing but white space; leave the text out or fill it in"
    )


def test_skipped_bad_rows_are_named_too(spoiled: Path):
    found, said = prepare(spoiled, skip=True)
    assert [example.text for example in found] == ["one", "three"]
    assert said == [
        "left out a.jsonl:2: label: 'pro' is none of skeptical, supportive, neutral",
        "left out a.jsonl:4: text: nothing but white space; leave the text out or fill it in",
    ]


def test_copies_and_contradictions_are_found_across_files(tmp_path: Path):
    first = write_rows(tmp_path / "a.jsonl", [row("one"), row("two"), row("ONE ")])
    second = write_rows(tmp_path / "b.csv", [row("two", "skeptical"), row("three"), row("one")])
    found, said = prepare(first, second)
    assert [example.place for example in found] == ["a.jsonl:1", "b.csv:3"]
    assert said == [
        "left out 2 later copies of texts already read",
        "left out, same text with different labels: a.jsonl:2 neutral, b.csv:2 skeptical",
    ]


def test_many_contradictions_are_counted_and_not_listed(tmp_path: Path):
    rows = [row(f"text {index}", label) for label in ("neutral", "skeptical") for index in range(12)]
    found, said = prepare(write_rows(tmp_path / "a.jsonl", [*rows, row("sound")]))
    assert [example.text for example in found] == ["sound"]
    assert len(said) == 11
    assert said[-1] == "... and 2 more texts with different labels"


def test_named_splits_are_kept_and_others_drawn(tmp_path: Path):
    named = [row(f"named {index}", split=split) for index, split in enumerate(["train", "dev", "test"])]
    drawn = [row(f"drawn {index}", split="") for index in range(60)]
    found, said = prepare(write_rows(tmp_path / "a.csv", [*named, *drawn]))
    assert [example.split for example in found[:3]] == ["train", "dev", "test"]
    assert {example.split for example in found[3:]} == {"train", "dev", "test"}
    assert said == []


def test_a_straddling_group_is_refused_across_files(tmp_path: Path):
    first = write_rows(tmp_path / "a.jsonl", [row("one", group="7", split="train")])
    second = write_rows(tmp_path / "b.csv", [row("two", group="7", split="dev")])
    with pytest.raises(DataError, match=r"group '7' straddles splits: a\.jsonl:1 is train, b\.csv:2 is dev"):
        prepare(first, second)


def test_reading_alone_changes_nothing(tmp_path: Path):
    """Evaluation measures the rows as they are, copies and all, so that its figures are those of the file."""
    path = write_rows(tmp_path / "a.jsonl", [row("one"), row("one"), row("one", "skeptical")])
    found = read_clean([path], say=pytest.fail)
    assert [(example.text, example.split) for example in found] == [("one", None)] * 3
