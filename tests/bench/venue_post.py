"""Orders a second that the paper venue takes: `POST /order`, every signature checked.

The venue is a process of its own and has one thread; four kept-alive connections give it one order
after the other, each another FAK BUY of two dollars that matches at once. HMAC of the request, key
recovery of the order, matching, and the settlement that follows are in it; the signing is not: the
requests are made before. Baseline: `GET /time` by the same client, which is HTTP and nothing else.
Beside that, in this process: what one order costs in a book where ten thousand rest.
"""

import asyncio
import time
from collections.abc import Sequence
from statistics import median

import aiohttp

from polycopy.polymarket.auth import l2_headers
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.money import MICROS
from tests.bench.figures import Result, ratio, result
from tests.bench.venue import (
    Connection,
    VenueProcess,
    connected,
    request_bytes,
    spread,
    tokens,
    venue_process,
)
from tests.bench.venue_book import RESTING, costs_us
from tests.support.paper_venue import Key, Trader, Wish, order_bytes

NAME = "venue-post"
_TARGET_PER_S = 2_000
_MATCH_US_MAX = 1_000
_ROUNDS = 5
_POSTS = 1_000
_CONNECTIONS = 4
_PATH = "/order"
_SHARES = 2 * MICROS
_DOLLARS = 1_980_000
"""At 0.99 for a share: whatever is in the book is within the limit."""


def measure() -> Result:
    return asyncio.run(_measure())


async def _measure() -> Result:
    rates, cpu_rates, bare = [], [], []
    async with (
        venue_process(TRADES="1", SETTLE_MS="200", BALANCE_MICROS=str(10**12)) as venue,
        aiohttp.ClientSession() as http,
        connected(venue.urls["clob"], _CONNECTIONS) as connections,
    ):
        trader = await Trader(http, venue.urls["clob"], Key(11)).sign_in()
        asking = [request_bytes(venue.urls["clob"], "GET", "/time")] * _POSTS
        for number in range(_ROUNDS + 1):
            posts = _posts(trader, venue.urls["clob"], number * _POSTS)
            rate, cpu_rate = await _rate(venue, connections, posts)
            bare_rate, _ = await _rate(venue, connections, asking)
            if number:  # The first round is for the caches.
                rates.append(rate)
                cpu_rates.append(cpu_rate)
                bare.append(bare_rate)
    costs = costs_us()
    return result(
        NAME,
        median(rates),
        "posts/s",
        target=_TARGET_PER_S,
        ratio_to=ratio(rates, bare),
        also={
            "baseline": "GET /time by the same client",
            "baseline_per_s": median(bare),
            "per_s_of_venue_cpu": median(cpu_rates),
            "posts": _ROUNDS * _POSTS,
            "resting_orders": RESTING,
            **costs,
        },
        also_ok=costs["match_us"] < _MATCH_US_MAX,
    )


def _posts(trader: Trader, url: str, first: int) -> Sequence[bytes]:
    """Orders that differ in their salt, signed now: the venue takes no older signature."""
    now_s = SystemClock().now_ms() // 1000
    markets = tokens()
    made = []
    for salt in range(first, first + _POSTS):
        wish = Wish(
            token_id=markets[salt % len(markets)],
            maker_amount=_DOLLARS,
            taker_amount=_SHARES,
            salt=salt,
        )
        body, _ = order_bytes(trader.key, trader.credentials, wish)
        headers = l2_headers(
            trader.credentials, method="POST", path=_PATH, body=body, timestamp_s=now_s
        )
        made.append(request_bytes(url, "POST", _PATH, body, headers))
    return made


async def _rate(
    venue: VenueProcess, connections: Sequence[Connection], requests: Sequence[bytes]
) -> tuple[float, float]:
    """Requests a second, and requests a second of the venue's processor time."""
    began_s, cpu_began_s = time.perf_counter(), venue.cpu_s()
    statuses = await spread(connections, requests)
    seconds, cpu_s = time.perf_counter() - began_s, venue.cpu_s() - cpu_began_s
    assert set(statuses) == {200}, f"the venue refused orders: {set(statuses)}"
    return len(requests) / seconds, len(requests) / cpu_s
