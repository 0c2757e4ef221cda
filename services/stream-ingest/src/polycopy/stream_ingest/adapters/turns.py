"""Waiting for one's turn."""

import asyncio

from polycopy.runtime.clock import Clock
from polycopy.stream_ingest.core.budget import Budget


class Turns:
    """Requests of one budget, first come, first served."""

    def __init__(self, per_second: int, *, clock: Clock) -> None:
        self._budget = Budget(per_second)
        self._clock = clock
        self._next = asyncio.Lock()

    async def take(self) -> None:
        """Returns when a request may leave."""
        async with self._next:
            while wait_ms := self._budget.wait_ms(self._now_ms()):  # noqa: ASYNC110 - time tells
                await asyncio.sleep(wait_ms / 1_000)
            self._budget.take(self._now_ms())

    def _now_ms(self) -> int:
        return round(self._clock.monotonic_s() * 1_000)
