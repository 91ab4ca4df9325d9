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


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a batch may grow before an engine gains no more: in padded tokens, and in padding for any one row."""

    tokens: int
    padding: int


# On a processor a row more costs its tokens and a batch more about as much as 16 of them: rows of like length, and
# few enough that what they pass through stays in the caches and the memory small.
CPU_LIMITS = Limits(tokens=640, padding=LENGTH_MULTIPLE)
# Enough rows to fill a large graphics card, whatever their padding.
GPU_LIMITS = Limits(tokens=65_536, padding=65_536)


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoder input; each array is int64 of shape (windows, padded length)."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    token_type_ids: NDArray[np.int64]


def padded_length(length: int, *, multiple: int = LENGTH_MULTIPLE) -> int:
    return -(-length // multiple) * multiple


def plan_batches(lengths: Sequence[int], *, limits: Limits) -> list[list[int]]:
    """Return index lists, longest windows first, that together hold every index exactly once.

    Each batch keeps to `limits`, unless one window alone is longer. Longest first, so that a batch too
    large for the memory fails at once and not at the end.
    """
    batches: list[list[int]] = []
    width = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        own = padded_length(lengths[index])
        if not batches or (len(batches[-1]) + 1) * width > limits.tokens or width - own > limits.padding:
            batches.append([])
            width = own
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
