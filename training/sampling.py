"""The order of training: batches of texts of like length, in random order."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

# Windows sorted by length at a time: enough for little padding, few enough to mix anew in every epoch.
CHUNK_BATCHES = 50


class ShuffledByLength(Sampler[int]):
    """Yields each index once an epoch, so that runs of `batch_size` have like lengths.

    The Trainer's own `group_by_length` goes through each chunk from long to short. Length tells the source,
    and the source the label, so such batches are correlated; training on them was seen to collapse to one label.
    """

    def __init__(self, lengths: Sequence[int], *, batch_size: int, seed: int) -> None:
        self._lengths = torch.tensor(lengths)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the Trainer; the order depends on seed and epoch only, so that a resumed run repeats it."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed + 1_000_003 * self._epoch)
        shuffled = torch.randperm(len(self), generator=generator)
        batches = [
            batch for chunk in torch.split(shuffled, CHUNK_BATCHES * self._batch_size) for batch in self._sorted(chunk)
        ]
        # The short batch stays last: anywhere else it would shift the borders of those after it.
        last = len(batches) - 1 if len(batches[-1]) < self._batch_size else len(batches)
        order = [*torch.randperm(last, generator=generator).tolist(), *range(last, len(batches))]
        for index in order:
            yield from batches[index].tolist()

    def _sorted(self, chunk: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return torch.split(chunk[self._lengths[chunk].argsort(stable=True)], self._batch_size)
