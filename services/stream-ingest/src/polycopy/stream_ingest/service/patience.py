"""What was heard once is not sent again, so nothing that is to be said is given up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger

Result = TypeVar("Result")
_logger = get_logger("stream-ingest")


async def patiently(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Until it succeeds."""
    while True:
        try:
            return await attempt()
        except Transient as error:
            _logger.warning("the log is away", reason=str(error), after_s=error.after_s)
            await asyncio.sleep(error.after_s)
