"""The network as a function of three tensors, for the peers that make a graph of it."""

# mypy: disable-error-code="no-any-return"

from typing import Any

import torch
from transformers import AutoModelForSequenceClassification

from benchmarks.places import MODEL

NAMES = ("input_ids", "attention_mask", "token_type_ids")


class Logits(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network: Any = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32).eval()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        found = self.network(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return found.logits


def example() -> tuple[torch.Tensor, ...]:
    return tuple(torch.ones(2, 16, dtype=torch.int64) for _ in NAMES)
