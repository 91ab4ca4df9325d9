"""The line of waiting requests: what it hands out, and when it says to come back."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.batching import padded_length
from model.tokenizer import Window
from service.waiting import WaitingLine

TURN_TOKENS = 4096


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def window(length: int) -> Window:
    return Window(input_ids=[1] * length, type_ids=[0] * length, weight=1)


@pytest.mark.anyio
async def test_the_time_to_come_back_follows_the_measured_speed() -> None:
    line = WaitingLine(max_tokens=1000, turn_tokens=TURN_TOKENS)
    job = line.admit(tokens=0)
    line.enter(job, [window(32)] * 30)
    line.complete([(job, [0])], seconds=0.32)
    assert line.retry_after == 10, "928 tokens at 100 tokens a second"


@given(st.lists(st.lists(st.integers(1, 256), min_size=1, max_size=80), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_line_hands_out_every_window_once_in_turns_within_the_budget(requests: list[list[int]]) -> None:
    asyncio.run(hand_out(requests))


async def hand_out(requests: Sequence[Sequence[int]]) -> None:
    line = WaitingLine(max_tokens=10**6, turn_tokens=TURN_TOKENS)
    jobs = [line.admit(tokens=5) for _ in requests]
    for job, lengths in zip(jobs, requests, strict=True):
        line.enter(job, [window(length) for length in lengths])
    handed: list[tuple[int, int]] = []
    while turn := line.next_turn():
        tokens = sum(padded_length(len(job.windows[index])) for job, indices in turn for index in indices)
        assert tokens < TURN_TOKENS + 256
        for job, indices in turn:
            handed += [(jobs.index(job), index) for index in indices]
            job.receive(indices, np.zeros((len(indices), 3), dtype=np.float32))
        line.complete(turn, seconds=0.1)
    assert sorted(handed) == [(n, index) for n, lengths in enumerate(requests) for index in range(len(lengths))]
    assert all(job.done.done() for job in jobs)
    assert line.tokens == 0
