"""The model card says what the run was, in the run's own figures."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from training_support import TINY_RUN, make_example, make_outcome

from model.artifact import FILES, Manifest, read_manifest
from model.calibration import Calibration, Curve
from model.labels import LABELS
from training.card import write_card
from training.config import TrainConfig
from training.evaluation import evaluate, truth_of
from training.metrics import Estimate

EXAMPLES = [make_example(f"text {index}", LABELS[index % 3], kind="comment") for index in range(60)]


@pytest.fixture(scope="module")
def card(learned: Path) -> str:
    return (learned / FILES.card).read_text(encoding="utf-8")


def test_every_figure_of_the_manifest_is_on_the_card(learned: Path, card: str):
    for split in ("dev", "test"):
        section = card.partition(f"### {split} split\n")[2].partition("### ")[0]
        overall = read_manifest(learned).metrics[split]["overall"]
        for figure in (overall["macro_f1"], overall["accuracy"], overall["calibration_error"]):
            assert str(Estimate(**figure)) in section
        for label in LABELS:
            found = overall["per_class"][label]
            line = next(line for line in section.splitlines() if line.startswith(f"| {label} "))
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            estimates = [str(Estimate(**found[name])) for name in ("precision", "recall", "f1")]
            assert cells == [label, str(found["support"]), *estimates]
        confusion = [line for line in section.splitlines() if line.startswith("| is ")]
        assert [[int(cell) for cell in line.split("|")[2:5]] for line in confusion] == overall["confusion"]


def test_the_card_shows_its_plots(learned: Path, card: str):
    for split in ("dev", "test"):
        assert f"]({split}.svg)" in card
        assert f"{read_manifest(learned).reference}, {split} split" in (learned / f"{split}.svg").read_text(
            encoding="utf-8"
        )


def test_the_card_names_base_data_and_calibration(learned: Path, learner_base: Path, card: str):
    manifest = read_manifest(learned)
    data = manifest.data["labels.csv"]
    calibration = manifest.calibration
    assert f"Fine-tuned from `{learner_base}`, seed 0, 6 epochs at most, learning rate 0.01." in card
    assert f"- `labels.csv`: 300 rows, `{data['sha256'][:16]}`" in card
    abstains = f"abstains below a confidence of {calibration.abstain_threshold:.3f}."
    assert f"temperature {calibration.temperature:.3f}; {abstains}" in card
    assert f"Created {manifest.created}." in card
    assert len(json.loads((learned / "training.json").read_text(encoding="utf-8"))) > len(TINY_RUN)


def test_the_card_is_one_that_a_model_hub_reads(card: str):
    front = card.split("---\n")[1]
    assert "license: apache-2.0\nlanguage: en\npipeline_tag: text-classification\n" in front
    assert card.split("---\n", 2)[2].startswith("\n# tiny\n")


def test_a_retrained_model_names_its_parent():
    manifest = Manifest("mine", "4", "2026-01-01", parent="mine@3", calibration=Calibration(1.25, 0.5))
    evaluation = evaluate(EXAMPLES, make_outcome(truth_of(EXAMPLES).tolist(), [0] * 60))
    text = write_card(manifest, TrainConfig(base="folder"), {"test": evaluation})
    assert "Fine-tuned from `folder` (parent: mine@3), seed 0, 4 epochs at most, learning rate 5e-05." in text
    assert "Calibrated by temperature 1.250; abstains below a confidence of 0.500." in text
    curved = replace(manifest, calibration=Calibration(1.25, 0.5, (Curve((0.0, 1.0), (0.1, 1.0)),) * 3))
    assert "temperature 1.250 and a curve for the confidence in each label;" in write_card(
        curved, TrainConfig(base="folder"), {}
    )
    assert "### test split" in text
    assert "### dev split" not in text
