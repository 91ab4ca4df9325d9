"""The whole evaluation: sets, baselines, what abstaining buys, robustness, explanations, page and plots."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from training_support import learnable_rows, make_example, make_outcome, write_rows

from model.artifact import EMBEDDED, read_manifest
from model.classifier import StanceClassifier
from model.labels import LABELS, Stance
from training.compare import BASELINE
from training.replay import written_examples
from training.scorecard.__main__ import main
from training.scorecard.baselines import MAJORITY, baseline_outcomes, majority
from training.scorecard.calibrators import compare_calibrators
from training.scorecard.errors import ErrorKind, count_kinds
from training.scorecard.errors import main as write_errors
from training.scorecard.faithfulness import measure_faithfulness
from training.scorecard.page import errors_section
from training.scorecard.robustness import EDITS, flips
from training.scorecard.sets import NONCOMMERCIAL, our_sets, vast
from training.selective import area_under_risk, kept_at, risk_coverage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Real texts, a non-commercial text that is among them and one that is not, and a little VAST."""
    data = tmp_path / "data"
    data.mkdir()
    rows = learnable_rows(200)
    write_rows(data / "real_texts.jsonl", rows)
    foreign = [{"text": rows[0]["text"], "label": "neutral"}, {"text": "peace talk", "label": "supportive"}]
    write_rows(data / NONCOMMERCIAL, foreign)
    labels = {"skeptical": "against", "supportive": "favor", "neutral": "none"}
    with gzip.open(data / "general_stance.jsonl.gz", "wt", encoding="utf-8") as stream:
        for index, row in enumerate(learnable_rows(120, seed=1)):
            about = {"dataset": "vast", "target": "moscow", "zero_shot": str(index // 10 % 2 == 0)}
            stream.write(json.dumps(row | about | {"label": labels[row["label"]]}) + "\n")
        stream.write(json.dumps({"dataset": "mtsd", "text": "x", "label": "none", "split": "test"}) + "\n")
    return data


@pytest.fixture(scope="module")
def knowing(learned: Path) -> StanceClassifier:
    return StanceClassifier.load(learned)


def test_sets_are_judged_on_texts_that_nobody_learned_from(folder: Path):
    sets = {judged.name: judged for judged in our_sets([folder.parent, folder])}
    assert {name: len(judged.held_out) for name, judged in sets.items()} == {
        "real_texts.jsonl": 20,
        "written_texts.jsonl": len(written_examples("test")),
        NONCOMMERCIAL: 1,
    }
    for judged in sets.values():
        learned = {example.key for example in judged.train}
        assert learned.isdisjoint(example.key for example in judged.held_out)
        assert len(judged.train) == 160 + len(written_examples("train"))


def test_vast_has_its_target_as_context_and_its_topics_told_apart(folder: Path):
    judged = vast([folder])
    assert judged is not None
    assert {(example.context, example.source) for example in judged.held_out} == {
        ("moscow", "zero-shot"),
        ("moscow", "few-shot"),
    }
    assert (len(judged.held_out), len(judged.train)) == (12, 96)
    assert vast([folder.parent]) is None


def test_the_majority_is_as_sure_as_its_share():
    train = [make_example(label=label) for label in (Stance.SKEPTICAL, Stance.NEUTRAL, Stance.NEUTRAL, Stance.NEUTRAL)]
    outcome = majority(train, [make_example(label=Stance.SUPPORTIVE)])
    assert outcome.probabilities.tolist() == [[0.25, 0, 0.75]]
    assert outcome.truth.tolist() == [LABELS.index(Stance.SUPPORTIVE)]


def test_baselines_learn_from_the_training_texts_of_each_set(folder: Path):
    general = vast([folder])
    assert general is not None
    found = baseline_outcomes([general])
    assert found[MAJORITY]["VAST"].figures().macro_f1.value < 0.4
    assert found[BASELINE]["VAST"].figures().macro_f1.value > 0.9


def test_risk_and_coverage_by_hand():
    """Sure and right, less sure and wrong, least sure and right."""
    outcome = replace(
        make_outcome(np.array([0, 1, 2]), np.array([0, 0, 2])),
        probabilities=np.array([[0.9, 0.05, 0.05], [0.8, 0.1, 0.1], [0.2, 0.2, 0.6]]),
    )
    shares, risk = risk_coverage(outcome)
    assert shares.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3])
    assert area_under_risk(outcome) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    assert [row.accuracy.value for row in kept_at(outcome, (1.0, 0.67, 0.3))] == pytest.approx([2 / 3, 1 / 2, 1])


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        ("typos", "Normalization of relations", "Normailzation of relations"),
        ("curly quotes", 'He said "no", didn\'t he?', "He said \u201cno\u201d, didn\u2019t he?"),
        ("no full stop", "No deal. ", "No deal"),
        ("people swapped", "Trump met Putin, Biden did not", "Biden met Putin, Trump did not"),
    ],
)
def test_edits_change_what_they_say(edit: str, before: str, after: str):
    assert EDITS[edit](before) == after


def test_flips_count_only_texts_that_the_edit_changed(knowing: StanceClassifier):
    """And the share is that of labels which differ when the edited texts are classified by themselves."""
    texts = [make_example(text) for text in ("talk to moscow trap", "it is a trap", "weather yesterday", "peace talk")]
    found = {flip.edit: flip for flip in flips(knowing, texts)}
    assert not {"people swapped", "lower case"} & found.keys()
    before = [item.label for item in knowing.classify([example.text for example in texts])]
    for name, flip in found.items():
        edited = [EDITS[name](example.text) for example in texts]
        after = [item.label for item in knowing.classify(edited)]
        changed = [index for index, example in enumerate(texts) if edited[index] != example.text]
        assert flip.texts == len(changed)
        assert flip.share.value == pytest.approx(sum(before[i] != after[i] for i in changed) / len(changed))
    assert len({before[index] for index in range(len(texts))}) == 3
    assert max(flip.share.value for flip in found.values()) > 0


def test_the_words_named_carry_the_label(knowing: StanceClassifier):
    """The tiny model goes by one word, so without the words named it is lost, and without others it is not."""
    texts = [make_example(row["text"]) for row in learnable_rows(30, seed=4)]
    found = measure_faithfulness(knowing, texts)
    assert found.texts == 30
    assert found.difference.low > 0.1
    assert found.named.value - found.random.value == pytest.approx(found.difference.value)


def test_fitting_helps_a_model_that_is_too_sure_and_no_row_is_judged_by_its_own_fit():
    """Right in seven of ten cases and always 99 % sure; labels drawn at random teach no way anything."""
    rng = np.random.default_rng(0)
    predicted = rng.integers(0, 3, 900)
    truth = np.where(rng.random(900) < 0.7, predicted, (predicted + 1) % 3)
    found = {way.method: way for way in compare_calibrators(make_outcome(truth, predicted, confidence=0.99))}
    assert list(found) == [
        "none",
        "temperature",
        "temperature, then a curve for the confidence in each label",
        "weights and biases per label",
        "isotonic probabilities",
    ]
    assert found["none"].calibration_error.value == pytest.approx(0.99 - (truth == predicted).mean())
    for name in list(found)[1:]:
        assert found[name].calibration_error.value < 0.06
        assert found[name].log_loss < found["none"].log_loss
    assert found["temperature"].macro_f1 == found["none"].macro_f1
    by_chance = compare_calibrators(make_outcome(rng.integers(0, 3, 900), predicted, confidence=0.5))
    assert all(way.log_loss > 1.09 for way in by_chance)


@pytest.mark.slow
def test_one_command_writes_the_page_and_its_plots(
    folder: Path, learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out = tmp_path / "evaluation"
    written = write_rows(tmp_path / "written_texts.jsonl", learnable_rows(100, seed=2))
    monkeypatch.setattr("training.scorecard.sets.WRITTEN", written)  # thousands of texts say no more here
    table = tmp_path / "experiments.csv"
    curve = ("half,,10,9,0.5,0.4,0.6,0.1", "all,,20,9,0.7,0.6,0.8,0.1", "other,seed = 1,20,9,0.1,0,0.2,0.1")
    heads = "run,change,train texts,dev texts,macro F1,low,high,calibration error"
    table.write_text("\n".join([heads, *curve]), encoding="utf-8")
    arguments = ["--data", str(folder), "--model", str(learned), "--experiments", str(table), "-o", str(out)]
    arguments += ["--general", "embedded"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    page = (out / "README.md").read_text(encoding="utf-8")
    assert result.output.strip() in page
    for name in ("real_texts.jsonl", "written_texts.jsonl", NONCOMMERCIAL, "VAST"):
        assert f"\n## {name}\n" in page
    embedded = read_manifest(EMBEDDED).reference
    assert page.count(f"As {embedded} labels it.") == 1
    assert page.index(f"As {embedded} labels it.") > page.index("\n## VAST\n")
    assert "| isotonic probabilities " in page
    assert "| other | seed = 1 |" in page
    plots = [line.split("](")[1].rstrip(")") for line in page.splitlines() if line.startswith("![")]
    drawn = [(out / plot).read_text(encoding="utf-8") for plot in plots]
    assert plots[:4] == ["real_texts.svg", "written_texts.svg", "real_texts_noncommercial.svg", "vast.svg"]
    assert len(plots) == 5
    assert all("Reliability" in plot for plot in drawn[:4])
    assert "0.500" in drawn[4]
    assert "0.100" not in drawn[4]
    CliRunner().invoke(main, arguments)
    assert [(out / plot).read_text(encoding="utf-8") for plot in plots] == drawn


def test_errors_are_written_to_be_read_and_counted_by_what_was_found(folder: Path, learned: Path, tmp_path: Path):
    out = tmp_path / "errors.jsonl"
    arguments = ["--data", str(folder), "--model", str(learned), "-o", str(out)]
    result = CliRunner().invoke(write_errors, arguments)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["file"] for row in rows} >= {"written_texts.jsonl"}
    assert all(row["label"] != row["predicted"] and row["text"] for row in rows)
    kinds = [
        ErrorKind("m@1", "1", file, "neutral", "skeptical", kind) for file, kind in (("a", "x"), ("a", "y"), ("b", "y"))
    ]
    assert count_kinds(kinds) == [("y", {"a": 1, "b": 1}), ("x", {"a": 1})]
    assert "| y          | 2        | 67%     | 1   | 1   |" in errors_section(kinds)


def test_two_models_of_one_name_are_not_put_in_one_column(folder: Path, learned: Path, tmp_path: Path):
    arguments = ["--data", str(folder), "--model", str(learned), "--beside", str(learned), "-o", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "two models of one name and version" in result.output


def test_general_stance_needs_vast(learned: Path, tmp_path: Path):
    arguments = ["--data", str(tmp_path), "--model", str(learned), "--general", str(learned), "-o", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "no folder holds general_stance.jsonl.gz" in result.output
