"""A trader's record as the service says it, and as it follows from all that the venue settled."""

import asyncio
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from polycopy.paper_venue.core.profiles import profile
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.ids import Wallet
from polycopy.schemas.traders import Record, TraderMeasured
from polycopy.stream_ingest.adapters.reference_site import Site
from polycopy.stream_ingest.adapters.trader_pages import PageSizes, TraderPages
from polycopy.stream_ingest.adapters.turns import Turns
from polycopy.stream_ingest.core.reference import Ages
from polycopy.stream_ingest.core.trader_record import Rows, changed
from tests.support.directing import Control, directing
from tests.support.referring import DEADLINE_S, referring, said, struck
from tests.support.trader_ledger import VenueClock, counted, ledger

ANNA = Wallet("0x1ead000000000000000000000000000000000001")
BERT = Wallet("0x1ead000000000000000000000000000000000002")
DAYS = 86_400
SLUGS = ("rain", "snow", "goal", "coin", "even", "open")
SCENARIO = """
[venue]
seed = 7
clock = "manual"
starts_at = 2026-06-01T12:00:00Z
index_delay_ms = 0
[source]
name = "seeded"
trades = 40
leaders = 2
markets = 2
""" + "".join(
    f'[[market]]\nslug = "{slug}"\ncategory = "{category}"\nprice = 0.5\n'
    for slug, category in zip(
        SLUGS, ("Weather", "Weather", "Sports", "Crypto", "Politics", "Sports"), strict=True
    )
)


def others(control: Control) -> list[Wallet]:
    """Some who traded, and are not Anna."""
    wallets = {wallet for settled in ledger(control) for wallet in settled.wallets}
    return sorted(wallets - {ANNA, BERT})[:6]


async def lived(control: Control) -> None:
    """Two lives with everything in them: the older half more than 30 days ago."""
    await control.done("next", count=15)
    await anna(control, "rain", 0, "BUY", 100, 0.2)
    await anna(control, "rain", 0, "BUY", 50, 0.4)
    await anna(control, "snow", 1, "BUY", 40, 0.8)
    await control.done("resolve", market="rain", payouts=[1, 0])
    await control.done("resolve", market="snow", payouts=[1, 0])
    await control.done("redeem", wallet=ANNA, market="rain")
    await control.advance(40 * DAYS * 1000)
    await control.done("next", count=15)
    await anna(control, "goal", 0, "BUY", 60, 0.5, repeat=3)
    await anna(control, "goal", 0, "SELL", 180, 0.45)
    await control.done("split", wallet=ANNA, market="coin", size=70)
    await anna(control, "coin", 0, "SELL", 70, 0.6)
    await control.done("resolve", market="coin", payouts=[0, 1])
    await anna(control, "even", 0, "BUY", 30, 0.5)
    await anna(control, "even", 1, "BUY", 30, 0.25)
    await control.done("resolve", market="even", payouts=[0.5, 0.5])
    await anna(control, "open", 0, "BUY", 25, 0.9)


async def anna(
    control: Control, market: str, outcome: int, side: str, size: int, price: float, **more: Any
) -> None:
    """One of her trades."""
    terms = {"market": market, "outcome": outcome, "side": side, "size": size, "price": price}
    await control.done("leader_trade", wallet=ANNA, **terms, **more)
    await control.advance(3_000)


def alike(told: Record, by_hand: Record) -> None:
    """The same counts. The API's averages have six digits: an amount may be off by as much as that
    is of all the shares."""
    exact = ("resolved", "won", "trades")
    assert [getattr(told, name) for name in exact] == [getattr(by_hand, name) for name in exact]
    assert abs(told.cost_micros - by_hand.cost_micros) <= 10_000
    gained = told.returned_micros - told.cost_micros
    assert abs(gained - (by_hand.returned_micros - by_hand.cost_micros)) <= 100
    assert abs(told.entry_price_sum_micros - by_hand.entry_price_sum_micros) <= 100
    assert abs(told.traded_micros - by_hand.traded_micros) <= 100


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_a_record_is_what_the_ledger_adds_up_to(log: NatsLog, version: str) -> None:
    async with directing(SCENARIO) as control:
        await lived(control)
        if version == "v1":
            await no_second_version(control)
        clock = VenueClock(control)
        async with referring(log, control.running.urls, ages=Ages(), clock=clock) as reference:
            leaders = others(control)
            reference.aim([ANNA, BERT, *leaders])
            found = await said(log, "traders.>", 2 + len(leaders))
        told = {event.wallet: event for event in found if isinstance(event, TraderMeasured)}
        since_s = clock.now_ms() // 1000 - 30 * DAYS
        by_hand = {wallet: counted(control, wallet, since_s) for wallet in told}

    assert told[BERT].lifetime == Record()
    assert told[BERT].niches == ()
    assert (told[ANNA].lifetime.resolved, told[ANNA].lifetime.won) == (7, 4)
    for wallet, event in told.items():
        assert event.whole
        assert event.source == f"data-api-{version}"
        same(event, by_hand[wallet])


def same(event: TraderMeasured, by_hand: dict[str, Record]) -> None:
    alike(event.lifetime, by_hand.get("all", Record()))
    alike(event.recent, by_hand.get("recent all", Record()))
    niches = {one.category or one.price_bracket: one for one in event.niches}
    assert set(niches) == {name for name in by_hand if " " not in name} - {"all"}
    for name, niche in niches.items():
        alike(niche.lifetime, by_hand[name])
        alike(niche.recent, by_hand.get(f"recent {name}", Record()))


async def no_second_version(control: Control) -> None:
    fault = {"kind": "error_before", "on": "GET /v2", "name": "old", "status": 404}
    await control.done("set_fault", fault=fault)


async def test_a_trader_is_measured_again_and_said_again_when_something_is_new(
    log: NatsLog,
) -> None:
    ages = Ages(trader_ms=20, pause_ms_max=50)
    async with directing(SCENARIO) as control:
        await anna(control, "rain", 0, "BUY", 100, 0.2)
        clock = VenueClock(control)
        urls = control.running.urls
        async with (
            referring(log, urls, ages=ages, clock=clock) as one,
            referring(log, urls, ages=ages, clock=clock) as other,
        ):
            one.aim([ANNA])
            other.aim([ANNA])
            await said(log, "traders.>", 1)
            await reads(control, 5)
            await anna(control, "rain", 0, "SELL", 100, 0.3)
            await reads(control, 9)

        found = [recorded.event for recorded in await log.read(["traders.>"])]
    told = [event for event in found if isinstance(event, TraderMeasured)]
    first, last = told[0].lifetime, told[-1].lifetime
    assert (first.resolved, first.trades) == (0, 1)
    assert (last.resolved, last.won, last.trades) == (1, 1, 2)
    assert told[-1].name == profile(ANNA).name
    # A sale between the looks at positions and at trades may be told in two steps.
    assert 2 <= len(told) <= 3
    assert all(changed(before, after) for before, after in pairwise(told))


async def reads(control: Control, more: int) -> None:
    """So many more looks at trades; each lets the venue's clock go on, without which nothing comes
    of age."""
    before = await looks(control)
    async with asyncio.timeout(DEADLINE_S):
        while await looks(control) < before + more:
            await control.advance(20_000)


async def looks(control: Control) -> int:
    asked = await control.journal("requests")
    return sum(one["path"] == "/v2/activity" for one in asked)


async def test_a_data_api_that_is_away_is_asked_again(log: NatsLog) -> None:
    async with directing(SCENARIO) as control:
        await anna(control, "rain", 0, "BUY", 100, 0.2)
        fault = {"kind": "garbage", "on": "GET /v2/positions", "name": "away", "status": 200}
        await control.done("set_fault", fault=fault)
        async with referring(log, control.running.urls) as reference:
            reference.aim([ANNA])
            await struck(control, 2)
            assert await log.read(["traders.>"]) == []
            await control.done("clear_faults")
            (event,) = await said(log, "traders.>", 1)

    assert isinstance(event, TraderMeasured)
    assert event.lifetime.trades == 1


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_many_pages_are_read_as_one(version: str) -> None:
    small = PageSizes(second=2, first=2, first_closed=2, pages=50)
    async with directing(SCENARIO) as control:
        await lived(control)
        if version == "v1":
            await no_second_version(control)
        whole = await rows_of(control, PageSizes())
        assert len(whole.positions) > 4
        assert len(whole.trades) > 4
        assert whole.whole

        assert await rows_of(control, small) == whole


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_what_is_cut_off_is_old_and_said_to_be_missing(version: str) -> None:
    cut = PageSizes(second=3, first=3, first_closed=3, pages=1)
    async with directing(SCENARIO) as control:
        await lived(control)
        if version == "v1":
            await no_second_version(control)
        whole = await rows_of(control, PageSizes())
        part = await rows_of(control, cut)

    assert (whole.whole, part.whole) == (True, False)
    assert part.trades == whole.trades[:3]
    assert part.positions[:3] == whole.positions[:3]
    latest = [row.last_event_ms for row in whole.positions if not row.held]
    assert [row.last_event_ms for row in part.positions[:3]] == sorted(latest)[:-4:-1]


async def rows_of(control: Control, sizes: PageSizes) -> Rows:
    """Anna's, over a real connection."""
    clock = SystemClock()
    turns = Turns(1_000, clock=clock)
    async with aiohttp.ClientSession(base_url=control.running.urls["data"]) as session:
        site = Site("the Data API", session, turns=turns, clock=clock)
        return await TraderPages(site, sizes).rows(ANNA)
