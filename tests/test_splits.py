"""Splits are disjoint by text and by group, and the same in every run."""

import re
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_support import make_example

from model.errors import DataError
from model.labels import Stance
from training.splits import assign_splits, deduplicate, hash_fraction, select

GROUPS = st.text(min_size=1, max_size=3)
SPLITS = st.sampled_from([None, "train", "dev", "test"])
FRACTIONS = st.floats(0, 0.49)


@given(groups=st.lists(GROUPS, max_size=40), named=st.dictionaries(GROUPS, SPLITS), dev=FRACTIONS, test=FRACTIONS)
def test_a_group_never_straddles_a_split(groups: list[str], named: dict[str, str | None], dev: float, test: float):
    """Whether the rows name a split, some of them do, or none does."""
    examples = [
        make_example(f"text {index}", group=group, split=named.get(group) if index % 2 else None)
        for index, group in enumerate(groups)
    ]
    found = assign_splits(examples, dev_fraction=dev, test_fraction=test)
    assert [example.text for example in found] == [example.text for example in examples]
    splits = defaultdict(set)
    for before, after in zip(examples, found, strict=True):
        assert before.split in (None, after.split)
        splits[after.group].add(after.split)
    assert all(len(names) == 1 and names < {"train", "dev", "test"} for names in splits.values())


@given(groups=st.lists(GROUPS, min_size=1, max_size=20), others=st.lists(GROUPS, max_size=20))
def test_other_rows_never_move_a_group(groups: list[str], others: list[str]):
    """New labels beside the old ones leave every old one where it was: nothing slips from test into training."""
    old = [make_example(f"old {group}", group=group) for group in groups]
    new = [make_example(f"new {group}", group=group) for group in others]
    alone = assign_splits(old, dev_fraction=0.2, test_fraction=0.2)
    together = assign_splits([*new, *old], dev_fraction=0.2, test_fraction=0.2)
    assert together[len(new) :] == alone


def test_the_split_of_a_group_is_the_same_in_every_release():
    """Written down, since a changed hash would put trained texts into the test split of an existing model."""
    found = assign_splits(
        [make_example(str(i), group=f"group-{i}") for i in range(12)], dev_fraction=0.2, test_fraction=0.2
    )
    t, d, x = "train", "dev", "test"
    assert [example.split for example in found] == [d, t, t, t, x, t, t, d, t, d, t, t]
    assert hash_fraction("group-0") == pytest.approx(0.2957674736605231, abs=1e-15)


def test_fractions_are_shares_of_groups():
    examples = [make_example(str(index), group=str(index)) for index in range(4000)]
    counts = Counter(example.split for example in assign_splits(examples, dev_fraction=0.1, test_fraction=0.3))
    assert counts["dev"] == pytest.approx(400, abs=80)
    assert counts["test"] == pytest.approx(1200, abs=120)


def test_no_share_means_no_text():
    examples = [make_example(str(index), group=str(index)) for index in range(100)]
    found = assign_splits(examples, dev_fraction=0, test_fraction=0)
    assert len(select(found, "train")) == 100
    assert select(found, "dev") == select(found, "test") == []


def test_a_group_named_into_two_splits_is_refused_with_both_places():
    examples = [
        make_example("one", group="thread 7", split="train", line=4),
        make_example("two", group="thread 7", line=5),
        make_example("three", group="thread 7", split="test", file="other.csv", line=9),
    ]
    message = "group 'thread 7' straddles splits: made.jsonl:4 is train, other.csv:9 is test; give them one split"
    with pytest.raises(DataError, match=re.escape(message)):
        assign_splits(examples, dev_fraction=0.1, test_fraction=0.1)


def test_later_copies_are_duplicates():
    """Copies in other letters, white space or links too: the model cannot tell them apart."""
    examples = [
        make_example("Talk  to Moscow https://a.example/1", line=1),
        make_example("something else", line=2),
        make_example("talk to moscow https://b.example/2", line=3),
    ]
    found = deduplicate(examples)
    assert found.examples == examples[:2]
    assert found.duplicates == examples[2:]
    assert found.contradictions == []


def test_a_text_with_several_labels_is_left_out_whole():
    """Which label is right cannot be told, so neither copy is kept, nor a third that agrees with one of them."""
    copies = [
        make_example("Same", label, line=line)
        for line, label in enumerate([Stance.NEUTRAL, Stance.SKEPTICAL, Stance.NEUTRAL], start=1)
    ]
    other = make_example("Other", Stance.SUPPORTIVE, line=4)
    found = deduplicate([*copies, other])
    assert found.examples == [other]
    assert found.contradictions == [copies]
    assert found.duplicates == []


def test_the_same_words_in_another_context_are_another_text():
    examples = [
        make_example("I agree", Stance.SUPPORTIVE, context="Lift the sanctions."),
        make_example("I agree", Stance.SKEPTICAL, context="Keep the sanctions."),
    ]
    assert deduplicate(examples).examples == examples


@given(st.lists(st.tuples(st.sampled_from("abcdeABCDE"), st.sampled_from(list(Stance))), max_size=30))
def test_every_example_is_kept_or_reported_once(rows: list[tuple[str, Stance]]):
    examples = [make_example(text, label, line=line) for line, (text, label) in enumerate(rows)]
    found = deduplicate(examples)
    reported = [*found.examples, *found.duplicates, *(copy for copies in found.contradictions for copy in copies)]
    assert sorted(example.line for example in reported) == list(range(len(rows)))
    assert len({example.key for example in found.examples}) == len(found.examples)
