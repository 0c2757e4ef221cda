"""Work beside other work, and what becomes of it when the other fails."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from polycopy.cli.ports import Supervisor
from polycopy.runtime.errors import Halt

Result = TypeVar("Result")
Other = TypeVar("Other")


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


async def unless_ended(supervisor: Supervisor, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`. Raises Halt with the service's last words if that comes first."""
    doing = asyncio.create_task(work)
    ending = asyncio.create_task(supervisor.ended())
    try:
        done, _ = await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
        if doing in done:
            return doing.result()
        raise Halt(ending.result())
    finally:
        for task in (doing, ending):
            task.cancel()
        await asyncio.gather(doing, ending, return_exceptions=True)
