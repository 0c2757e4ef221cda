"""Work beside other work, and what becomes of it when the other fails."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from polycopy.cli.ports import Died, Loss

Result = TypeVar("Result")
Other = TypeVar("Other")

_CAUSE_S_MAX = 1.0


async def both(
    one: Coroutine[Any, Any, Result], other: Coroutine[Any, Any, Other]
) -> tuple[Result, Other]:
    """Both results, of work done at the same time. If one fails, the other is given up."""
    tasks = asyncio.create_task(one), asyncio.create_task(other)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def unless_lost(
    lost: Callable[[], Coroutine[Any, Any, Loss]], work: Coroutine[Any, Any, Result]
) -> Result:
    """The result of `work`. Raises Died with the line of the first loss if that comes first, or
    right after the work failed: then it is the cause."""
    doing = asyncio.create_task(work)
    losing = asyncio.create_task(lost())
    try:
        done, _ = await asyncio.wait({doing, losing}, return_when=asyncio.FIRST_COMPLETED)
        if doing in done:
            if doing.exception() is None:
                return doing.result()
            await asyncio.wait({losing}, timeout=_CAUSE_S_MAX)
        if not losing.done():
            return doing.result()
        raise Died(losing.result().line)
    finally:
        for task in (doing, losing):
            task.cancel()
        await asyncio.gather(doing, losing, return_exceptions=True)
