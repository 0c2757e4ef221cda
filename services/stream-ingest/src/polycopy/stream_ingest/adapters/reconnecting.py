"""A socket that is connected again whenever it ends, for as long as somebody listens."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from websockets.asyncio.client import ClientConnection

from polycopy.runtime.clock import Clock
from polycopy.stream_ingest.ports import Heard

_SHORT_SESSION_S = 10.0
_PAUSE_S_MIN = 0.05
_PAUSE_S_MAX = 30.0

Session = Callable[[ClientConnection], AsyncGenerator[Heard, None]]


async def reconnecting(
    attempts: AsyncGenerator[ClientConnection, None], session: Session, *, clock: Clock
) -> AsyncGenerator[Heard, None]:
    """What all sessions bring, one after the other, without end.

    A failed attempt is repeated by the library with growing pauses, a session that ended soon by
    the pauses here: a server that drops everybody at once, or refuses a subscription, is not run
    into.
    """
    pause_s = 0.0
    async with aclosing(attempts):
        async for socket in attempts:
            began_s = clock.monotonic_s()
            async with aclosing(session(socket)) as heard:
                async for item in heard:
                    yield item
            is_short = clock.monotonic_s() - began_s < _SHORT_SESSION_S
            pause_s = min(max(2 * pause_s, _PAUSE_S_MIN), _PAUSE_S_MAX) if is_short else 0.0
            await asyncio.sleep(pause_s)
