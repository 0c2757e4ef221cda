"""Jobs side by side: their things in order, their errors told, nothing left running."""

import asyncio
from contextlib import aclosing

import pytest

from polycopy.stream_ingest.adapters.data_api_jobs import QUEUE_MAX, Put, side_by_side


async def test_things_come_in_the_order_in_which_they_were_put() -> None:
    turn = asyncio.Event()

    async def first(put: Put[int]) -> None:
        await put(1)
        await turn.wait()
        await put(3)

    async def second(put: Put[int]) -> None:
        await put(2)
        turn.set()

    assert [thing async for thing in side_by_side([first, second])] == [1, 2, 3]


async def test_what_a_job_raises_is_raised_after_what_it_put() -> None:
    async def job(put: Put[int]) -> None:
        await put(1)
        raise ValueError("no")

    things = side_by_side([job])
    assert await anext(things) == 1
    with pytest.raises(ValueError, match="no"):
        await anext(things)


async def test_nobody_works_far_ahead_of_who_takes() -> None:
    put_so_far = 0
    full = asyncio.Event()

    async def job(put: Put[int]) -> None:
        nonlocal put_so_far
        while True:
            if put_so_far == QUEUE_MAX + 1:
                full.set()
            await put(put_so_far)
            put_so_far += 1

    async with aclosing(side_by_side([job])) as things, asyncio.timeout(60):
        assert await anext(things) == 0
        await full.wait()
        assert put_so_far == QUEUE_MAX + 1
        assert await anext(things) == 1


async def test_jobs_end_with_the_generator() -> None:
    ended = list[str]()

    async def job(put: Put[int]) -> None:
        try:
            while True:
                await put(1)
        finally:
            ended.append("job")

    async with aclosing(side_by_side([job, job])) as things:
        await anext(things)

    assert ended == ["job", "job"]
