"""Work that is given up when a service that it needs cannot be kept running."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from polycopy.cli.ports import Supervisor
from polycopy.runtime.errors import Halt

Result = TypeVar("Result")


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
