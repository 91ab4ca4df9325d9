"""Which engine runs: what the processor has, what was measured of the model, and a short race."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from model.batching import CPU_LIMITS, Batch
from model.engines import Engine, load_engine, selection
from model.engines.selection import NAMES, processor_features, promising, setting_for, tokens_per_second
from model.errors import SettingsError

BOTH = ["int8", "bfloat16"]


@pytest.mark.parametrize(
    ("precisions", "features", "expected"),
    [
        ([], {"avx512_vnni"}, ["float32"]),
        (BOTH, {"avx512_vnni", "avx512_bf16"}, ["int8"]),
        (BOTH, {"avx512_vnni", "amx_bf16", "amx_int8"}, ["int8", "bfloat16"]),
        (BOTH, {"avx2"}, ["int8", "float32"]),
        (BOTH, None, ["int8", "float32"]),
        (["bfloat16"], {"avx512_vnni", "avx512_bf16"}, ["float32"]),
        (["bfloat16"], {"amx_bf16"}, ["bfloat16", "float32"]),
    ],
)
def test_what_may_be_the_fastest(precisions: list[str], features: set[str] | None, expected: list[str]) -> None:
    assert promising(precisions, features) == expected


def test_the_features_are_those_the_kernel_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("model name : A\nflags\t\t: fpu avx2\n\nmodel name : A\nflags\t\t: fpu amx_int8\n")
    monkeypatch.setattr(selection, "_CPUINFO", listing)
    monkeypatch.setattr(selection.platform, "machine", lambda: "x86_64")
    assert processor_features() == {"fpu", "avx2", "amx_int8"}
    monkeypatch.setattr(selection.platform, "machine", lambda: "arm64")
    assert processor_features() is None


class Sleepy:
    """An engine that takes a given time for a batch."""

    limits = CPU_LIMITS

    def __init__(self, name: str, seconds: float) -> None:
        self.name = name
        self.seconds = seconds
        self.runs = 0

    def run(self, batch: Batch) -> np.ndarray:
        self.runs += 1
        selection.time.sleep(self.seconds)
        return np.zeros((len(batch.input_ids), 3), dtype=np.float32)


def test_the_race_is_short_and_the_faster_wins(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = {"openvino-int8": Sleepy("quick", 0.001), "openvino-float32": Sleepy("slow", 0.03)}
    monkeypatch.setattr(selection, "_load", lambda _, name, __: engines[name])
    monkeypatch.setattr(selection, "processor_features", lambda: frozenset({"avx2"}))
    monkeypatch.setattr(selection, "has_gpu", lambda: False)
    chosen = load_engine(tiny_model, precisions=["int8"])
    assert chosen.name == "quick"
    assert [engine.runs for engine in engines.values()] == [4, 4]


def test_a_graphics_card_comes_first_in_half_precision_where_that_was_measured(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "has_gpu", lambda: True)
    assert load_engine(tiny_model, precisions=["bfloat16"]).name.endswith("bfloat16")
    assert load_engine(tiny_model).name.endswith("float32")
    assert load_engine(tiny_model).name.startswith("torch")


def test_a_driver_alone_is_no_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch may be a build without CUDA, and the card in use by nobody who may."""
    monkeypatch.setattr(selection.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    for available in (True, False):
        monkeypatch.setattr("torch.cuda.is_available", lambda available=available: available)
        assert selection.has_gpu() is available
    monkeypatch.setattr(selection, "find_spec", lambda _: None)
    assert selection.has_gpu() is False


def test_threads_are_as_many_as_processors_may_be_used(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's quota and the affinity count, both of which loky looks up."""
    monkeypatch.setattr("loky.cpu_count", lambda: 1)
    loaded = load_engine(tiny_model, name="openvino-float32")
    assert loaded._request.get_compiled_model().get_property("INFERENCE_NUM_THREADS") == 1  # type: ignore[attr-defined]


def test_a_model_without_a_graph_runs_on_the_reference_engine(tiny_model: Path, tmp_path: Path) -> None:
    bare = shutil.copytree(tiny_model, tmp_path / "bare", ignore=shutil.ignore_patterns("openvino"))
    assert load_engine(bare).name == "torch-cpu-float32"
    with pytest.raises(
        SettingsError, match=r"no openvino/graph\.xml, so this model runs on the engine torch-float32 only"
    ):
        load_engine(bare, name="openvino-float32")


def test_the_speed_is_in_tokens_a_second() -> None:
    assert 1_000 < tokens_per_second(Sleepy("known", 0.1)) < 512 / 0.1


def test_threads_are_those_asked_for(tiny_model: Path) -> None:
    loaded: Engine = load_engine(tiny_model, name="openvino-float32", threads=1)
    assert loaded._request.get_compiled_model().get_property("INFERENCE_NUM_THREADS") == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "auto"])
def test_an_engine_tells_the_setting_that_asks_for_it(name: str) -> None:
    library, precision = name.split("-")
    assert setting_for(f"{library}-cpu-{precision}") == name
    assert setting_for(f"{library}-{precision}") == name
