"""A log with one account that traded for two months, on a server of its own.

A server that syncs always takes a message at a time: a million would take ten minutes. So the log
is filled while the server syncs later, and measured on one that syncs always.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_connection import connect
from polycopy.schemas.envelope import Draft, to_headers
from polycopy.schemas.event import encode
from polycopy.schemas.ids import AccountId
from tests.bench import lives, places
from tests.support.nats_server import NatsServer

A_MILLION = 1_000_000
_DAYS = 60
_ORDER_EVERY_MS = _DAYS * 86_400_000 * lives.EVENTS_A_LIFE // A_MILLION
_IN_FLIGHT = 2_000
"""The server drops what it cannot queue: after so many, one is waited for."""
_ANSWER_S_MAX = 30.0


@asynccontextmanager
async def server_with(folder: Path, account: AccountId, events: int) -> AsyncIterator[NatsServer]:
    """It holds at least so many events of the account, at the pace of a million in sixty days, the
    last of them just now."""
    server = NatsServer(folder)
    await asyncio.to_thread(server.start)
    try:
        async with places.event_log(server.url, server.monitor_url):
            pass
        await _again(server, sync="1m")
        await _fill(server.url, account, events)
        await _again(server, sync="always")
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def _again(server: NatsServer, *, sync: str) -> None:
    await asyncio.to_thread(server.stop)
    server.sync = sync
    await asyncio.to_thread(server.start)


async def _fill(url: str, account: AccountId, events: int) -> None:
    async with connect(url, name="bench", within_s=5) as connection:
        for version, new in enumerate(drafts(account, events), start=1):
            headers, body = to_headers(new.envelope), encode(new.event)
            if version % _IN_FLIGHT and version < events:
                await connection.publish(new.subject, body, headers=headers)
            else:
                await connection.ask(new.subject, body, headers=headers, within_s=_ANSWER_S_MAX)


def drafts(account: AccountId, events: int) -> Iterator[Draft]:
    """The account's events as the executor and status-sync would have appended them."""
    orders = -(-events // lives.EVENTS_A_LIFE)
    began_ms = SystemClock().now_ms() - orders * _ORDER_EVERY_MS
    version = 0
    for event in lives.opening(account):
        version += 1
        yield lives.order_draft(account, event, version)
    for number in range(orders):
        for event in lives.life(account, number, at_ms=began_ms + number * _ORDER_EVERY_MS):
            version += 1
            yield lives.order_draft(account, event, version)
