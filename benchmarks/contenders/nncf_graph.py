"""OpenVINO with NNCF's static int8: python -m benchmarks.contenders.nncf_graph plain|smooth|prepare.

`prepare` reads the texts to calibrate on from its input. With SmoothQuant the large channels of the activations
are moved into the weights before both are rounded.
"""

# mypy: disable-error-code="no-any-return, import-not-found"

import json
import os
import sys
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from benchmarks.contenders.packing import Inputs, labeller, load_tokenizer, padded
from benchmarks.contenders.protocol import serve
from benchmarks.places import GRAPHS


def prepare(texts: list[str]) -> None:
    import nncf

    from benchmarks.contenders.traced import NAMES, Logits, example

    # NNCF takes a negative strength for "leave SmoothQuant out".
    off = nncf.AdvancedSmoothQuantParameters(matmul=-1)
    ways = {"plain": nncf.AdvancedQuantizationParameters(smooth_quant_alphas=off), "smooth": None}
    tokenizer = load_tokenizer()
    samples = [padded([tokenizer.encode(text).ids]) for text in texts]
    GRAPHS.mkdir(parents=True, exist_ok=True)
    for name, advanced in ways.items():
        shapes = [(key, openvino.PartialShape([-1, -1]), openvino.Type.i64) for key in NAMES]
        graph = openvino.convert_model(Logits(), example_input=dict(zip(NAMES, example(), strict=True)), input=shapes)
        quantized = nncf.quantize(
            graph,
            nncf.Dataset(samples),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(samples),
            advanced_parameters=advanced,
        )
        openvino.save_model(quantized, _path(name))


def main(name: str) -> None:
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": len(os.sched_getaffinity(0)),
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    request = openvino.Core().compile_model(_path(name), "CPU", options).create_infer_request()

    def run(inputs: Inputs) -> NDArray[np.float32]:
        return request.infer(inputs)[0]

    serve(labeller(run))


def _path(name: str) -> Path:
    return GRAPHS / f"nncf-{name}.xml"


if __name__ == "__main__":
    prepare(json.load(sys.stdin)) if sys.argv[1] == "prepare" else main(sys.argv[1])
