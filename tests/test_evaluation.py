"""A classifier measured as a whole and by group, and the tables of it."""

import json
import re
from collections.abc import Sequence

import numpy as np
import pytest
from training_support import learnable_rows, make_example, make_outcome

from model.classifier import StanceClassifier
from model.errors import DataError
from model.labels import LABELS, Stance
from training.compare import BASELINE, measure
from training.evaluation import MIN_ROWS, evaluate, predict, truth_of
from training.examples import Example
from training.report import comparison_table, confusion_table, group_table, label_table


def examples(count: int, *, split: str | None = None, seed: int = 0) -> list[Example]:
    rows = learnable_rows(count, seed=seed)
    return [make_example(row["text"], Stance(row["label"]), split=split, file="a.csv") for row in rows]


def right_about(found: Sequence[Example]) -> list[int]:
    return list(truth_of(found))


def test_an_outcome_holds_what_the_classifier_says(classifier: StanceClassifier):
    found = examples(12)
    outcome = predict(classifier, found)
    predictions = classifier.classify([example.as_input() for example in found])
    assert [LABELS[index] for index in outcome.truth] == [example.label for example in found]
    assert [LABELS[index] for index in outcome.probabilities.argmax(axis=1)] == [p.label for p in predictions]
    assert outcome.probabilities.max(axis=1) == pytest.approx([p.confidence for p in predictions])
    assert outcome.abstained.tolist() == [p.abstained for p in predictions]


def test_groups_are_measured_apart_largest_first():
    """By file, kind, source, length, context and doubt; each as if it were the whole set."""
    short = [make_example(f"text {i}", LABELS[i % 3], kind="comment", source="a", file="a.csv") for i in range(30)]
    long = [
        make_example("word " * 70 + str(i), LABELS[i % 3], kind="paragraph", context="Parent", file="b.csv")
        for i in range(60)
    ]
    found = [*short, *long]
    predicted = right_about(found)
    predicted[:15] = [(label + 1) % 3 for label in predicted[:15]]
    evaluation = evaluate(found, make_outcome(right_about(found), predicted))
    assert {name: list(values) for name, values in evaluation.groups.items()} == {
        "file": ["b.csv", "a.csv"],
        "kind": ["paragraph", "comment"],
        "source": ["a"],
        "length": ["60 to 119 words", "under 20 words"],
        "context": ["with context", "without context"],
        "annotator": ["sure"],
    }
    assert evaluation.overall.accuracy.value == pytest.approx(75 / 90)
    assert evaluation.groups["kind"]["comment"].accuracy.value == 0.5
    assert evaluation.groups["kind"]["paragraph"].accuracy.value == 1
    assert evaluation.groups["kind"]["comment"] == make_outcome(right_about(short), predicted[:30]).figures()


def test_groups_too_small_to_say_anything_are_left_out():
    found = [make_example(f"text {i}", LABELS[i % 3], kind="few" if i < MIN_ROWS - 1 else "many") for i in range(60)]
    evaluation = evaluate(found, make_outcome(right_about(found), right_about(found)))
    assert list(evaluation.groups["kind"]) == ["many"]
    assert "source" not in evaluation.groups


@pytest.mark.parametrize(
    ("words", "name"),
    [(1, "under 20 words"), (19, "under 20 words"), (20, "20 to 59 words"), (59, "20 to 59 words"),
     (60, "60 to 119 words"), (119, "60 to 119 words"), (120, "120 words and more")],
)  # fmt: skip
def test_lengths_are_counted_in_words(words: int, name: str):
    found = [make_example(" ".join(["word"] * words), LABELS[i % 3]) for i in range(MIN_ROWS)]
    evaluation = evaluate(found, make_outcome(right_about(found), right_about(found)))
    assert list(evaluation.groups["length"]) == [name]


def test_tables_show_the_figures():
    found = examples(60)
    predicted = right_about(found)
    predicted[0] = 2
    evaluation = evaluate(found, make_outcome(right_about(found), predicted, confidence=0.9))
    overall = evaluation.overall
    assert re.search(rf"^all +60 +{re.escape(str(overall.macro_f1))} ", group_table(evaluation), re.MULTILINE)
    assert re.search(r"^length +under 20 words +60 ", group_table(evaluation), re.MULTILINE)
    skeptical = re.escape(f"{overall.precision['skeptical']}  {overall.recall['skeptical']}  {overall.f1['skeptical']}")
    assert re.search(rf"^skeptical +20 +{skeptical}$", label_table(evaluation), re.MULTILINE)
    assert re.search(r"^is skeptical +19 +0 +1$", confusion_table(evaluation), re.MULTILINE)
    table = comparison_table({"one": {"all": overall}, "two": {"all": overall}})
    assert re.search(rf"^all +60 +({re.escape(str(overall.macro_f1))} *){{2}}$", table, re.MULTILINE)


def test_the_test_split_is_measured_where_there_is_one(classifier: StanceClassifier):
    found = [*examples(30, split="train"), *examples(24, split="test", seed=1)]
    result = measure(classifier, found)
    assert result.split == "test"
    assert result.evaluations["tiny@1"].overall.rows == 24
    assert measure(classifier, found, split="all").evaluations["tiny@1"].overall.rows == 54
    assert measure(classifier, found, split="train").evaluations["tiny@1"].overall.rows == 30


def test_everything_is_measured_where_no_split_is_named(classifier: StanceClassifier):
    result = measure(classifier, examples(24))
    assert (result.split, result.evaluations["tiny@1"].overall.rows) == ("all", 24)


def test_an_empty_split_is_refused(classifier: StanceClassifier):
    message = "no text is in the dev split; add a column `split`, or pass --split all"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        measure(classifier, examples(3, split="test"), split="dev")


def test_the_baseline_stands_beside_the_model_on_the_same_texts(classifier: StanceClassifier):
    found = [*examples(150, split="train"), *examples(30, split="test", seed=1)]
    result = measure(classifier, found, baseline=True)
    model, baseline = result.evaluations.values()
    assert list(result.evaluations) == ["tiny@1", BASELINE]
    assert baseline.overall.macro_f1.value > 0.9 > model.overall.macro_f1.value
    assert baseline.overall.rows == model.overall.rows == 30
    text = result.as_text()
    assert text.startswith("tiny@1, test split; brackets: 95 % bootstrap intervals\n")
    assert re.search(
        rf"^a\.csv +30 +{re.escape(str(model.overall.macro_f1))} +{re.escape(str(baseline.overall.macro_f1))}$",
        text,
        re.MULTILINE,
    )


def test_a_baseline_needs_texts_to_learn_from(classifier: StanceClassifier):
    with pytest.raises(DataError, match=r"^no text is in the train split: the baseline has nothing to learn from"):
        measure(classifier, examples(24, split="test"), baseline=True)


def test_a_measurement_can_be_written_as_json(classifier: StanceClassifier):
    record = measure(classifier, examples(24)).to_dict()
    assert json.loads(json.dumps(record)) == record
    figures = record["models"]["tiny@1"]
    assert set(figures) == {"overall", "by"}
    assert figures["by"]["file"]["a.csv"] == figures["overall"]
    assert np.sum(figures["overall"]["confusion"]) == 24
