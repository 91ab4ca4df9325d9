"""What the audit of the written texts finds, on texts that have it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from training_support import learnable_rows, make_example, write_rows

from model.labels import Stance
from training.examples import Example
from training.written_audit import (
    guess,
    in_pairs,
    main,
    minimal_pairs,
    most_predictable,
    near_duplicates,
    nearest,
    repeated_openings,
)

PAIR = (
    make_example("we should talk to moscow now and not wait for spring", Stance.SUPPORTIVE, group="pair"),
    make_example("we should talk to moscow now and not wait for spring, says Moscow", Stance.NEUTRAL, group="pair"),
)


def learnable() -> list[Example]:
    return [make_example(row["text"], Stance(row["label"]), id=row["text"]) for row in learnable_rows(150)]


def test_texts_that_share_most_runs_of_words_are_near_duplicates_unless_they_are_a_pair():
    copy = make_example("We should talk to Moscow now, and not wait for Easter.", Stance.SUPPORTIVE)
    other = make_example("the weather in paris was lovely yesterday and nobody cared", Stance.NEUTRAL)
    assert near_duplicates([*PAIR, other]) == []
    assert near_duplicates([PAIR[0], other, copy]) == [(PAIR[0], copy)]


def test_pairs_are_groups_of_several_labels():
    other = [make_example("a", Stance.NEUTRAL, group="x"), make_example("b", Stance.NEUTRAL, group="x")]
    assert minimal_pairs([*other, *PAIR]) == 1
    assert in_pairs([*other, *PAIR]).tolist() == [False, False, True, True]


def test_openings_are_counted_once_a_group():
    assert repeated_openings([*PAIR, make_example("We should talk to nobody")]) == {"we should talk to": 2}


def test_the_nearest_text_is_named():
    others = {"far": "lovely weather in paris", "near": "wait for spring and talk to moscow"}
    vocabulary = [make_example(f"filler number{i} word{i}") for i in range(200)]
    cosine, example, identity = nearest([*PAIR[:1], *vocabulary], others)[0]
    assert (example, identity) == (PAIR[0], "near")
    assert 0 < cosine < 1


def test_a_telltale_word_is_found_out_and_its_texts_are_the_first_to_go():
    """Of these texts one word gives the label away; of the others none does."""
    opaque = [make_example(f"opaque{i} words{i}", Stance.NEUTRAL if i % 2 else Stance.SKEPTICAL) for i in range(40)]
    examples = [*learnable(), *opaque]
    assert (
        guess(examples)[in_pairs(examples) | [example not in opaque for example in examples]].figures().accuracy.value
        > 0.9
    )
    gone = most_predictable(examples, count=60)
    assert len(set(gone)) == 60
    assert not {example.id for example in opaque} & set(gone)


@pytest.mark.slow
def test_the_command_leaves_out_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [row | {"id": str(i), "kind": "comment", "context": "about it"} for i, row in enumerate(learnable_rows(150))]
    written = write_rows(tmp_path / "written.jsonl", rows)
    monkeypatch.setattr("training.written_audit.WRITTEN", written)
    out = tmp_path / "left.jsonl"
    result = CliRunner().invoke(main, ["--drop", "20", "--against", str(written), "-o", str(out)])
    assert result.exit_code == 0, result.output
    left = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(left) == 130
    assert all(row in rows for row in left)
    assert [row for row in left if row["split"] != "train"] == [row for row in rows if row["split"] != "train"]
    assert "cosine 1.00 with" in result.output
    assert CliRunner().invoke(main, ["--drop", "20"]).exit_code == 2
