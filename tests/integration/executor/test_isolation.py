"""What goes wrong with one market, one order or one account stops none of the others."""

import asyncio
from typing import Any, cast

import msgspec
import pytest

from polycopy.executor.core import ledger
from polycopy.executor.core.answers import Answer, Placed, Unknown
from polycopy.executor.ports import Markets, Venue
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Permanent, Transient
from polycopy.runtime.log import EVENT_BYTES_MAX, Log
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import Strategy, VenueName
from polycopy.schemas.envelope import Origin
from polycopy.schemas.ids import TokenId, VenueOrderId
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.subjects import ALL_ORDERS, account_filter
from polycopy.schemas.terms import RefusalCode, UncertainCode
from polycopy.trading.approval import ApprovedOrder
from polycopy.trading.order_life import OrderState
from polycopy.trading.orderbook import Book
from tests.support.executing import (
    Venues,
    account_of,
    act,
    events_of,
    eventually,
    running,
    started,
    venue_orders,
)
from tests.support.hand_clock import HandClock
from tests.support.like import Like, refusals, with_money_at
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, PAPER, create, decision, signal, strategy
from tests.support.trading import placed

COPY = strategy("copy", LIVE, VenueName.POLYMARKET)
TEST = strategy("test", PAPER, VenueName.PAPER)


class Smudged(Like):
    """Markets of which no book can be read; `away`: the venue does not answer at all."""

    away = False
    looks = 0

    async def book(self, token_id: TokenId) -> Book | None:
        self.looks += 1
        raise Transient(f"unreadable book of token {token_id}")

    async def answers(self) -> bool:
        return not self.away


class Clumsy(Like):
    """A venue whose library builds no order."""

    async def prepare(self, order: ApprovedOrder) -> tuple[VenueOrderId, str]:
        raise Permanent(f"the library refuses to build the order: tick of {order.token_id}")


class Unhurried(Like):
    """A forward test that is not done before it is let."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.may = asyncio.Event()

    async def send(self, request: OrderRequested, *more: Any) -> Answer:
        await self.may.wait()
        return cast(Answer, await self._inner.send(request, *more))


class Unread(Like):
    """A venue of which the library cannot read one market."""

    tries = 0

    async def prepare(self, order: ApprovedOrder) -> tuple[VenueOrderId, str]:
        self.tries += 1
        raise Transient(f"the market of token {order.token_id} cannot be read")


class Stuck(Like):
    """A venue that answers no sending, and no look for the first order."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.first = ""

    async def send(self, request: OrderRequested, *_: Any) -> Answer:
        self.first = self.first or request.order_id
        return Unknown(code=UncertainCode.TIMEOUT)

    async def find(self, request: OrderRequested) -> Placed | None:
        if request.order_id == self.first:
            raise Transient("the venue answers the look for an order with 500")
        return Placed(status="live", adopted="order")


async def test_a_book_that_cannot_be_read_is_a_refusal_and_stops_no_other_signal(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    markets = Smudged(venues.markets)
    executor = await started(log, msgspec.structs.replace(venues, markets=cast(Markets, markets)))

    said = await act(executor, await signal(log, venue, decision(COPY)))

    assert said == ["polycopy.order.refused.v1"]
    [refused] = [one for one in await events_of(log, LIVE) if isinstance(one, OrderRefused)]
    assert [one.code for one in refused.refusals] == [RefusalCode.NO_BOOK]
    assert "unreadable book" in refused.refusals[0].detail
    assert markets.looks == 4


async def test_where_the_venue_answers_nothing_a_signal_waits_until_it_is_too_old(
    venue: Running, venues: Venues
) -> None:
    log, clock = MemoryLog(), HandClock(SystemClock().now_ms())
    await create(log, COPY)
    markets = Smudged(venues.markets)
    markets.away = True
    patient = msgspec.structs.replace(venues, markets=cast(Markets, markets))
    executor = await started(log, patient, clock=clock)
    sent = await signal(log, venue, decision(COPY))
    with pytest.raises(Transient):
        await act(executor, sent)
    looks = markets.looks

    clock.advance(61_000)

    assert await act(executor, sent) == ["polycopy.order.refused.v1"]
    assert refusals(await events_of(log, LIVE)) == [[RefusalCode.SIGNAL_TOO_OLD]]
    assert markets.looks == looks, "a signal that is too old needs no look"


async def test_an_order_that_cannot_be_built_is_refused_with_the_reason_and_paper_goes_on(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    await create(log, TEST)
    clumsy = Clumsy(venues.by_name[VenueName.POLYMARKET])
    executor = await started(log, with_money_at(venues, clumsy))

    await act(executor, await signal(log, venue, decision(COPY), decision(TEST)))

    [refused] = [one for one in await events_of(log, LIVE) if isinstance(one, OrderRefused)]
    assert [one.code for one in refused.refusals] == [RefusalCode.ORDER_NOT_BUILT]
    assert "refuses to build the order" in refused.refusals[0].detail
    assert not venue_orders(venue)
    requests = [one for one in await events_of(log, PAPER) if isinstance(one, OrderRequested)]
    assert len(requests) == 1


@pytest.mark.parametrize("of", [COPY, TEST])
async def test_an_order_too_long_for_the_log_is_refused_with_the_reason(
    log: Log, venue: Running, venues: Venues, of: Strategy
) -> None:
    """An order says more than its signal, which just fitted."""
    await create(log, of)
    executor = await started(log, venues)
    sent = await signal(log, venue, decision(of))
    long = msgspec.structs.replace(sent.event, title="x" * (EVENT_BYTES_MAX - 1_000))

    said = await act(executor, msgspec.structs.replace(sent, event=long))

    assert said == ["polycopy.order.refused.v1"]
    assert refusals(await events_of(log, of.account)) == [[RefusalCode.ORDER_NOT_BUILT]]
    assert not venue_orders(venue)


async def test_a_market_that_the_library_cannot_read_is_a_refusal_and_nobody_waits_for_it(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    unread = Unread(venues.by_name[VenueName.POLYMARKET])
    executor = await started(log, with_money_at(venues, unread))

    await act(executor, await signal(log, venue, decision(COPY)))

    assert refusals(await events_of(log, LIVE)) == [[RefusalCode.ORDER_NOT_BUILT]]
    assert unread.tries == 4


async def test_money_never_waits_for_a_forward_test(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    await create(log, TEST)
    unhurried = Unhurried(venues.by_name[VenueName.PAPER])
    by_name = venues.by_name | {VenueName.PAPER: cast(Venue, unhurried)}
    executor = await started(log, msgspec.structs.replace(venues, by_name=by_name))
    async with running(executor, log):
        for number in (1, 2, 3):
            both = decision(COPY, notional=2_000_000), decision(TEST, notional=2_000_000)
            await signal(log, venue, *both, number=number)

        await eventually(log, LIVE, lambda account: len(account.orders) == 3)
        assert len((await account_of(log, PAPER)).orders) <= 1
        unhurried.may.set()
        await eventually(log, PAPER, lambda account: len(account.orders) == 3)


async def test_an_order_that_cannot_be_looked_for_keeps_no_other_from_being_settled(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    stuck = Stuck(venues.by_name[VenueName.POLYMARKET])
    executor = await started(log, with_money_at(venues, stuck))
    for number in (1, 2, 3):
        await act(executor, await signal(log, venue, decision(COPY), number=number))

    await executor.settle()

    orders = (await account_of(log, LIVE)).orders
    states = {order_id: order.state for order_id, order in orders.items()}
    assert states.pop(cast(Any, stuck.first)) is OrderState.UNCERTAIN
    assert set(states.values()) == {OrderState.OPEN}
    assert len(states) == 2


async def test_the_worker_hands_a_late_signal_on_as_a_refusal(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    sent = await signal(log, venue, decision(COPY), age_ms=61_000)
    async with running(await started(log, venues), log):
        async for recorded in log.follow([ALL_ORDERS], after=sent.sequence):
            if isinstance(recorded.event, OrderRefused):
                break
    assert refusals(await events_of(log, LIVE)) == [[RefusalCode.SIGNAL_TOO_OLD]]


class Late(Like):
    """A venue that denies an order while somebody else writes down that it was filled."""

    def __init__(self, inner: Any, log: Log) -> None:
        super().__init__(inner)
        self._log = log
        self.sent = 0

    async def send(self, *asked: Any) -> Answer:
        del asked
        self.sent += 1
        return Unknown(code=UncertainCode.TIMEOUT)

    async def find(self, request: OrderRequested) -> None:
        if self.sent == 1:
            held = ledger.initial(LIVE)
            for recorded in await self._log.read([account_filter(LIVE)]):
                held = ledger.evolve(held, recorded)
            event = placed(request.order_id)
            origin = Origin(source="status-sync", time_ms=1, causation_id="told")
            await self._log.append(ledger.entry(held, event, origin), expected=held.sequence)


async def test_an_order_that_somebody_heard_of_during_the_look_is_not_sent_again(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    late = Late(venues.by_name[VenueName.POLYMARKET], log)
    executor = await started(log, with_money_at(venues, late))
    await act(executor, await signal(log, venue, decision(COPY)))

    await executor.settle()

    assert late.sent == 1
    [order] = (await account_of(log, LIVE)).orders.values()
    assert order.state is OrderState.OPEN
