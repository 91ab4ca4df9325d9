"""Sealing and verifying model directories."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.artifact import Manifest, read_manifest, seal, verify, write_atomically
from model.calibration import Calibration, Curve
from model.errors import ModelCorruptError, ModelNotFoundError
from model.tokenizer import InputLayout


@pytest.fixture
def directory(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may harm."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def edit_json(path: Path, **changes: Any) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, **changes}), encoding="utf-8")


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_manifest_survives_writing_and_reading(directory: Path) -> None:
    manifest = Manifest(
        name="stance",
        version="7",
        created="2026-11-22",
        parent="stance@6",
        layout=InputLayout(128, 16, 32, 4),
        calibration=Calibration(1.25, 0.5, (Curve((0.1, 0.9), (0.2, 0.8)),) * 3),
        data={"a.csv": {"rows": 3, "sha256": "00"}},
        metrics={"test": {"macro_f1": 0.7}},
    )
    sealed = seal(directory, manifest)
    assert read_manifest(directory) == sealed
    assert sealed.reference == "stance@7"


def test_the_manifest_file_has_the_fields_of_the_public_interface(directory: Path) -> None:
    record = json.loads((directory / "stance.json").read_text(encoding="utf-8"))
    assert record["format_version"] == 1
    assert record["labels"] == ["skeptical", "supportive", "neutral"]
    assert (record["temperature"], record["abstain_threshold"]) == (1.5, 0.4)
    assert record["layout"] == {"max_tokens": 64, "overlap": 16, "context_tokens": 16, "max_windows": 8}


def test_every_file_but_the_manifest_and_hidden_ones_is_sealed(directory: Path) -> None:
    (directory / "onnx").mkdir()
    (directory / "onnx" / "model.onnx").write_bytes(b"graph")
    (directory / ".cache").mkdir()
    (directory / ".cache" / "download.lock").touch()
    sealed = seal(directory, read_manifest(directory))
    files = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    assert set(sealed.checksums) == files - {"stance.json", ".cache/download.lock"}
    assert verify(directory) == sealed


def test_a_model_behind_links_verifies(directory: Path, tmp_path: Path) -> None:
    """As the hub's cache lays its snapshots."""
    blobs = tmp_path / "blobs"
    directory.rename(blobs)
    for blob in [path for path in blobs.rglob("*") if path.is_file()]:
        link = directory / blob.relative_to(blobs)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    assert verify(directory) == read_manifest(blobs)


def test_a_missing_directory_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"nowhere.*stance\.json is missing"):
        verify(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        (lambda d: flip_a_byte(d / "model.safetensors"), "model.safetensors"),
        (lambda d: flip_a_byte(d / "tokenizer_config.json"), "tokenizer_config.json"),
        (lambda d: (d / "model.safetensors").unlink(), "model.safetensors missing"),
        (lambda d: (d / "tokenizer_config.json").unlink(), "tokenizer_config.json missing"),
        (lambda d: (d / "extra.txt").touch(), "extra.txt not listed"),
        (lambda d: (d / "extra.bin").touch(), "extra.bin: pickles"),
        (lambda d: edit_json(d / "config.json", auto_map={}), "config.json: checksum"),
        (lambda d: edit_json(d / "stance.json", format_version=2), "stance.json: format version 2"),
        (lambda d: edit_json(d / "stance.json", labels=["neutral"]), r"stance.json: labels are \['neutral'\]"),
        (lambda d: edit_json(d / "stance.json", checksums=None), "stance.json"),
        (lambda d: edit_json(d / "stance.json", checksums={}), "missing|not listed"),
        (lambda d: edit_json(d / "stance.json", temperature=0), "stance.json.*temperature"),
        (lambda d: edit_json(d / "stance.json", layout={"max_tokens": 8}), "stance.json.*max_tokens"),
        (lambda d: edit_json(d / "stance.json", unheard_of=1), "stance.json.*unheard_of"),
        (lambda d: (d / "stance.json").write_text("{"), "stance.json"),
        (lambda d: (d / "stance.json").write_text("[]"), "stance.json"),
        (lambda d: (d / "stance.json").write_bytes(b"\xff\xfe"), "stance.json"),
    ],
)
def test_a_harmed_model_is_refused_with_the_file_named(
    directory: Path, harm: Callable[[Path], object], place: str
) -> None:
    harm(directory)
    with pytest.raises(ModelCorruptError, match=place):
        verify(directory)


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        (lambda d: edit_json(d / "config.json", auto_map={"AutoModel": "x.Y"}), "config.json: asks for remote code"),
        (
            lambda d: edit_json(d / "config.json", id2label={"0": "supportive", "1": "skeptical", "2": "neutral"}),
            "config.json: labels are",
        ),
        (lambda d: edit_json(d / "config.json", id2label={"0": "skeptical"}), "config.json: labels are"),
        (lambda d: edit_json(d / "config.json", id2label={"first": "skeptical"}), "config.json"),
        (lambda d: edit_json(d / "config.json", id2label=None), "config.json"),
        (lambda d: edit_json(d / "config.json", vocab_size=10), "tokenizer.json: .* the encoder knows 10"),
        (lambda d: edit_json(d / "config.json", max_position_embeddings=63), "config.json: 63 positions"),
        (lambda d: (d / "config.json").write_text("not json"), "config.json"),
        (lambda d: (d / "config.json").write_text("[]"), "config.json"),
        (lambda d: (d / "tokenizer.json").write_text("{}"), "tokenizer.json: not a tokenizer"),
        (lambda d: (d / "model.safetensors").unlink(), "model.safetensors missing"),
        (lambda d: (d / "training_args.bin").touch(), "training_args.bin: pickles"),
        (lambda d: (d / "OPTIMIZER.PT").touch(), "OPTIMIZER.PT: pickles"),
    ],
)
def test_a_seal_does_not_make_an_unfit_model_fit(directory: Path, harm: Callable[[Path], object], place: str) -> None:
    harm(directory)
    seal(directory, read_manifest(directory))
    with pytest.raises(ModelCorruptError, match=place):
        verify(directory)


def test_positions_must_suffice_for_padding_too(directory: Path) -> None:
    """Windows of 40 tokens are padded to 64."""
    edit_json(directory / "config.json", max_position_embeddings=40)
    seal(directory, Manifest("tiny", "1", "2026-01-01", layout=InputLayout(40, 8, 8, 1)))
    with pytest.raises(ModelCorruptError, match="40 positions are too few"):
        verify(directory)


def test_an_encoder_without_a_table_of_positions_has_no_such_limit(directory: Path) -> None:
    path = directory / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    del config["max_position_embeddings"]
    path.write_text(json.dumps(config), encoding="utf-8")
    seal(directory, read_manifest(directory))
    verify(directory)


def test_writing_atomically_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "pointer.json"
    for content in ("old", "new мир"):
        write_atomically(path, content)
    assert path.read_text(encoding="utf-8") == "new мир"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "pointer.json"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
