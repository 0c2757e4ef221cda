"""Waiting for one's turn."""

import asyncio

from polycopy.runtime.clock import Clock
from polycopy.stream_ingest.core.pace import Pace


class Turns:
    """Requests of one pace, first come, first served."""

    def __init__(self, pace: Pace, *, clock: Clock) -> None:
        self._pace = pace
        self._clock = clock

    async def take(self) -> None:
        wait_ms = self._pace.wait_ms(round(self._clock.monotonic_s() * 1_000))
        if wait_ms:
            await asyncio.sleep(wait_ms / 1_000)
