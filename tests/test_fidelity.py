"""What a precision below float32 loses: measured, kept with the model, and a bar to its use."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from training_support import learnable_rows, write_rows

from model.artifact import read_manifest, verify
from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.engines import selection
from model.fidelity import Fidelity
from training import run
from training.evaluation import Outcome, join, predict
from training.examples import read_examples
from training.fidelity import main, measure_fidelity


@pytest.mark.parametrize(
    ("agreement", "change", "suffices"),
    [(0.99, 0.005, True), (0.99, -0.005, True), (0.9899, 0.0, False), (1.0, 0.0051, False), (1.0, -0.0051, False)],
)
def test_both_bounds_must_hold(agreement: float, change: float, suffices: bool) -> None:
    assert Fidelity(1000, agreement, change).suffices is suffices


def outcome_of(labels: list[int], truth: list[int]) -> Outcome:
    return Outcome(np.array(truth), np.eye(3)[labels], np.zeros(len(labels), dtype=bool))


def test_agreement_and_change_are_against_float32(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of four labels alike; float32 is right three times, int8 once."""
    monkeypatch.setattr("training.fidelity.processor_features", lambda: frozenset({"avx2"}))
    monkeypatch.setattr("training.fidelity._predict", lambda *_: outcome_of([0, 1, 0, 0], [0, 1, 2, 2]))
    before = {"dev": outcome_of([0, 1], [0, 1]), "test": outcome_of([2, 1], [2, 2])}
    measured = measure_fidelity(tiny_model, {"dev": [], "test": []}, before)
    assert measured.keys() == {"int8"}
    assert (measured["int8"].texts, measured["int8"].agreement) == (4, 0.5)
    assert measured["int8"].macro_f1_change < -0.2


def test_bfloat16_is_measured_where_it_may_be_used(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.fidelity._predict", lambda *_: outcome_of([0, 1], [0, 1]))
    for features, expected in ((frozenset({"amx_bf16"}), {"int8", "bfloat16"}), (None, {"int8"})):
        monkeypatch.setattr("training.fidelity.processor_features", lambda features=features: features)
        assert measure_fidelity(tiny_model, {"dev": []}, {"dev": outcome_of([0, 1], [0, 1])}).keys() == expected


def test_a_trained_model_keeps_what_was_measured(learned: Path) -> None:
    manifest = read_manifest(learned)
    assert manifest.fidelity["int8"].texts > 0
    assert 0 <= manifest.fidelity["int8"].agreement <= 1


def test_what_does_not_suffice_is_not_used(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "processor_features", lambda: frozenset({"avx512_vnni"}))
    assert StanceClassifier.load(tiny_model).engine.name == "openvino-cpu-float32", "never measured"
    assert StanceClassifier.load(tiny_model, engine="openvino-int8").engine.name == "openvino-cpu-int8"


def test_the_command_adds_graph_and_figures_to_a_model_that_has_none(learned: Path, tmp_path: Path) -> None:
    old = shutil.copytree(learned, tmp_path / "old", ignore=shutil.ignore_patterns("openvino"))
    data = write_rows(tmp_path / "data.jsonl", learnable_rows(60))
    result = CliRunner().invoke(main, [str(old), "--data", str(data)])
    assert result.exit_code == 0, result.output
    assert "labels alike" in result.output
    manifest = verify(old)
    assert manifest.fidelity.keys() == {"int8", "bfloat16"}
    assert "openvino/graph.xml" in manifest.checksums


def test_a_network_that_is_no_graph_is_trained_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise run.EngineError("the network cannot be converted for OpenVINO: no such operation")

    said: list[str] = []
    monkeypatch.setattr(run, "write_graph", refuse)
    run._add_graph(tmp_path, said.append)
    assert len(said) == 1
    assert said[0].endswith("no such operation; this model needs PyTorch wherever it is served")


def test_calibration_after_the_fact_gives_what_the_model_says_with_it(tiny_model: Path) -> None:
    classifier = StanceClassifier.load(tiny_model, engine="torch-float32")
    data = write_rows(tiny_model.parent / "rows.jsonl", learnable_rows(30))
    examples, _ = read_examples([data])
    calibration = Calibration(temperature=2.5, abstain_threshold=0.45)
    blank = predict(classifier.with_calibration(Calibration()), examples)
    expected = predict(classifier.with_calibration(calibration), examples)
    assert np.allclose(blank.under(calibration).probabilities, expected.probabilities, atol=1e-6)
    assert (blank.under(calibration).abstained == expected.abstained).all()
    assert len(join([blank, expected]).truth) == 2 * len(examples)
