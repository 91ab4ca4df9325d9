"""Work that several callers want at once is done once."""

import asyncio

import pytest

from service.under_way import UnderWay

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Work:
    """Counts how often it was begun, and ends when told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = False
        self.end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return self.begun


async def started(*tasks: asyncio.Task) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_equal_keys_share_one_task_and_other_keys_do_not() -> None:
    under_way: UnderWay[int] = UnderWay(max_callers=9, max_seconds=9)
    work, other = Work(), Work()
    tasks = [asyncio.create_task(under_way.join("a", work)) for _ in range(3)]
    tasks.append(asyncio.create_task(under_way.join("b", other)))
    await started(*tasks)
    work.end.set()
    other.end.set()
    assert await asyncio.gather(*tasks) == [1, 1, 1, 1]
    assert (work.begun, other.begun) == (1, 1)


async def test_the_last_caller_to_leave_cancels_the_work() -> None:
    under_way: UnderWay[int] = UnderWay(max_callers=9, max_seconds=9)
    work = Work()
    tasks = [asyncio.create_task(under_way.join("a", work)) for _ in range(2)]
    await started(*tasks)
    for task in tasks:
        assert not work.cancelled
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
    assert work.cancelled


async def test_after_an_abandoned_one_the_work_begins_anew() -> None:
    under_way: UnderWay[int] = UnderWay(max_callers=9, max_seconds=9)
    work = Work()
    first = asyncio.create_task(under_way.join("a", work))
    await started(first)
    first.cancel()
    second = asyncio.create_task(under_way.join("a", work))
    await asyncio.wait([first])
    await started(second)
    work.end.set()
    assert await second == work.begun


async def test_every_caller_gets_the_error() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    under_way: UnderWay[int] = UnderWay(max_callers=9, max_seconds=9)
    outcomes = await asyncio.gather(*(under_way.join("a", fail) for _ in range(3)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no"] * 3
    assert not under_way._shared, "nothing is kept of what is over"


async def test_only_so_many_may_join() -> None:
    under_way: UnderWay[int] = UnderWay(max_callers=2, max_seconds=9)
    work = Work()
    tasks = [asyncio.create_task(under_way.join("a", work)) for _ in range(5)]
    await started(*tasks)
    assert work.begun == 3
    work.end.set()
    await asyncio.gather(*tasks)
    assert not under_way._shared


async def test_what_has_run_for_long_is_not_joined() -> None:
    under_way: UnderWay[int] = UnderWay(max_callers=9, max_seconds=0.05)
    work = Work()
    first = asyncio.create_task(under_way.join("a", work))
    await started(first)
    await asyncio.sleep(0.1)
    late = [asyncio.create_task(under_way.join("a", work)) for _ in range(2)]
    await started(first, *late)
    assert work.begun == 2, "the late ones share a task of their own"
    work.end.set()
    await asyncio.gather(first, *late)
    assert not under_way._shared
