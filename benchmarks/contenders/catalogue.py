"""Who scores texts without a server, under which name, and how each is started."""

import sys
from collections.abc import Collection

from benchmarks.places import executable
from benchmarks.processes import Command
from model.engines.selection import NAMES

PIPELINE = "transformers.pipeline, batch 32"
INFINITY = "infinity float32"
# The labels of this one are what the others' are compared with.
REFERENCE = "ours, openvino-float32"
_PEERS = {
    INFINITY: ("infinity", "infinity", "float32"),
    "infinity bfloat16": ("infinity", "infinity", "bfloat16"),
    "ONNX Runtime float32": ("onnxruntime", "onnxruntime_graph", "float32"),
    "ONNX Runtime int8": ("onnxruntime", "onnxruntime_graph", "int8"),
    "NNCF int8": ("nncf", "nncf_graph", "plain"),
    "NNCF int8, SmoothQuant": ("nncf", "nncf_graph", "smooth"),
}


def ours(engine: str) -> str:
    return f"ours, {engine}"


def commands(installed: Collection[str]) -> dict[str, Command]:
    """Ours on every engine that has a name, the pipeline, and what the `installed` peers offer."""
    here = sys.executable
    engines = [name for name in NAMES if name != "auto"]
    return {
        **{ours(name): (here, "-m", "benchmarks.contenders.ours", name) for name in engines},
        PIPELINE: (here, "-m", "benchmarks.contenders.transformers_pipeline"),
        **{
            name: (executable(peer), "-m", f"benchmarks.contenders.{module}", variant)
            for name, (peer, module, variant) in _PEERS.items()
            if peer in installed
        },
    }
