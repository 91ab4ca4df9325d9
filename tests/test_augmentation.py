"""Edits of training texts that leave the label alone."""

import re

import pytest
from training_support import make_example

from model.labels import LABELS
from training import augmentation
from training.augmentation import Edit, edit_some
from training.examples import Example
from training.scorecard.robustness import EDITS

TEXT = 'Trump and Lavrov have met again, and Trump said that "nothing" was agreed about the sanctions.'


def examples(count: int = 400, text: str = TEXT) -> list[Example]:
    return [make_example(f"{text} {i}", LABELS[i % 3], id=str(i), context="Parent comment: no") for i in range(count)]


def test_a_share_of_the_texts_is_edited_and_nothing_else() -> None:
    before = examples()
    after = edit_some(before, share=0.5, seed=0)
    changed = [old.text != new.text for old, new in zip(before, after, strict=True)]
    assert 0.4 < sum(changed) / len(changed) < 0.6
    assert [(e.id, e.label, e.context, e.group) for e in after] == [(e.id, e.label, e.context, e.group) for e in before]


def test_a_seed_repeats_its_edits_and_another_does_not() -> None:
    assert edit_some(examples(), share=1, seed=1) == edit_some(examples(), share=1, seed=1)
    assert edit_some(examples(), share=1, seed=1) != edit_some(examples(), share=1, seed=2)


def test_no_share_edits_nothing() -> None:
    assert edit_some(examples(), share=0, seed=0) == examples()


def only(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "_EDITS", (edit,))
    monkeypatch.setattr(augmentation, "_EDITS_AT_MOST", 1)


def test_a_name_becomes_the_same_other_name_of_its_office_throughout(monkeypatch: pytest.MonkeyPatch) -> None:
    only(augmentation._other_names, monkeypatch)
    after = edit_some(examples(100, "Trump asked, Trump paid; Merkel did not."), share=1, seed=0)
    found = {tuple(re.findall(r"[A-Z][a-z]+", example.text)) for example in after}
    assert all(first == second for first, second, _ in found)
    assert {first for first, *_ in found} == {"Biden", "Obama", "Bush", "Clinton", "Reagan", "Carter"}
    assert {last for *_, last in found} == {"Scholz", "Merz"}


def test_two_names_never_become_one(monkeypatch: pytest.MonkeyPatch) -> None:
    only(augmentation._other_names, monkeypatch)
    for example in edit_some(examples(200, "Merkel, Scholz and Merz; Trump as Biden."), share=1, seed=0):
        found = re.findall(r"[A-Z][a-z]+", example.text)
        assert len(set(found)) == len(found) == 5


@pytest.mark.parametrize("text", ["No.", "...", "да", "\u200b", "a" * 500, "🙂", "Hello"])
def test_texts_of_no_or_odd_words_stay_texts(text: str) -> None:
    for example in edit_some(examples(200, text), share=1, seed=0):
        assert example.text.strip()


def test_a_slip_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    only(augmentation._slips, monkeypatch)
    for old, new in zip(examples(), edit_some(examples(), share=1, seed=0), strict=True):
        assert abs(len(old.text) - len(new.text)) <= 2
        words = zip(old.text.split(), new.text.split(), strict=True)
        assert sum(a != b for a, b in words) <= 2


@pytest.mark.parametrize("edit", set(augmentation._EDITS))
def test_every_edit_edits(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the odd slip that swaps two equal letters."""
    only(edit, monkeypatch)
    before = [make_example(TEXT, LABELS[0], id=str(i)) for i in range(100)]
    after = edit_some(before, share=1, seed=0)
    assert sum(old.text != new.text for old, new in zip(before, after, strict=True)) > 90


def test_what_the_robustness_table_counts_was_not_trained_on() -> None:
    trained = {*augmentation._GREETINGS, *augmentation._CLOSINGS, *augmentation._EMOJI}
    measured = {edit("x").replace("x", "").strip() for edit in EDITS.values()}
    assert not trained & measured
