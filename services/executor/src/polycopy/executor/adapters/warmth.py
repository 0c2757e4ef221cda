"""A connection that is used now and then is there when an order needs it.

A cold one costs three to four times as long. The question is the venue's time, which is worth
knowing anyway.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from polycopy.executor.adapters.clob import Clob
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger

WARM_S = 20.0
"""The venue's side closes what is silent for longer than a minute or so."""
_logger = get_logger("executor")


async def keep_warm(clob: Clob, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Ask the venue for its time, now and again, for ever."""
    while True:
        try:
            await clob.time_s()
        except Transient as error:
            _logger.info("the venue's time is not known", why=str(error))
        await sleep(WARM_S)


@asynccontextmanager
async def kept_warm(clob: Clob) -> AsyncIterator[None]:
    """Keep it so until the block ends."""
    warming = asyncio.create_task(keep_warm(clob))
    try:
        yield
    finally:
        warming.cancel()
        await asyncio.wait({warming})
        if not warming.cancelled():
            warming.result()
