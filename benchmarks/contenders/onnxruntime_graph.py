"""ONNX Runtime on an export of the same weights: python -m benchmarks.contenders.onnxruntime_graph PRECISION|prepare.

Exported with the tracing exporter, whose graph ONNX Runtime's own optimizer knows how to fuse, and quantized
dynamically: the ways that its documentation advises for this kind of network on a processor.
"""

# mypy: disable-error-code="import-not-found, no-any-return"

import os
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.contenders.packing import Inputs, labeller
from benchmarks.contenders.protocol import serve
from benchmarks.places import GRAPHS


def prepare() -> None:
    import torch
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    from benchmarks.contenders.traced import NAMES, Logits, example

    GRAPHS.mkdir(parents=True, exist_ok=True)
    exported = GRAPHS / "exported.onnx"
    with torch.inference_mode():
        torch.onnx.export(
            Logits(),
            example(),
            exported,
            input_names=list(NAMES),
            output_names=["logits"],
            dynamic_axes={name: {0: "rows", 1: "tokens"} for name in NAMES},
            dynamo=False,
        )
    optimize_model(str(exported), "bert", num_heads=12, hidden_size=384).save_model_to_file(str(_path("float32")))
    # ONNX cannot tell the types behind fused nodes, which are ONNX Runtime's own.
    types = {"DefaultTensorType": TensorProto.FLOAT}
    quantize_dynamic(_path("float32"), _path("int8"), weight_type=QuantType.QInt8, extra_options=types)
    exported.unlink()


def main(precision: str) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0))
    session = onnxruntime.InferenceSession(_path(precision), options, providers=["CPUExecutionProvider"])
    wanted = {port.name for port in session.get_inputs()}

    def run(inputs: Inputs) -> NDArray[np.float32]:
        return session.run(None, {name: inputs[name] for name in wanted})[0]

    serve(labeller(run))


def _path(precision: str) -> Path:
    return GRAPHS / f"onnxruntime-{precision}.onnx"


if __name__ == "__main__":
    prepare() if sys.argv[1] == "prepare" else main(sys.argv[1])
