"""The Data API: one budget of requests for the poll and for the past."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from polycopy.polymarket.activity_query import ROWS_MAX
from polycopy.runtime.clock import Clock
from polycopy.stream_ingest.adapters.data_api_client import DataApiClient
from polycopy.stream_ingest.adapters.data_api_past import DataApiPast
from polycopy.stream_ingest.adapters.data_api_poll import DataApiPoll
from polycopy.stream_ingest.adapters.data_api_walks import DataApiWalks
from polycopy.stream_ingest.core.poll_schedule import Pace


class Polling(msgspec.Struct, frozen=True, kw_only=True):
    """`per_second`: requests of all kinds together; 40 were measured to be safe (400 in 10 s, by
    IP). `index_ms`: what is older than this is visible; 9 s were measured. `rows_max` of a page;
    `timeout_s` of a request as a whole."""

    pace: Pace = Pace()
    per_second: int = 30
    at_once: int = 4
    timeout_s: float = 10.0
    watchdog_s: float = 30.0
    status_every_s: float = 30.0
    index_ms: int = 10_000
    rows_max: int = ROWS_MAX


class DataApi(msgspec.Struct, frozen=True):
    """A Source and a Backfill. Either works without the other."""

    poll: DataApiPoll
    past: DataApiPast


@asynccontextmanager
async def open_data_api(url: str, polling: Polling, *, clock: Clock) -> AsyncIterator[DataApi]:
    """Opens nothing on the network yet."""
    async with aiohttp.ClientSession(
        base_url=url.rstrip("/") + "/", timeout=aiohttp.ClientTimeout(total=polling.timeout_s)
    ) as session:
        client = DataApiClient(
            session, per_second=polling.per_second, watchdog_s=polling.watchdog_s, clock=clock
        )
        walks = DataApiWalks(client, rows_max=polling.rows_max, clock=clock)
        poll = DataApiPoll(
            client,
            walks,
            pace=polling.pace,
            at_once=polling.at_once,
            status_every_s=polling.status_every_s,
            clock=clock,
        )
        past = DataApiPast(
            client, walks, at_once=polling.at_once, index_ms=polling.index_ms, clock=clock
        )
        yield DataApi(poll, past)
