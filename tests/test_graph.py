"""The graph that OpenVINO runs: weightless, and the same function as the network."""

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from encoders import FAMILIES, save_model

from model.artifact import EMBEDDED, read_manifest, seal
from model.classifier import StanceClassifier
from model.engines import load_engine
from model.engines.openvino import CONSTANTS, GRAPH, has_graph
from model.errors import EngineError, ModelCorruptError
from model.records import TextInput
from training import graph
from training.graph import write_graph

INPUTS = [TextInput("talk to moscow"), TextInput("no deal with putin", context="it is a trap"), TextInput("")]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_encoders_becomes_a_graph(family: str, tmp_path: Path) -> None:
    make_tokenizer, config = FAMILIES[family]
    save_model(tmp_path, make_tokenizer(), config)
    write_graph(tmp_path)
    seal(tmp_path, read_manifest(tmp_path))
    found, expected = (
        StanceClassifier.load(tmp_path, engine=name).classify(INPUTS) for name in ("openvino-float32", "torch-float32")
    )
    for one, other in zip(found, expected, strict=True):
        assert list(one.scores.values()) == pytest.approx(list(other.scores.values()), abs=1e-4)


def test_the_embedded_graph_holds_no_weights() -> None:
    assert (EMBEDDED / CONSTANTS).stat().st_size < 50_000
    assert (EMBEDDED / GRAPH).stat().st_size < 1_000_000


def test_the_embedded_int8_gives_the_labels_of_float32() -> None:
    texts = [
        "Lift the sanctions and talk.",
        "No deal with Putin will hold.",
        "The talks ended on Friday.",
        "Sure, hand them Kyiv too.",
        "Trade with Moscow kept the peace for decades, and it can again.",
    ]
    labels = [
        [prediction.label for prediction in StanceClassifier.load(engine=f"openvino-{precision}").classify(texts)]
        for precision in ("int8", "float32")
    ]
    assert labels[0] == labels[1]


def test_the_embedded_model_was_measured_in_both_precisions() -> None:
    manifest = read_manifest(EMBEDDED)
    assert manifest.precisions == ["int8", "bfloat16"]
    assert all(measured.texts > 1_000 for measured in manifest.fidelity.values())


def test_a_graph_that_disagrees_is_refused(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    monkeypatch.setattr(graph, "_LARGEST_DIFFERENCE", -1.0)
    with pytest.raises(EngineError, match="differs from the original"):
        write_graph(copy)
    assert not has_graph(copy), "what lies in the folder is served"


def test_a_damaged_graph_is_named(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / GRAPH).write_text("<net/>", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=r"graph\.xml"):
        load_engine(copy, name="openvino-float32")


def test_constants_point_into_the_weights(tiny_model: Path) -> None:
    """Every matrix lies in the safetensors file: what the graph keeps of its own is small."""
    own = (tiny_model / CONSTANTS).stat().st_size
    tree = ET.parse(tiny_model / GRAPH)  # noqa: S314 written by a fixture
    attributes = [data.attrib for data in tree.iter("data") if "offset" in data.attrib]
    places = [(int(found["offset"]), int(found["size"])) for found in attributes]
    shared = sum(size for offset, size in places if offset >= own)
    weights = (tiny_model / "model.safetensors").stat().st_size
    assert shared > 0.9 * weights
    assert max(offset + size for offset, size in places) <= own + weights
    assert np.fromfile(tiny_model / CONSTANTS, dtype=np.uint8).size % 64 == 0
