"""Steps side by side."""

import asyncio

import pytest

from polycopy.executor.service.together import together
from polycopy.runtime.errors import Halt, Transient


async def says(*words: str) -> list[str]:
    await asyncio.sleep(0)
    return list(words)


async def test_what_all_said_comes_in_the_order_of_the_steps() -> None:
    assert await together([says("a", "b"), says(), says("c")]) == ["a", "b", "c"]
    assert await together([]) == []


async def test_a_step_that_fails_cuts_off_no_other_and_a_halt_outranks_the_rest() -> None:
    done: list[str] = []

    async def fails(error: Exception) -> list[str]:
        raise error

    async def takes_its_time() -> list[str]:
        for _ in range(50):
            await asyncio.sleep(0)
        done.append("to the end")
        return done

    with pytest.raises(Transient, match="away"):
        await together([fails(Transient("away")), takes_its_time()])
    with pytest.raises(Halt, match="not ours"):
        await together([fails(Transient("away")), takes_its_time(), fails(Halt("not ours"))])
    assert done == ["to the end"] * 2


async def test_so_many_run_at_once_and_no_more() -> None:
    running, most = 0, 0

    async def step() -> list[str]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5):
            await asyncio.sleep(0)
        running -= 1
        return ["x"]

    assert len(await together([step() for _ in range(100)])) == 100
    assert most == 32
