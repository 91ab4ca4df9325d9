"""How fast this processor multiplies matrices at best, and which part of that our engines turn into answers.

Useful arithmetic of a window of n tokens, in operations (a product and a sum are two):

    2 P n + 4 n² h L + 2 (h² + h k)

P: weights in the matrices of the L layers; h: width; k: labels. The first term is the layers' matrices, the second
attention's two products, the third pooler and classifier. Padding, softmax, norms and embeddings count for nothing.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click
import numpy as np
from loky import cpu_count

from benchmarks.places import MODEL
from model.classifier import StanceClassifier
from model.engines.openvino import import_openvino
from model.errors import StanceError

openvino = import_openvino()
ops = openvino.opset13
_SIZE = 3072
_REPEATS = 4
_OPTIONS = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
_ENGINES = ("openvino-int8", "openvino-bfloat16", "openvino-float32")


def measure(texts: Sequence[str], *, rounds: int) -> dict[str, Any]:
    """Products and engines in turns, since the processor's own speed changes."""
    products = {
        "float32": _product(ops.constant(_random()), precision="f32"),
        "bfloat16": _product(ops.constant(_random()), precision="bf16"),
        "int8, static ranges": _product(_fake_quantize(ops.constant(_random()), levels=255, low=-1), static=True),
        "int8, dynamic ranges": _product(_stored_in_bytes(), group=_SIZE),
    }
    engines = {name: run for name in _ENGINES if (run := _engine(name, texts))}
    rates: dict[str, list[float]] = {name: [] for name in (*products, *engines)}
    work = useful_operations(map(len, _windows(StanceClassifier.load(engine=_ENGINES[-1]), texts)))
    for _ in range(rounds):
        for name, run in products.items():
            rates[name].append(2 * _SIZE**3 * _REPEATS / _seconds(run, _REPEATS) / 1e9)
        for name, run in engines.items():
            rates[name].append(work / _seconds(run, 1) / 1e9)
    for name, found in rates.items():
        click.echo(f"{name}: {statistics.median(found):.0f} billion operations a second", err=True)
    return {"size": _SIZE, "useful_operations": work, "products": list(products), "rates": rates}


def useful_operations(lengths: Iterable[int]) -> float:
    """See the formula above."""
    config = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
    width, layers, labels = int(config["hidden_size"]), int(config["num_hidden_layers"]), len(config["id2label"])
    weights = layers * (4 * width**2 + 2 * width * int(config["intermediate_size"]))
    return sum(2.0 * weights * n + 4 * n * n * width * layers + 2 * (width**2 + width * labels) for n in lengths)


def _engine(name: str, texts: Sequence[str]) -> Callable[[], object] | None:
    """The engine's own part of the work: texts are tokenized beforehand. None where it does not load."""
    try:
        classifier = StanceClassifier.load(engine=name)
    except StanceError:
        return None
    windows = _windows(classifier, texts)
    classifier.run(windows)
    return lambda: classifier.run(windows)


def _windows(classifier: StanceClassifier, texts: Sequence[str]) -> list[Any]:
    return [window for item in classifier.prepare(texts) for window in item.windows]


def _product(weights: Any, *, precision: str = "f32", static: bool = False, group: int = 0) -> Callable[[], object]:
    """A compiled product of a square matrix with `weights`."""
    left = ops.parameter([_SIZE, _SIZE], np.float32)
    rounded = _fake_quantize(left, levels=256, low=0) if static else left
    options = {
        **_OPTIONS,
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": cpu_count(),
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": group,
    }
    graph = openvino.Model([ops.matmul(rounded, weights, False, True)], [left])
    request = openvino.Core().compile_model(graph, "CPU", options).create_infer_request()
    values = _random()
    request.infer([values])
    return lambda: request.infer([values], share_inputs=True, share_outputs=True)


def _fake_quantize(node: Any, *, levels: int, low: float) -> Any:
    ends = [ops.constant(np.float32(end)) for end in (low, 1, low, 1)]
    return ops.fake_quantize(node, *ends, levels)


def _stored_in_bytes() -> Any:
    values = np.random.default_rng(0).integers(-127, 128, (_SIZE, _SIZE)).astype(np.int8)
    scales = np.full((_SIZE, 1), 1 / 127, dtype=np.float32)
    return ops.multiply(ops.convert(ops.constant(values), "f32"), ops.constant(scales))


def _random() -> np.ndarray:
    return np.random.default_rng(0).random((_SIZE, _SIZE), dtype=np.float32)


def _seconds(run: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        run()
    return time.perf_counter() - start
