"""Labelled texts as the tensors that the `Trainer` eats, through the very tokenizer that serving uses."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from datasets import Dataset

from model.batching import collate
from model.labels import LABELS
from model.tokenizer import StanceTokenizer, Window
from training.examples import Example

Collator = Callable[[list[dict[str, Any]]], dict[str, torch.Tensor]]


def to_dataset(examples: Sequence[Example], tokenizer: StanceTokenizer, *, unsure_weight: float = 1.0) -> Dataset:
    """Return one row for each window; the windows of a long text share its label and its weight of 1."""
    encoded = tokenizer.encode([example.as_input() for example in examples])
    return Dataset.from_list(
        [
            {
                "input_ids": window.input_ids,
                "type_ids": window.type_ids,
                "length": len(window),
                "labels": LABELS.index(example.label),
                "weight": (1.0 if example.sure else unsure_weight) / len(text.windows),
            }
            for example, text in zip(examples, encoded, strict=True)
            for window in text.windows
        ]
    )


def make_collator(*, pad_id: int, takes_type_ids: bool) -> Collator:
    """Return a function from dataset rows to a padded batch of tensors."""

    def pad(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = collate([Window(row["input_ids"], row["type_ids"], 1) for row in rows], pad_id=pad_id)
        tensors = {
            "input_ids": torch.from_numpy(batch.input_ids),
            "attention_mask": torch.from_numpy(batch.attention_mask),
            "labels": torch.tensor([row["labels"] for row in rows]),
            "weight": torch.tensor([row["weight"] for row in rows]),
        }
        if takes_type_ids:
            tensors["token_type_ids"] = torch.from_numpy(batch.token_type_ids)
        return tensors

    return pad
