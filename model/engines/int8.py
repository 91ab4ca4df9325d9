"""Weights in eight bits, made when a model is loaded: kept on disk they would lie there twice.

Each row of a matrix has a scale of its own and is symmetric about zero (Wu et al., "Integer Quantization for Deep
Learning Inference", 2020); what is multiplied with them is rounded while the model runs, in groups along a row, so no
texts are needed to calibrate ranges. Embeddings stay as they are: looking them up costs nothing.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import openvino

# Numbers of an activation that share a scale. Smaller is closer to float32 and slower; measured from 32 to 384.
GROUP_SIZE = 96
_MOST = 127


def compress_weights(graph: "openvino.Model") -> None:
    """Replace the weights of every matrix product in `graph`; the small matrix of the labels keeps its precision."""
    for node in graph.get_ops():
        if node.get_type_name() == "MatMul" and (weights := _constant(node.input_value(1))) is not None:
            matrix = weights.astype(np.float32)
            if min(matrix.shape) >= GROUP_SIZE:
                node.input(1).replace_source_output(_compressed(matrix).output(0))
    graph.validate_nodes_and_infer_types()


def _constant(source: "openvino.Output") -> np.ndarray | None:
    """The matrix behind `source`, whether it is stored as it is or in half precision."""
    node = source.get_node()
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant" or len(node.get_output_shape(0)) != 2:
        return None
    return np.asarray(node.get_data())


def _compressed(matrix: np.ndarray) -> "openvino.Node":
    from openvino import opset13 as ops

    scales = np.abs(matrix).max(axis=1, keepdims=True) / _MOST
    scales[scales == 0] = 1.0
    rounded = np.rint(matrix / scales).astype(np.int8)
    return ops.multiply(ops.convert(ops.constant(rounded), "f32"), ops.constant(scales.astype(np.float32)))
