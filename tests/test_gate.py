"""Who passes the promotion gate, who does not, and what it says."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from training_support import make_outcome

from model.labels import LABELS
from training.evaluation import Outcome
from training.gate import Limits, Pair, Verdict, judge

TRUTH = np.arange(600) % len(LABELS)


def answers(truth: NDArray[np.int64], *, right: float, seed: int = 0) -> NDArray[np.int64]:
    """Labels of which exactly the share `right` is true."""
    rng = np.random.default_rng(seed)
    wrong = rng.permutation(len(truth)) >= round(right * len(truth))
    return np.where(wrong, (truth + rng.integers(1, len(LABELS), len(truth))) % len(LABELS), truth)


def outcome(truth: NDArray[np.int64], *, right: float, seed: int = 0) -> Outcome:
    return make_outcome(truth, answers(truth, right=right, seed=seed))


BELIEVABLE = outcome(TRUTH[:60], right=0.7)


def judge_models(current: Outcome, candidate: Outcome, *, limits: Limits | None = None) -> Verdict:
    """Judge with labels that nobody would doubt."""
    return judge(frozen=Pair(current, candidate), fresh=Pair(BELIEVABLE, BELIEVABLE), labels=BELIEVABLE, limits=limits)


def judge_labels(labels: Outcome, *, fresh: Pair | None = None) -> Verdict:
    """Judge new labels by two models that do equally well on the frozen set."""
    same = outcome(TRUTH[:60], right=0.7)
    return judge(frozen=Pair(same, same), fresh=fresh or Pair(labels, labels), labels=labels)


def test_a_candidate_that_says_the_same_is_promoted():
    same = outcome(TRUTH, right=0.7)
    verdict = judge_models(same, same)
    assert verdict.promoted
    assert (verdict.difference.value, verdict.difference.low, verdict.difference.high) == (0, 0, 0)
    assert [reason.split(":")[0] for reason in verdict.reasons] == [
        "not worse beyond noise",
        "no label's recall fell by more than 0.1",
        "the new labels are believable",
    ]


def test_a_better_candidate_is_promoted():
    verdict = judge_models(outcome(TRUTH, right=0.6), outcome(TRUTH, right=0.8, seed=1))
    assert verdict.promoted
    assert verdict.macro_f1["candidate"] - verdict.macro_f1["current"] == pytest.approx(0.2, abs=0.02)
    assert verdict.difference.low > 0


def test_a_clearly_worse_candidate_is_refused():
    verdict = judge_models(outcome(TRUTH, right=0.75), outcome(TRUTH, right=0.66, seed=1))
    assert not verdict.promoted
    assert verdict.reasons[0].startswith(
        "worse beyond noise: macro F1 on the frozen test set: 0.750 before, 0.660 after"
    )
    assert verdict.reasons[0].endswith("check the new labels against the guidelines")


def test_a_fall_within_noise_is_refused_where_it_is_large():
    """On a small test set noise hides much; then the fall itself is bounded."""
    truth = TRUTH[:60]
    current, candidate = outcome(truth, right=0.75), outcome(truth, right=0.7, seed=1)
    verdict = judge_models(current, candidate, limits=Limits(max_recall_fall=1))
    assert verdict.difference.low < 0 < verdict.difference.high
    assert not verdict.promoted
    assert verdict.reasons[0].startswith("fell by more than 0.02: ")
    assert judge_models(current, candidate, limits=Limits(max_fall=0.2, max_recall_fall=1)).promoted


def test_a_small_fall_within_noise_is_let_through():
    verdict = judge_models(outcome(TRUTH, right=0.7), outcome(TRUTH, right=0.69, seed=1))
    assert verdict.difference.value < 0
    assert verdict.promoted


def test_a_collapsed_recall_is_refused_though_macro_f1_holds():
    current = answers(TRUTH, right=0.7)
    lost = (TRUTH == 0) & (current == 0) & (np.arange(600) % 5 == 0)
    won = (TRUTH != 0) & (current != TRUTH) & (np.arange(600) % 5 != 0)
    candidate = np.where(lost, 2, np.where(won, TRUTH, current))
    verdict = judge_models(make_outcome(TRUTH, current), make_outcome(TRUTH, candidate))
    assert verdict.difference.value > 0
    assert not verdict.promoted
    assert verdict.reasons[0].startswith("recall of skeptical collapsed from 0.")
    assert verdict.reasons[0].endswith("add labels of skeptical texts")


@pytest.mark.parametrize("count", [20, 50])
def test_shuffled_labels_are_refused(count: int):
    """All but a few of many files, with a model trained on them as good on the rest as chance makes it."""
    promoted = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        labels, fresh = rng.permutation(TRUTH[:count]), slice(count // 5)
        current, candidate = (answers(TRUTH[:count], right=0.7, seed=seed + step) for step in (100, 200))
        pair = Pair(make_outcome(labels[fresh], current[fresh]), make_outcome(labels[fresh], candidate[fresh]))
        promoted += judge_labels(make_outcome(labels, current), fresh=pair).promoted
    assert promoted <= 5


def test_a_refusal_of_labels_says_what_to_look_at():
    labels = np.random.default_rng(0).permutation(TRUTH[:200])
    verdict = judge_labels(make_outcome(labels, answers(TRUTH[:200], right=0.7)))
    assert not verdict.promoted
    assert verdict.reasons[0].startswith("the new labels look unrelated to their texts: ")
    assert verdict.reasons[0].endswith("check that label and text columns belong together")
    assert verdict.label_agreement.low < 0.05


def test_shifted_labels_are_refused():
    """Each text with the label of the row above: the slip of a spreadsheet."""
    rng = np.random.default_rng(0)
    texts = rng.integers(0, len(LABELS), 200)
    assert not judge_labels(make_outcome(np.roll(texts, 1), answers(texts, right=0.8))).promoted


def test_corrections_alone_are_accepted_where_they_can_be_learned():
    """Every label contradicts the current model, as in a file of corrections; the candidate gets the others right."""
    labels = TRUTH[:100]
    wrong = (labels + 1) % len(LABELS)
    fresh = Pair(make_outcome(labels[:20], wrong[:20]), outcome(labels[:20], right=0.8))
    verdict = judge_labels(make_outcome(labels, wrong), fresh=fresh)
    assert verdict.promoted
    assert verdict.label_agreement.high < 0
    assert verdict.reasons[-1].startswith("the new labels contradict the current model but can be learned: agreement")


def test_corrections_that_nothing_is_learned_from_are_refused():
    labels = TRUTH[:100]
    wrong = (labels + 1) % len(LABELS)
    fresh = Pair(make_outcome(labels[:20], wrong[:20]), make_outcome(labels[:20], wrong[:20]))
    assert not judge_labels(make_outcome(labels, wrong), fresh=fresh).promoted


def test_one_label_alone_tells_nothing_and_is_refused():
    """Agreement beyond chance cannot be seen where all labels are the same."""
    labels = np.zeros(50, dtype=np.int64)
    verdict = judge_labels(make_outcome(labels, labels))
    assert verdict.label_agreement.value == 0
    assert not verdict.promoted


def test_failed_checks_come_first_and_every_check_is_said():
    labels = np.random.default_rng(0).permutation(TRUTH[:200])
    shuffled = make_outcome(labels, answers(TRUTH[:200], right=0.7))
    frozen = Pair(outcome(TRUTH, right=0.75), outcome(TRUTH, right=0.5, seed=1))
    verdict = judge(frozen=frozen, fresh=Pair(shuffled, shuffled), labels=shuffled)
    assert [reason.split(" ")[0] for reason in verdict.reasons] == ["worse", "recall", "recall", "recall", "the"]
    for reason in verdict.reasons:
        assert len(reason.split()) > 5
        assert "\n" not in reason


def test_a_verdict_can_be_written_as_json():
    record = judge_models(BELIEVABLE, BELIEVABLE).to_dict()
    assert json.loads(json.dumps(record)) == record
    assert set(record) == {"promoted", "reasons", "macro_f1", "difference", "label_agreement"}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(range(3)), min_size=2, max_size=30), st.integers(0, 5))
def test_the_same_model_never_falls(predicted: list[int], seed: int):
    """Whatever a model says on whatever labels, it is not worse than itself."""
    truth = np.random.default_rng(seed).integers(0, 3, len(predicted))
    found = make_outcome(truth, predicted)
    assert judge_models(found, found).promoted
