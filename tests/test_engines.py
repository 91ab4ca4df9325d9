"""The engines behind the one protocol, and encoders of several families."""

import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from encoders import FAMILIES, save_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from model.artifact import read_manifest, seal
from model.batching import collate
from model.classifier import StanceClassifier
from model.engines import Engine, load_engine
from model.engines.openvino import OpenVinoEngine, import_openvino
from model.engines.pytorch import TorchEngine
from model.engines.selection import NAMES, has_bfloat16, processor_features
from model.errors import EngineError, ModelCorruptError, SettingsError
from model.records import TextInput
from model.tokenizer import Window

WINDOWS = [Window([2, 7, 9, 30, 3], [0] * 5, 3), Window([2, 8, 3, 40, 41, 3], [0, 0, 0, 1, 1, 1], 1)]


def load_where_it_runs(directory: Path, name: str) -> Engine:
    if name == "openvino-bfloat16" and not has_bfloat16(processor_features()):
        pytest.skip("this processor has no bfloat16")
    return load_engine(directory, name=name)


@pytest.fixture(scope="module", params=["torch-float32", "openvino-float32"])
def engine(tiny_model: Path, request: pytest.FixtureRequest) -> Engine:
    return load_engine(tiny_model, name=request.param)


def test_logits_have_one_row_per_window_and_one_column_per_label(engine: Engine) -> None:
    logits = engine.run(collate(WINDOWS, pad_id=0))
    assert logits.shape == (2, 3)
    assert logits.dtype == np.float32


def test_padding_changes_nothing(engine: Engine) -> None:
    together = engine.run(collate([*WINDOWS, Window([2] + [9] * 60 + [3], [0] * 62, 1)], pad_id=0))
    alone = [engine.run(collate([window], pad_id=0))[0] for window in WINDOWS]
    assert np.allclose(together[:2], alone, rtol=0, atol=1e-4)


def test_segment_types_reach_the_encoder(engine: Engine) -> None:
    plain = engine.run(collate([replace(WINDOWS[1], type_ids=[0] * 6)], pad_id=0))
    assert not np.allclose(plain, engine.run(collate([WINDOWS[1]], pad_id=0)), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "apart"),
    [("openvino-float32", 1e-5), ("openvino-int8", 0.05), ("openvino-bfloat16", 0.05), ("torch-bfloat16", 0.05)],
)
def test_an_engine_agrees_with_the_reference(tiny_model: Path, name: str, apart: float) -> None:
    batch = collate(WINDOWS, pad_id=0)
    expected = load_engine(tiny_model, name="torch-float32").run(batch)
    logits = load_where_it_runs(tiny_model, name).run(batch)
    assert logits.dtype == np.float32
    assert np.abs(logits - expected).max() <= apart * np.abs(expected).max()


@pytest.mark.parametrize("name", NAMES[1:])
def test_an_engine_says_what_runs_where(tiny_model: Path, name: str) -> None:
    library, precision = name.split("-")
    assert load_where_it_runs(tiny_model, name).name == f"{library}-cpu-{precision}"


def test_another_precision_than_asked_is_refused(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Compiled:
        inputs = ()
        create_infer_request = Mock()

        def get_property(self, name: str) -> Mock:
            return {"INFERENCE_PRECISION_HINT": Mock(to_string=lambda: "f32")}[name]

    core = import_openvino().Core
    monkeypatch.setattr(core, "compile_model", lambda *_: Compiled())
    OpenVinoEngine.load(tiny_model, precision="float32")
    OpenVinoEngine.load(tiny_model, precision="int8")
    with pytest.raises(EngineError, match=r"would run bfloat16 as f32 on this processor; .*--engine"):
        OpenVinoEngine.load(tiny_model, precision="bfloat16")


@pytest.mark.parametrize("name", ["", "onnx", "torch", "float32", "torch-", "torch-int8", "TORCH"])
def test_an_unknown_engine_is_refused_with_those_there_are(tiny_model: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="choose one of: auto, openvino-int8, "):
        load_engine(tiny_model, name=name)


@pytest.mark.parametrize(
    "window", [Window([9_999], [0], 1), Window([2] * 300, [0] * 300, 1)], ids=["vocabulary", "position"]
)
def test_a_failure_names_the_engine_and_the_shape_but_no_text(tiny_model: Path, window: Window) -> None:
    with pytest.raises(EngineError, match=r"torch-cpu-float32 failed on a batch of shape \(1, \d+\)"):
        load_engine(tiny_model, name="torch-float32").run(collate([window], pad_id=0))


def test_a_failure_in_openvino_names_the_engine_and_the_shape(tiny_model: Path) -> None:
    batch = replace(collate(WINDOWS, pad_id=0), attention_mask=np.ones((3, 5), dtype=np.int64))
    with pytest.raises(EngineError, match=r"openvino-cpu-float32 failed on a batch of shape \(2, \d+\)"):
        load_engine(tiny_model, name="openvino-float32").run(batch)


def test_logits_that_are_not_numbers_are_an_error_and_no_prediction(tiny_model: Path) -> None:
    network = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    torch.nn.init.constant_(network.classifier.bias, torch.nan)
    broken = TorchEngine(network, device="cpu", precision="float32")
    with pytest.raises(EngineError, match="not numbers"):
        broken.run(collate(WINDOWS, pad_id=0))


def test_weights_without_a_head_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    """`transformers` would fill in a random one."""
    shutil.copytree(tiny_model, tmp_path, dirs_exist_ok=True)
    weights = load_file(tiny_model / "model.safetensors")
    headless = {name: tensor for name, tensor in weights.items() if not name.startswith("classifier")}
    save_file(headless, tmp_path / "model.safetensors", metadata={"format": "pt"})
    seal(tmp_path, read_manifest(tiny_model))
    with pytest.raises(ModelCorruptError, match=r"the weights lack classifier\.bias, classifier\.weight"):
        StanceClassifier.load(tmp_path, engine="torch-float32")


@pytest.mark.parametrize("family", FAMILIES)
def test_other_families_of_encoders_agree_with_transformers(family: str, tmp_path: Path) -> None:
    make_tokenizer, config = FAMILIES[family]
    tokenizer = make_tokenizer()
    save_model(tmp_path, tokenizer, config)
    classifier = StanceClassifier.load(tmp_path, engine="torch-float32")
    network = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    inputs = [TextInput("talk to moscow"), TextInput("no deal with putin", context="it is a trap"), TextInput("")]
    for item, prediction in zip(inputs, classifier.classify(inputs), strict=True):
        encoding = tokenizer.encode(item.text, item.context)
        tensors = {"input_ids": torch.tensor([encoding.ids])}
        if family == "bert":
            tensors["token_type_ids"] = torch.tensor([encoding.type_ids])
        expected = network(**tensors).logits.softmax(dim=-1)[0].tolist()
        assert list(prediction.scores.values()) == pytest.approx(expected, abs=1e-4)
