"""The venue's limits, as it tells them, and what we make of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polycopy.executor.adapters.clob import open_clob
from polycopy.executor.adapters.turnstile import Turnstile
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.core.answers import NotSent, Placed, Unknown
from polycopy.executor.core.outcomes import Outcome
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import CancelVerdict, UncertainCode
from polycopy.trading.order_life import OrderState
from tests.support.executing import (
    Venues,
    account_of,
    act,
    sign_in,
    started,
    venue_orders,
    venues_at,
)
from tests.support.hand_clock import HandClock
from tests.support.live_orders import prepared
from tests.support.paper_venue import Running, paper_venue
from tests.support.raw_clob import access, live_venue
from tests.support.signalling import LIVE, create, decision, signal, strategy
from tests.support.sleeper import Sleeper
from tests.support.strange_venue import CREDENTIALS, answers, shows, strange_venue
from tests.support.trading import requested

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
CLOSED = Fault(
    kind=FaultKind.ERROR_BEFORE,
    on="POST /order",
    status=429,
    text="Too Many Requests",
    retry_after_s=30,
    times=1,
)
NOBODY = VenueOrderId("0x" + "77" * 32)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(SystemClock().now_ms())


@pytest.fixture
async def venues(venue: Running, keys: Path, clock: HandClock) -> AsyncIterator[Venues]:
    async with venues_at(venue.urls["clob"], keys, clock=clock) as opened:
        yield opened


async def test_a_429_closes_the_way_for_orders_and_for_nothing_else(
    venue: Running, venues: Venues, clock: HandClock
) -> None:
    live, market = venues.by_name[VenueName.POLYMARKET], venue.script.markets[0]
    first, second = [await prepared(live, venues.markets, market) for _ in range(2)]
    venue.venue.pipeline.faults.set(CLOSED)

    answer, kept = await live.send(first), await live.send(second)

    assert isinstance(answer, Unknown)
    assert (answer.code, answer.retry_after_s) == (UncertainCode.RATE_LIMITED, 30)
    assert kept == NotSent(detail="rate limit: orders would have to wait 30 s", retry_after_s=30)
    assert not venue_orders(venue)
    assert (await live.cancel([NOBODY]))[NOBODY].verdict is CancelVerdict.NOT_FOUND
    assert await venues.markets.book(market.tokens[0].token_id)
    assert await live.find(first) is None
    clock.advance(30_000)
    assert isinstance(await live.send(second), Placed)


async def test_an_order_that_had_to_stay_is_owed_and_goes_out_later(
    log: Log, venue: Running, venues: Venues, clock: HandClock
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, clock=clock)
    venue.venue.pipeline.faults.set(CLOSED)
    await act(executor, await signal(log, venue, decision(COPY), number=1))
    await act(executor, await signal(log, venue, decision(COPY), number=2))

    states = [one.state for one in (await account_of(log, LIVE)).orders.values()]
    assert sorted(states) == [OrderState.REQUESTED, OrderState.UNCERTAIN]
    assert not venue_orders(venue)

    clock.advance(30_000)
    await executor.settle()

    account = await account_of(log, LIVE)
    assert {one.state for one in account.orders.values()} == {OrderState.OPEN}
    assert len(venue_orders(venue)) == 2


async def test_what_an_enforcing_venue_tells_is_learnt(tmp_path: Path) -> None:
    async with paper_venue(limiting=Limiting.ENFORCED) as running:
        await sign_in(running, tmp_path)
        async with venues_at(running.urls["clob"], tmp_path) as opened:
            live = opened.by_name[VenueName.POLYMARKET]
            running.venue.pipeline.signers.put(live.account.signer, "gold")
            market = running.script.markets[0]
            await live.send(await prepared(live, opened.markets, market))

            orders = [VenueOrderId(f"0x{number:064x}") for number in range(700)]
            said = await live.cancel(orders)

        requests = [one for one in running.venue.journal.requests if one.method == "DELETE"]
    assert [one.status for one in requests] == [200], "all at once, in the tier of gold"
    assert {answer.verdict for answer in said.values()} == {CancelVerdict.NOT_FOUND}


async def test_more_cancels_than_a_bucket_holds_go_in_parts_each_in_its_turn() -> None:
    sleeper = Sleeper()
    turnstile = Turnstile(VenueClock(sleeper.clock), sleep=sleeper.sleep)
    shared = access(VenueClock(sleeper.clock), turnstile=turnstile)
    orders = [VenueOrderId(f"0x{number:064x}") for number in range(250)]
    async with (
        strange_venue(answers({"canceled": orders, "not_canceled": {}})) as strange,
        open_clob(strange.url, shared, CREDENTIALS) as clob,
    ):
        said = await live_venue(clob).cancel(orders)

        assert strange.asked == ["DELETE /orders"] * 3
    assert {answer.verdict for answer in said.values()} == {CancelVerdict.CANCELLED}
    assert list(said) == orders
    assert sleeper.slept_s == [1.5, 0.125]


async def test_a_cancel_whose_turn_comes_too_late_is_unknown_and_says_why() -> None:
    standing = access(VenueClock(HandClock()))
    async with strange_venue(answers({}, 429, {"Retry-After": "60"})) as strange:
        async with open_clob(strange.url, standing, CREDENTIALS) as clob:
            await live_venue(clob).cancel([NOBODY])
            said = await live_venue(clob).cancel([NOBODY])

        assert strange.asked == ["DELETE /order"]
    assert said[NOBODY].verdict is CancelVerdict.UNKNOWN
    assert said[NOBODY].answer == "not sent: rate limit: cancels would have to wait 60 s"


async def test_a_read_that_is_turned_away_comes_again_when_the_venue_wants_it() -> None:
    standing = access(VenueClock(HandClock()))
    async with strange_venue(answers({}, 429, {"Retry-After": "60"})) as strange:
        async with open_clob(strange.url, standing, CREDENTIALS) as clob:
            for _ in range(2):
                with pytest.raises(Transient) as caught:
                    await live_venue(clob).find(requested())

        assert strange.asked == ["GET /data/order/0xa"]
    assert caught.value.after_s == 60


async def test_every_request_that_left_is_told_to_whoever_judges_the_venue() -> None:
    heard: list[Outcome] = []
    shared = access(on_outcome=heard.append)
    async with (
        strange_venue(shows("<html>", 502)) as strange,
        open_clob(strange.url, shared, CREDENTIALS) as clob,
    ):
        await live_venue(clob).send(requested())
        await live_venue(clob).cancel([NOBODY])
        with pytest.raises(Transient):
            await live_venue(clob).find(requested())
    async with open_clob("http://127.0.0.1:1", shared, CREDENTIALS) as clob:
        await live_venue(clob).send(requested())

    assert [(one.name, one.http_status) for one in heard] == [
        ("orders", 502),
        ("cancels", 502),
        ("/data/order/", 502),
        ("orders", 0),
    ]
    assert all(one.took_ms >= 0 for one in heard)
