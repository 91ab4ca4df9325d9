"""The bag of words learns what is in words, and admits where there is nothing to learn."""

import re

import numpy as np
import pytest
from training_support import learnable_rows, make_example

from model.errors import DataError
from model.labels import LABELS, Stance
from training.baseline import fit_baseline, predict_baseline
from training.examples import Example


def examples(count: int, *, seed: int = 0) -> list[Example]:
    return [make_example(row["text"], Stance(row["label"])) for row in learnable_rows(count, seed=seed)]


def test_it_learns_a_telltale_word():
    outcome = predict_baseline(fit_baseline(examples(150)), examples(60, seed=1))
    assert outcome.figures().macro_f1.value > 0.95
    assert outcome.probabilities.sum(axis=1) == pytest.approx(np.ones(60))
    assert not outcome.abstained.any()


def test_it_reads_the_context_and_normalized_texts():
    """The words that tell are in the context here, or written in other letters."""
    learned = fit_baseline(examples(150))
    context = make_example("I agree", Stance.SKEPTICAL, context="it is a trap")
    fancy = make_example("it is a 𝓽𝓻𝓪𝓹", Stance.SKEPTICAL)
    outcome = predict_baseline(learned, [context, fancy])
    assert (outcome.probabilities.argmax(axis=1) == outcome.truth).all()


def test_a_label_it_never_saw_stays_at_nothing_and_others_keep_their_place():
    known = [example for example in examples(150) if example.label != Stance.SUPPORTIVE]
    outcome = predict_baseline(fit_baseline(known), examples(60, seed=1))
    assert (outcome.probabilities[:, LABELS.index(Stance.SUPPORTIVE)] == 0).all()
    rest = outcome.truth != LABELS.index(Stance.SUPPORTIVE)
    assert outcome[rest].figures().accuracy.value > 0.95


@pytest.mark.parametrize(
    "few", [[make_example("one word"), make_example("another text")], [make_example("a trap"), make_example("a TRAP!")]]
)
def test_too_little_to_learn_from_is_said(few: list[Example]):
    with pytest.raises(DataError, match=re.escape("2 texts are too few for the baseline: ")):
        fit_baseline(few)
