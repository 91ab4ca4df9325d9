"""A learning rate for each layer of an encoder."""

import re
from typing import Any

import torch

_LAYER = re.compile(r"\.layers?\.(\d+)\.")


def parameter_groups(
    network: torch.nn.Module, *, learning_rate: float, layer_decay: float, weight_decay: float, decayed: set[str]
) -> list[dict[str, Any]]:
    """Return groups for an optimizer: each layer learns `layer_decay` times as fast as the one above it.

    The head learns at `learning_rate`, the embeddings slowest (discriminative fine-tuning: Howard & Ruder 2018).

    Args:
        decayed: names of the parameters that `weight_decay` is for.
    """
    names = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    top = 2 + max((int(found[1]) for name in names if (found := _LAYER.search(name))), default=-1)
    groups: dict[tuple[int, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((_depth(name, top), name in decayed), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate * layer_decay ** (top - depth),
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (depth, decays), parameters in groups.items()
    ]


def _depth(name: str, top: int) -> int:
    """0 for embeddings, 1 for the lowest layer, `top` for the head."""
    if layer := _LAYER.search(name):
        return int(layer[1]) + 1
    return 0 if "embed" in name else top
