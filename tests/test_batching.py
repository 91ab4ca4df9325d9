"""Packing windows into batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.batching import LENGTH_MULTIPLE, Limits, collate, padded_length, plan_batches, unique
from model.tokenizer import Window

lengths_lists = st.lists(st.integers(1, 600), max_size=200)
budgets = st.integers(1, 5_000)


@given(lengths_lists, budgets)
def test_every_index_is_planned_exactly_once(lengths: list[int], budget: int) -> None:
    planned = [index for batch in plan_batches(lengths, limits=Limits(budget, 32)) for index in batch]
    assert sorted(planned) == list(range(len(lengths)))


@given(lengths_lists, budgets)
def test_padded_tokens_stay_within_the_budget_unless_one_window_alone_is_longer(
    lengths: list[int], budget: int
) -> None:
    for batch in plan_batches(lengths, limits=Limits(budget, 32)):
        padded = padded_length(max(lengths[index] for index in batch)) * len(batch)
        assert padded <= budget or len(batch) == 1


@given(lengths_lists, budgets, st.integers(0, 200))
def test_no_row_is_padded_by_more_than_the_limit(lengths: list[int], budget: int, padding: int) -> None:
    for batch in plan_batches(lengths, limits=Limits(budget, padding)):
        padded = [padded_length(lengths[index]) for index in batch]
        assert max(padded) - min(padded) <= padding


@given(lengths_lists, budgets)
def test_longest_windows_come_first(lengths: list[int], budget: int) -> None:
    planned = [lengths[index] for batch in plan_batches(lengths, limits=Limits(budget, 32)) for index in batch]
    assert planned == sorted(lengths, reverse=True)


@given(st.lists(st.integers(1, 64), min_size=2, max_size=60))
def test_a_batch_is_closed_only_when_full(lengths: list[int]) -> None:
    batches = plan_batches(lengths, limits=Limits(512, 512))
    for batch in batches[:-1]:
        assert (len(batch) + 1) * padded_length(lengths[batch[0]]) > 512


@pytest.mark.parametrize(("length", "expected"), [(1, 16), (16, 16), (17, 32), (256, 256)])
def test_lengths_are_padded_to_a_multiple(length: int, expected: int) -> None:
    assert padded_length(length) == expected


def test_nothing_to_plan_gives_no_batches() -> None:
    assert plan_batches([], limits=Limits(100, 100)) == []


def test_windows_alike_are_run_once_and_each_finds_its_row() -> None:
    windows = [Window([5, 6], [0, 0], 1), Window([7], [0], 1), Window([5, 6], [0, 0], 9), Window([5, 6], [0, 1], 1)]
    distinct, places = unique(windows)
    assert [window.input_ids for window in distinct] == [[5, 6], [7], [5, 6]]
    assert places == [0, 1, 0, 2]
    assert unique([]) == ([], [])


def test_collate_pads_on_the_right_and_masks_the_padding() -> None:
    batch = collate([Window([5, 6, 7], [0, 0, 1], 1), Window([8], [0], 1)], pad_id=9)
    assert batch.input_ids.shape == (2, LENGTH_MULTIPLE)
    assert batch.input_ids[:, :4].tolist() == [[5, 6, 7, 9], [8, 9, 9, 9]]
    assert batch.attention_mask.sum(axis=1).tolist() == [3, 1]
    assert batch.token_type_ids[0, :4].tolist() == [0, 0, 1, 0]
    assert {array.dtype for array in (batch.input_ids, batch.attention_mask, batch.token_type_ids)} == {
        np.dtype(np.int64)
    }
