"""Packs windows of many lengths into few, well-filled batches.

Windows are sorted by length and a batch is bounded by padded tokens, not by rows, as in fairseq and
text-embeddings-inference. Lengths are padded to a multiple, since CPU libraries build (and keep) a
kernel for every new shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.tokenizer import Window

LENGTH_MULTIPLE = 16
# Padded tokens in a batch on a processor: what they pass through then stays in its caches.
CPU_TOKEN_BUDGET = 2048


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoder input; each array is int64 of shape (windows, padded length)."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]


def padded_length(length: int, *, multiple: int = LENGTH_MULTIPLE) -> int:
    return -(-length // multiple) * multiple


def plan_batches(lengths: Sequence[int], *, token_budget: int) -> list[list[int]]:
    """Return index lists, longest windows first, that together hold every index exactly once.

    Each batch has at most `token_budget` padded tokens, unless one window alone is longer. Longest
    first, so that a batch too large for the memory fails at once and not at the end.
    """
    batches: list[list[int]] = []
    width = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if not batches or (len(batches[-1]) + 1) * width > token_budget:
            batches.append([])
            width = padded_length(lengths[index])
        batches[-1].append(index)
    return batches


def unique(windows: Sequence[Window]) -> tuple[list[Window], list[int]]:
    """Return the windows that differ in what the encoder sees, and for each of `windows` its place among them."""
    seen: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    distinct: list[Window] = []
    places = []
    for window in windows:
        place = seen.setdefault((tuple(window.input_ids), tuple(window.type_ids)), len(distinct))
        if place == len(distinct):
            distinct.append(window)
        places.append(place)
    return distinct, places


def collate(windows: Sequence[Window], *, pad_id: int) -> Batch:
    """Pad `windows` on the right to one length, a multiple of `LENGTH_MULTIPLE`."""
    shape = (len(windows), padded_length(max(map(len, windows))))
    input_ids = np.full(shape, pad_id, dtype=np.int64)
    attention_mask = np.zeros(shape, dtype=np.int64)
    token_type_ids = np.zeros(shape, dtype=np.int64)
    for row, window in enumerate(windows):
        input_ids[row, : len(window)] = window.input_ids
        attention_mask[row, : len(window)] = 1
        token_type_ids[row, : len(window)] = window.type_ids
    return Batch(input_ids, attention_mask, token_type_ids)
