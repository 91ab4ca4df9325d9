"""Batches of like length in random order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from training.sampling import ShuffledByLength

lengths = st.lists(st.integers(1, 300), min_size=1, max_size=400)


@given(lengths, st.integers(1, 40), st.integers(0, 5))
def test_every_index_comes_once_and_the_order_depends_on_seed_and_epoch_only(found, batch_size, epoch):
    sampler = ShuffledByLength(found, batch_size=batch_size, seed=3)
    sampler.set_epoch(epoch)
    order = list(sampler)
    assert sorted(order) == list(range(len(found)))
    again = ShuffledByLength(found, batch_size=batch_size, seed=3)
    again.set_epoch(epoch)
    assert list(again) == order


def test_batches_hold_like_lengths_but_do_not_come_sorted():
    """Little is padded, and neighbouring batches are no longer alike than distant ones."""
    found = [1 + (index * 7919) % 250 for index in range(6_400)]
    order = list(ShuffledByLength(found, batch_size=32, seed=0))
    batches = [[found[index] for index in order[start : start + 32]] for start in range(0, len(order), 32)]
    assert sum(32 * max(batch) for batch in batches) < 1.1 * sum(found)
    longest = [max(batch) for batch in batches]
    falls = sum(before > after for before, after in pairwise(longest))
    assert 0.3 < falls / len(longest) < 0.7


def test_another_epoch_is_another_order():
    sampler = ShuffledByLength(range(1, 100), batch_size=8, seed=0)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first
