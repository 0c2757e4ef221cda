"""The Data API asked about the past."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.data_api_client import DataApiClient, Failure
from polycopy.stream_ingest.adapters.data_api_jobs import Put, side_by_side
from polycopy.stream_ingest.adapters.data_api_walks import DataApiWalks
from polycopy.stream_ingest.core.poll_health import PAUSE_MS_MIN, SWITCH_AFTER
from polycopy.stream_ingest.core.poll_walk import Walk
from polycopy.stream_ingest.core.reports import POLL, Report
from polycopy.stream_ingest.ports import Asked

_TRIES = SWITCH_AFTER + 2
"""Enough for the other version of the API to be tried."""
_logger = get_logger("stream-ingest")


class DataApiPast:
    """Implements Backfill. `index_ms`: what is older than this is visible."""

    def __init__(
        self,
        client: DataApiClient,
        walks: DataApiWalks,
        *,
        at_once: int,
        index_ms: int,
        clock: Clock,
    ) -> None:
        self._client = client
        self._walks = walks
        self._at_once = at_once
        self._index_ms = index_ms
        self._clock = clock

    @property
    def name(self) -> str:
        return POLL

    async def past(
        self, wallets: Collection[Wallet], *, from_ms: int, to_ms: int
    ) -> AsyncGenerator[Report | Asked, None]:
        """Rows of the last seconds are not visible yet: a wallet that was read so soon is read
        once more later, and only then counts as asked."""
        visible_ms = to_ms + self._index_ms
        waiting = deque(dict.fromkeys(Wallet(wallet.lower()) for wallet in wallets))
        too_soon: deque[Wallet] = deque()

        async def work(put: Put[Report | Asked]) -> None:
            while waiting:
                wallet, began_ms = waiting.popleft(), self._clock.now_ms()
                if not await self._read(wallet, from_ms // 1000, to_ms // 1000, put):
                    continue
                if began_ms >= visible_ms:
                    await put(Asked((wallet,)))
                else:
                    too_soon.append(wallet)

        while waiting:
            async with aclosing(side_by_side([work] * self._at_once)) as found:
                async for one in found:
                    yield one
            waiting.extend(too_soon)
            too_soon.clear()
            if waiting:
                await asyncio.sleep(max(visible_ms - self._clock.now_ms(), 0) / 1000)

    async def _read(
        self, wallet: Wallet, start_s: int, end_s: int, put: Put[Report | Asked]
    ) -> bool:
        """Whether everything was read. Raises Transient where nobody is answered."""
        health, failed = self._client.health, 0
        while failed < _TRIES:
            await self._client.turn()
            walk = await self._walks.walk(
                wallet, put, start_s=start_s, end_s=end_s, wanted=lambda: True
            )
            if isinstance(walk, Walk):
                if walk.done:
                    return True
                end_s = walk.last_s
                continue
            failed += 1
            if walk is not Failure.REFUSED and health.failed_in_row >= _TRIES:
                wait_ms = max(health.wait_ms(self._client.now_ms()), PAUSE_MS_MIN)
                raise Transient(f"the Data API: {health.reason}", after_s=wait_ms / 1000)
        _logger.error("a wallet's past cannot be read", wallet=wallet, reason=health.reason)
        return False
