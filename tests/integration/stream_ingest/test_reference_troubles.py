"""The venue is away, says no, or is read by two processes."""

import asyncio
from typing import Any

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import TokenId
from polycopy.schemas.markets import MarketDescribed
from polycopy.stream_ingest.adapters.reference_http import ReferenceUrls, open_reference
from polycopy.stream_ingest.core.reference import Ages, Schedule
from polycopy.stream_ingest.service.reference import Reference
from tests.support.directing import directing
from tests.support.four_markets import FOUR_MARKETS, closing, market_of, requests, told_once
from tests.support.referring import DEADLINE_S, referring, said, struck, traded


async def test_an_api_that_is_away_is_asked_again_and_nothing_is_lost(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        for number, path in enumerate(("GET /markets", "GET /clob-markets")):
            fault = {"kind": "error_before", "on": path, "name": str(number), "status": 503}
            await control.done("set_fault", fault=fault)
        markets = [market_of(control, slug) for slug in ("plain", "second-version", "of-many")]
        async with referring(log, control.running.urls) as reference:
            for market in markets:
                reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            await struck(control, 3)
            assert await log.read(["markets.>"]) == []
            await control.done("clear_faults")
            found = await said(log, "markets.>", len(markets))

    assert {event.condition_id for event in found if isinstance(event, MarketDescribed)} == {
        market.condition_id for market in markets
    }


async def test_a_host_that_wants_to_be_left_alone_is(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        terms = {"status": 429, "retry_after_s": 1, "times": 1}
        fault = {"kind": "error_before", "on": "GET /clob-markets", "name": "busy", **terms}
        await control.done("set_fault", fault=fault)
        market = market_of(control, "plain")
        async with referring(log, control.running.urls) as reference:
            reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            await said(log, "markets.>", 1)
        asked = await control.journal("requests")

    first, second, *_ = [one for one in asked if one["path"].startswith("/clob-markets/")]
    assert (first["status"], second["status"]) == (429, 200)
    assert second["received_at_us"] - first["received_at_us"] >= 1_000_000


async def test_two_processes_side_by_side_say_what_is_new_once(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        markets = [market_of(control, slug) for slug in ("plain", "second-version", "of-many")]
        urls = control.running.urls
        async with referring(log, urls) as one, referring(log, urls) as other:
            for market in markets:
                for reference in (one, other):
                    reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            await said(log, "markets.>", 3)
            await requests(control, 20)
            await control.done("set_tick", market="plain", tick=0.01)
            await said(log, "markets.>", 4)
            await requests(control, 20)
            await control.done("resolve", market="plain", payouts=[1, 0])
            await said(log, "markets.>", 6)
            await requests(control, 20)

        assert told_once(await log.read(["markets.>"]))


async def test_a_new_process_says_nothing_of_what_the_log_holds(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        plain, second = (market_of(control, slug) for slug in ("plain", "second-version"))
        async with referring(log, control.running.urls) as reference:
            for market in (plain, second):
                reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            await said(log, "markets.>", 2)
            await control.done("resolve", market="plain", payouts=[1, 0])
            await closing(log)
            await said(log, "markets.*.resolved", 1)
        before = await log.read(["markets.>"])
        async with referring(log, control.running.urls) as reference:
            for market in (plain, second):
                reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            await requests(control, 20)
            assert reference.condition_of(plain.tokens[0].token_id) == plain.condition_id

        assert await log.read(["markets.>"]) == before


async def test_a_market_that_nobody_lists_yet_is_described_once_it_is(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        new = {"slug": "new", "category": "Tech"}
        await control.done("add_market", market=new)
        market = market_of(control, "new")
    async with directing(FOUR_MARKETS) as control, referring(log, control.running.urls) as ours:
        ours.used_trade(traded(market.tokens[0].token_id, market.condition_id))
        ours.unknown_token(market.tokens[1].token_id)
        await requests(control, 3)
        assert await log.read(["markets.>"]) == []
        await control.done("add_market", market=new)
        (event,) = await said(log, "markets.>", 1)
        assert ours.condition_of(market.tokens[1].token_id) == market.condition_id

    assert isinstance(event, MarketDescribed)
    assert (event.condition_id, event.category) == (market.condition_id, "Tech")


async def test_one_market_that_cannot_be_read_stops_no_other(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        bad, *good = (market_of(control, slug) for slug in ("plain", "second-version", "of-many"))
        on = f"GET /clob-markets/{bad.condition_id}"
        fault = {"kind": "garbage", "on": on, "name": "bad", "status": 200}
        await control.done("set_fault", fault=fault)
        async with referring(log, control.running.urls) as reference:
            for market in (bad, *good):
                reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            found = await said(log, "markets.>", 2)
            await control.done("clear_faults")
            await said(log, "markets.>", 3)

    told = {event.condition_id for event in found if isinstance(event, MarketDescribed)}
    assert told == {market.condition_id for market in good}


class Nothing:
    """A source that is none: what is asked of it is a fault of ours."""


async def test_faults_of_our_own_that_repeat_end_the_service(log: NatsLog) -> None:
    source: Any = Nothing()
    schedule = Schedule(Ages(pause_ms_max=1))
    reference = Reference(log, source, clock=SystemClock(), schedule=schedule)
    reference.used_trade(traded(TokenId("1"), "0x" + "ab" * 32))

    with pytest.raises(ExceptionGroup) as raised:
        await reference.run()

    assert raised.group_contains(AttributeError, match="gamma_markets")


class Damaged(MemoryLog):
    """A log that is not what it was."""

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        raise Halt(f"the log lost its tail before {new.subject}, expected {expected}")


async def test_a_log_that_is_not_what_it_was_ends_the_service() -> None:
    clock = SystemClock()
    async with directing(FOUR_MARKETS) as control:
        market = market_of(control, "plain")
        told = control.running.urls
        urls = ReferenceUrls(gamma=told["gamma"], clob=told["clob"], data=told["data"])
        async with open_reference(urls, requests_per_s=5, timeout_s=10, clock=clock) as source:
            reference = Reference(Damaged(), source, clock=clock)
            reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            with pytest.raises(ExceptionGroup) as raised:
                await asyncio.wait_for(reference.run(), DEADLINE_S)

    assert raised.group_contains(Halt, match="lost its tail")
