"""OpenVINO on the CPU: all that serving needs, without PyTorch; in int8 about twice as fast.

The graph in a model directory holds no weights of its own. Its constants are read from `constants.dat` (shapes, masks)
followed by `model.safetensors`, so that the weights lie in a model directory once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.batching import CPU_LIMITS, Batch, Limits
from model.engines.int8 import GROUP_SIZE, compress_weights
from model.errors import EngineError, ModelCorruptError, SettingsError

if TYPE_CHECKING:
    import openvino

GRAPH = "openvino/graph.xml"
CONSTANTS = "openvino/constants.dat"
WEIGHTS = "model.safetensors"
PRECISIONS = ("int8", "bfloat16", "float32")
_HINTS = {"int8": "f32", "bfloat16": "bf16", "float32": "f32"}


def import_openvino() -> Any:
    """Import OpenVINO without its telemetry, which would report each import to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def has_graph(directory: Path) -> bool:
    return (directory / GRAPH).is_file()


class OpenVinoEngine:
    """A compiled graph with one inference request."""

    def __init__(self, compiled: "openvino.CompiledModel", *, precision: str) -> None:
        self._request = compiled.create_infer_request()
        self._inputs = [port.get_any_name() for port in compiled.inputs]
        self._precision = precision

    @classmethod
    def load(cls, directory: Path, *, precision: str = "float32", threads: int | None = None) -> "OpenVinoEngine":
        """Load `directory` on `threads` threads; without them, on as many as processors may be used.

        Raises:
            SettingsError: the model has no graph.
            ModelCorruptError: the graph cannot be read.
            EngineError: it cannot be compiled for this processor, or not in `precision`.
        """
        from loky import cpu_count

        if not has_graph(directory):
            raise SettingsError(f"{directory}: no {GRAPH}, so this model runs on the engine torch-float32 only")
        core = import_openvino().Core()
        graph = _read(core, directory)
        if precision == "int8":
            compress_weights(graph)
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "INFERENCE_NUM_THREADS": threads or cpu_count(),
            # A pinned thread waits for its core however busy a neighbour keeps it.
            "ENABLE_CPU_PINNING": False,
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP_SIZE if precision == "int8" else 0,
        }
        try:
            compiled = core.compile_model(graph, "CPU", options)
            taken = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        except RuntimeError as error:
            raise EngineError(f"OpenVINO cannot compile {directory / GRAPH} in {precision}: {error}") from error
        if taken != _HINTS[precision]:  # it takes another one without a word
            raise EngineError(
                f"OpenVINO would run {precision} as {taken} on this processor; choose another with --engine"
            )
        return cls(compiled, precision=precision)

    @property
    def name(self) -> str:
        return f"openvino-cpu-{self._precision}"

    @property
    def limits(self) -> Limits:
        return CPU_LIMITS

    def run(self, batch: Batch) -> NDArray[np.float32]:
        try:
            logits = self._request.infer({name: getattr(batch, name) for name in self._inputs})[0]
        except RuntimeError as error:
            raise EngineError(f"{self.name} failed on a batch of shape {batch.input_ids.shape}: {error}") from error
        if not np.isfinite(logits).all():
            raise EngineError(f"{self.name} gave logits that are not numbers; try the engine openvino-float32")
        return np.array(logits, dtype=np.float32)


def _read(core: "openvino.Core", directory: Path) -> "openvino.Model":
    parts = [np.fromfile(directory / name, dtype=np.uint8) for name in (CONSTANTS, WEIGHTS)]
    try:
        return core.read_model((directory / GRAPH).read_bytes(), import_openvino().Tensor(np.concatenate(parts)))
    except RuntimeError as error:
        raise ModelCorruptError(f"{directory / GRAPH}: {error}; restore the model directory") from error
