"""Batches for engines that come without any: sorted by length and bounded by tokens, as ours are."""

import json
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from benchmarks.contenders.protocol import Classify
from benchmarks.places import MODEL

Inputs = dict[str, NDArray[np.int64]]
_MOST_TOKENS, _MULTIPLE, _BUDGET = 256, 16, 2048


def labeller(run: Callable[[Inputs], NDArray[np.float32]]) -> Classify:
    """Tokenize, pack, `run`, and name the label of the largest logit."""
    tokenizer = load_tokenizer()
    names = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))["id2label"]

    def classify(texts: list[str]) -> list[str]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        labels = [""] * len(texts)
        for indices in _batches([len(row) for row in ids]):
            logits = run(padded([ids[index] for index in indices]))
            for index, best in zip(indices, logits.argmax(axis=1), strict=True):
                labels[index] = names[str(best)]
        return labels

    return classify


def load_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST_TOKENS)
    return tokenizer


def padded(rows: list[list[int]]) -> Inputs:
    shape = (len(rows), _padded_length(max(map(len, rows))))
    ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, dtype=np.int64)}


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        rows = max(1, _BUDGET // _padded_length(lengths[order[start]]))
        yield order[start : start + rows]
        start += rows


def _padded_length(length: int) -> int:
    return -(-length // _MULTIPLE) * _MULTIPLE
