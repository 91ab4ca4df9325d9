"""Writes the graph that OpenVINO runs: the network without its weights, which stay in `model.safetensors`."""

import json
import shutil
import tempfile
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers.utils import logging

from model.artifact import FILES
from model.batching import LENGTH_MULTIPLE, Batch
from model.engines.openvino import CONSTANTS, GRAPH, OpenVinoEngine, import_openvino
from model.engines.pytorch import TorchEngine
from model.errors import EngineError, ModelCorruptError

if TYPE_CHECKING:
    import openvino

_ALIGNMENT = 64
_LARGEST_DIFFERENCE = 0.01


def write_graph(directory: Path) -> None:
    """Add the graph of the network in `directory`, a standard `transformers` folder, and see that it agrees with it.

    Raises:
        EngineError, ModelCorruptError: the network cannot be converted or compiled, or gives other logits as a graph;
            then there is none.
    """
    weights = directory / FILES.weights
    reference = TorchEngine.load(directory, precision="float32", device="cpu")
    with tempfile.TemporaryDirectory() as staging:
        traced = Path(staging) / "traced.xml"
        import_openvino().save_model(_convert(reference), traced, compress_to_fp16=_in_half_precision(weights))
        tree = ET.parse(traced)  # noqa: S314 written just now
        constants = _share_weights(tree, traced.with_suffix(".bin").read_bytes(), weights)
    (directory / GRAPH).parent.mkdir(exist_ok=True)
    tree.write(directory / GRAPH)
    (directory / CONSTANTS).write_bytes(constants)
    config = json.loads((directory / FILES.config).read_text(encoding="utf-8"))
    try:
        _compare(reference, OpenVinoEngine.load(directory), vocabulary=config["vocab_size"])
    except (EngineError, ModelCorruptError):
        shutil.rmtree((directory / GRAPH).parent)  # whatever lies there is served
        raise


class _Logits(torch.nn.Module):
    """The network as a function of named tensors: only its logits are wanted."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        return self.network(input_ids=input_ids, attention_mask=attention_mask, **types).logits  # type: ignore[no-any-return]


def _convert(reference: TorchEngine) -> "openvino.Model":
    import_openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    names = ["input_ids", "attention_mask"]
    if reference.takes_type_ids:
        names.append("token_type_ids")
    example = {name: torch.ones(2, LENGTH_MULTIPLE, dtype=torch.int64) for name in names}
    # Not openvino.convert_model, which reports each call to its makers where it finds its telemetry.
    frontend = FrontEndManager().load_by_framework("pytorch")
    with warnings.catch_warnings(), _errors_only(), torch.inference_mode():
        # The decoder reads every property, deprecated ones too; what a trace gets wrong shows in the comparison.
        warnings.simplefilter("ignore")
        try:
            # Must outlive the conversion.
            decoder = TorchScriptPythonDecoder(_Logits(reference.network), example_input=example)
            return frontend.convert(frontend.load(decoder))
        except RuntimeError as error:
            raise EngineError(f"the network cannot be converted for OpenVINO: {error}") from error


@contextmanager
def _errors_only() -> Iterator[None]:
    before = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(before)


def _share_weights(tree: "ET.ElementTree[ET.Element]", constants: bytes, weights: Path) -> bytes:
    """Point each constant of `tree` that equals a tensor in `weights` there, and return the others in one block."""
    content, start, entries = _read_tensors(weights)
    places = [[start + place for place in entry["data_offsets"]] for entry in entries]
    stored = {content[begin:end]: begin for begin, end in places}
    kept = bytearray()
    shared: list[tuple[ET.Element, int]] = []
    for data in tree.iter("data"):
        if "offset" in data.attrib:
            offset, size = int(data.attrib["offset"]), int(data.attrib["size"])
            constant = constants[offset : offset + size]
            if constant in stored:
                shared.append((data, stored[constant]))
            else:
                data.set("offset", str(len(kept)))
                kept += constant + bytes(-size % _ALIGNMENT)
    for data, offset in shared:
        data.set("offset", str(len(kept) + offset))
    return bytes(kept)


def _in_half_precision(weights: Path) -> bool:
    return all(entry["dtype"] == "F16" for entry in _read_tensors(weights)[2])


def _read_tensors(path: Path) -> tuple[bytes, int, list[dict[str, Any]]]:
    """Return the bytes of a safetensors file, where its tensors begin, and what its header says of each."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    return content, start, [entry for name, entry in header.items() if name != "__metadata__"]


def _compare(reference: TorchEngine, engine: OpenVinoEngine, *, vocabulary: int) -> None:
    """Run a batch of another shape than the one traced, one of its rows with padding."""
    rng = np.random.default_rng(0)
    shape = (3, 2 * LENGTH_MULTIPLE)
    mask = np.ones(shape, dtype=np.int64)
    mask[0, LENGTH_MULTIPLE // 2 :] = 0
    batch = Batch(rng.integers(vocabulary, size=shape), mask, np.zeros(shape, dtype=np.int64))
    difference = float(np.abs(reference.run(batch) - engine.run(batch)).max())
    if difference > _LARGEST_DIFFERENCE:
        raise EngineError(f"the converted network differs from the original by {difference:.3f} in a logit")
