"""Four markets of every kind in a paper venue, and what a log may say of them."""

import asyncio

from polycopy.paper_venue.core.engine.market import Market
from polycopy.runtime.log import Recorded
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.markets import MarketDescribed, MarketOutcome, MarketResolved
from polycopy.stream_ingest.core.market_facts import content
from tests.support.directing import Control
from tests.support.referring import DEADLINE_S

FOUR_MARKETS = """
[venue]
seed = 7
index_delay_ms = 0
[source]
name = "seeded"
trades = 6
markets = 2
[[market]]
slug = "plain"
title = "Will it rain?"
event = "the-weather"
category = "Weather"
tags = ["Rain", "Games"]
starts = 2026-11-01T00:00:00Z
ends = 2036-12-01T12:00:00Z
tick = 0.001
minimum_size = 7
fee_rate = 0.04
fee_exponent = 2
[[market]]
slug = "second-version"
category = "Sports"
version = 2
taker_delay_ms = 3000
game_starts = 2036-12-01T12:00:00Z
[[market]]
slug = "of-many"
event = "of-many-event"
category = "Politics"
neg_risk = true
fee_rate = 0
[[market]]
slug = "crypto"
category = "Crypto"
taker_delay_ms = 150
itode = true
"""


def market_of(control: Control, slug: str) -> Market:
    books = control.running.venue.desk.exchange.books.values()
    (market,) = [book.market for book in books if book.market.slug == slug]
    return market


def tokens(market: Market) -> tuple[MarketOutcome, ...]:
    return tuple(
        MarketOutcome(token_id=token.token_id, outcome=token.outcome) for token in market.tokens
    )


def told_once(found: list[Recorded]) -> bool:
    """Each event says something else of its market than the one before. A market that ends between
    the looks at Gamma and at the CLOB may be told in two steps."""
    last: dict[str, str] = {}
    for one in found:
        if isinstance(one.event, MarketDescribed):
            new = content(one.event)
            if last.get(one.envelope.aggregate) == new:
                return False
            last[one.envelope.aggregate] = new
    ends = [one.subject for one in found if isinstance(one.event, MarketResolved)]
    return len(ends) == len(set(ends)) and len(found) <= 2 * len(last) + len(ends) + 1


async def requests(control: Control, more: int, *, to: str = "/clob-markets/") -> None:
    """So many more requests for the rules of markets, or to another path."""
    before = await _count(control, to)
    async with asyncio.timeout(DEADLINE_S):
        while await _count(control, to) < before + more:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)


async def _count(control: Control, to: str) -> int:
    asked = await control.journal("requests")
    return sum(one["path"].startswith(to) for one in asked)


async def closing(log: NatsLog) -> MarketDescribed:
    """The description that says that a market is closed."""
    async with asyncio.timeout(DEADLINE_S):
        async for one in log.follow(["markets.*.described"]):
            if isinstance(one.event, MarketDescribed) and one.event.closed:
                return one.event
    raise AssertionError
