"""Accounts side by side: what one waits for, the others need not."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from polycopy.runtime.errors import Halt

_AT_ONCE_MAX = 32


async def together(steps: Iterable[Coroutine[Any, Any, list[str]]]) -> list[str]:
    """All results in one list, started in their order, so many at once.

    Every step is let to its end, whatever becomes of the others: none is cut off between a request
    and its answer. Raises a Halt where there was one, or else the first fault.
    """
    coroutines = list(steps)
    if len(coroutines) == 1:
        return await coroutines[0]
    room = asyncio.Semaphore(_AT_ONCE_MAX)

    async def one(step: Coroutine[Any, Any, list[str]]) -> list[str]:
        async with room:
            return await step

    results = await asyncio.gather(*map(one, coroutines), return_exceptions=True)
    faults = [result for result in results if isinstance(result, BaseException)]
    for fault in sorted(faults, key=lambda fault: not isinstance(fault, Halt)):
        raise fault
    return [word for said in results if isinstance(said, list) for word in said]
