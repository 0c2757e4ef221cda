"""Markets from the venue's own answers to a real log."""

import asyncio
from typing import Any

from polycopy.paper_venue.core.engine.market import Market
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.markets import MarketDescribed, MarketResolved, Payout
from polycopy.stream_ingest.core.reference import Ages
from tests.support.directing import directing
from tests.support.four_markets import FOUR_MARKETS, closing, market_of, requests, tokens, told_once
from tests.support.referring import DEADLINE_S, referring, said, traded

LATER = Ages()


def expected(market: Market) -> dict[str, Any]:
    """What the venue itself knows of the market, in the event's words."""
    labels = dict.fromkeys((market.category, *market.tags))
    return {
        "condition_id": market.condition_id,
        "outcomes": tokens(market),
        "tick_size_micros": market.tick_size_micros,
        "minimum_size_micros": market.minimum_size_micros,
        "fee": market.fee,
        "version": f"v{market.version}",
        "slug": market.slug,
        "title": market.title,
        "event_slug": market.event_slug or market.slug,
        "category": market.category,
        "tags": tuple(label for label in labels if label),
        "starts_at_ms": (market.starts_at_s or market.created_at_s) * 1000,
        "game_starts_at_ms": market.game_starts_at_s * 1000,
        "ends_at_ms": market.ends_at_s * 1000,
        "neg_risk": market.neg_risk,
        "taker_delayed": market.taker_delay_ms > 0,
        "taker_delay_ms": market.delay_s * 1000,
        "accepting_orders": market.accepting and not market.resolved,
        "closed": market.resolved,
    }


async def test_markets_of_every_kind_are_described_on_use(log: NatsLog) -> None:
    slugs = ("plain", "second-version", "of-many", "crypto")
    async with directing(FOUR_MARKETS) as control:
        markets = [market_of(control, slug) for slug in slugs]
        async with referring(log, control.running.urls, ages=LATER) as reference:
            for market in markets:
                reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            found = await said(log, "markets.>", len(markets))

    told = {event.condition_id: event for event in found if isinstance(event, MarketDescribed)}
    assert len(told) == len(markets)
    for market in markets:
        event = told[market.condition_id]
        assert {name: getattr(event, name) for name in expected(market)} == expected(market)
        assert event.source == "gamma+clob"
        assert event.read_at_ms > 1_700_000_000_000


async def test_a_market_is_said_again_when_something_changed_and_only_then(log: NatsLog) -> None:
    async with (
        directing(FOUR_MARKETS) as control,
        referring(log, control.running.urls) as reference,
    ):
        market = market_of(control, "plain")
        reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
        await said(log, "markets.>", 1)
        await requests(control, 10)
        assert len(await log.read(["markets.>"])) == 1
        await control.done("set_tick", market="plain", tick=0.01)
        await said(log, "markets.>", 2)
        await requests(control, 10)
        await control.done("set_market", market="plain", accepting=False, minimum_size=9)
        await said(log, "markets.>", 3)
        await control.done("set_tick", market="plain", tick=0.001)
        await control.done("set_market", market="plain", accepting=True, minimum_size=7)
        found = await until_like_the_first(log)

    first, second, third, *_, last = found
    assert (first.tick_size_micros, second.tick_size_micros) == (1_000, 10_000)
    assert (third.accepting_orders, third.minimum_size_micros) == (False, 9_000_000)
    assert last.tick_size_micros == 1_000
    assert len(found) <= 5


async def until_like_the_first(log: NatsLog) -> list[MarketDescribed]:
    """What was once, was not for a while, and is again must be said again."""
    found: list[MarketDescribed] = []
    async with asyncio.timeout(DEADLINE_S):
        async for one in log.follow(["markets.>"]):
            assert isinstance(one.event, MarketDescribed)
            found.append(one.event)
            first = found[0]
            if len(found) > 3 and (one.event.tick_size_micros, one.event.minimum_size_micros) == (
                first.tick_size_micros,
                first.minimum_size_micros,
            ):
                break
    return found


async def test_a_market_that_ends_is_resolved_once_and_closed(log: NatsLog) -> None:
    async with (
        directing(FOUR_MARKETS) as control,
        referring(log, control.running.urls) as reference,
    ):
        market = market_of(control, "second-version")
        reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
        await said(log, "markets.>", 1)
        await control.done("resolve", market="second-version", payouts=[0, 1])
        (event,) = await said(log, "markets.*.resolved", 1)
        closed = await closing(log)
        plain = market_of(control, "plain")
        reference.used_trade(traded(plain.tokens[0].token_id, plain.condition_id))
        await said(log, "markets.>", 4)
        await requests(control, 20)
        everything = await log.read(["markets.>"])

    assert isinstance(event, MarketResolved)
    assert event.payouts == (
        Payout(token_id=market.tokens[0].token_id, price_micros=0),
        Payout(token_id=market.tokens[1].token_id, price_micros=1_000_000),
    )
    assert event.source == "data-api"
    assert abs(event.resolved_at_ms - event.read_at_ms) < 120_000
    assert (closed.closed, closed.accepting_orders) == (True, False)
    assert told_once(everything)


async def test_a_market_that_ends_even_pays_half_for_each_outcome(log: NatsLog) -> None:
    async with (
        directing(FOUR_MARKETS) as control,
        referring(log, control.running.urls) as reference,
    ):
        market = market_of(control, "of-many")
        reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
        await said(log, "markets.>", 1)
        await control.done("resolve", market="of-many", payouts=[0.5, 0.5])
        (event,) = await said(log, "markets.*.resolved", 1)

    assert isinstance(event, MarketResolved)
    assert [payout.price_micros for payout in event.payouts] == [500_000, 500_000]


async def test_without_the_data_api_gamma_tells_how_a_market_ended(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        urls = {**control.running.urls, "data": control.running.urls["gamma"]}
        async with referring(log, urls) as reference:
            market = market_of(control, "plain")
            reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
            await said(log, "markets.>", 1)
            await control.done("resolve", market="plain", payouts=[1, 0])
            (event,) = await said(log, "markets.*.resolved", 1)

    assert isinstance(event, MarketResolved)
    assert [payout.price_micros for payout in event.payouts] == [1_000_000, 0]
    assert event.source == "gamma"


async def test_the_market_of_a_token_is_found_and_described(log: NatsLog) -> None:
    learned: dict[TokenId, ConditionId] = {}

    async with directing(FOUR_MARKETS) as control:
        plain, second = (market_of(control, slug) for slug in ("plain", "second-version"))
        async with referring(
            log, control.running.urls, ages=LATER, learned=learned.__setitem__
        ) as reference:
            reference.unknown_token(plain.tokens[1].token_id)
            reference.used_trade(traded(second.tokens[0].token_id))
            await said(log, "markets.>", 2)
            for market in (plain, second):
                for token in market.tokens:
                    assert reference.condition_of(token.token_id) == market.condition_id
                    assert learned[token.token_id] == market.condition_id
            learned.clear()
            reference.unknown_token(plain.tokens[0].token_id)
            assert learned == {plain.tokens[0].token_id: plain.condition_id}


async def test_a_token_that_the_clob_does_not_know_yet_is_found_with_gamma(log: NatsLog) -> None:
    async with directing(FOUR_MARKETS) as control:
        await control.done("set_market", market="second-version", ready=False)
        market = market_of(control, "second-version")
        async with referring(log, control.running.urls) as reference:
            reference.unknown_token(market.tokens[0].token_id)
            (first,) = await said(log, "markets.>", 1)
            await control.done("set_market", market="second-version", ready=True)
            await control.done("set_tick", market="second-version", tick=0.001)
            *_, second = await said(log, "markets.>", 2)

    assert isinstance(first, MarketDescribed)
    assert isinstance(second, MarketDescribed)
    assert (first.source, second.source) == ("gamma", "gamma+clob")
    assert first.outcomes == second.outcomes == tokens(market)


async def test_what_the_clob_lists_no_more_stays_as_it_was_said(log: NatsLog) -> None:
    async with (
        directing(FOUR_MARKETS) as control,
        referring(log, control.running.urls) as reference,
    ):
        market = market_of(control, "plain")
        reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
        await said(log, "markets.>", 1)
        await control.done("set_market", market="plain", ready=False)
        await requests(control, 5)
        assert len(await log.read(["markets.>"])) == 1
        await control.done("resolve", market="plain", payouts=[0, 1])
        closed = await closing(log)

    assert (closed.tick_size_micros, closed.fee) == (market.tick_size_micros, market.fee)
    assert (closed.closed, closed.accepting_orders) == (True, False)


async def test_a_market_past_its_planned_end_is_asked_until_it_is_over(log: NatsLog) -> None:
    async with (
        directing(FOUR_MARKETS) as control,
        referring(log, control.running.urls) as reference,
    ):
        await control.done("add_market", market={"slug": "late", "ends": "2026-01-01T00:00:00Z"})
        market = market_of(control, "late")
        reference.used_trade(traded(market.tokens[0].token_id, market.condition_id))
        await said(log, "markets.>", 1)
        await requests(control, 3, to="/v2/resolutions")
        assert await log.read(["markets.*.resolved"]) == []
        await control.done("resolve", market="late", payouts=[0, 1])
        (event,) = await said(log, "markets.*.resolved", 1)

    assert isinstance(event, MarketResolved)
    assert [payout.price_micros for payout in event.payouts] == [0, 1_000_000]
