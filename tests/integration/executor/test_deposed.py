"""Whoever's account was taken over sends nothing any more, and ends."""

from typing import Any, cast

import msgspec
import pytest

from polycopy.executor.core.answers import Answer, Unknown
from polycopy.executor.ports import Venue
from polycopy.executor.service.desk import Desk
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import AccountId
from polycopy.schemas.subjects import ALL_ORDERS
from polycopy.schemas.terms import UncertainCode
from polycopy.trading.order_life import OrderState
from tests.support.executing import HURRIED, Venues, account_of, act, started, venue_orders
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
NEVER_AGAIN = msgspec.structs.replace(HURRIED, resend_ms_max=-1)


class OutOfReach:
    """A venue that no order reaches until it is `near`."""

    def __init__(self, inner: Venue) -> None:
        self._inner = inner
        self.near = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, *order: Any) -> Answer:
        if self.near:
            return await self._inner.send(*order)
        return Unknown(code=UncertainCode.CONNECTION)


async def test_an_executor_whose_account_was_taken_over_stops(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    first = await started(log, venues, instance="first")
    second = await started(log, venues, instance="second")
    sent = await signal(log, venue, decision(COPY))

    with pytest.raises(Halt, match=r"another executor took over account live-main \(second\)"):
        await act(first, sent)

    assert not venue_orders(venue)
    await act(second, sent)
    assert len(venue_orders(venue)) == 1


async def test_it_stops_at_once_where_it_hears_of_its_successor(log: Log, venues: Venues) -> None:
    await create(log, COPY)
    first = await started(log, venues, instance="first")
    await started(log, venues, instance="second", alone=False)
    epoch = await log.last(ALL_ORDERS)
    assert epoch is not None

    with pytest.raises(Halt, match="another executor took over"):
        await first.hear(epoch)


@pytest.mark.parametrize("venue_name", VenueName)
async def test_it_stops_where_another_trades_with_other_money_from_its_log(
    log: Log, venues: Venues, venue_name: VenueName
) -> None:
    """They would take each other's signals. Of a forward test nobody can tell whose it is yet."""
    first = await started(log, venues, instance="first")
    whose = venues.by_name[venue_name].account
    other = Desk(log, AccountId("other"), whose, clock=SystemClock())
    await other.take_over("second")
    epoch = await log.last(ALL_ORDERS)
    assert epoch is not None

    if venue_name is VenueName.PAPER:
        await first.hear(epoch)
        return
    with pytest.raises(Halt, match=r"took up account other on this log \(second\): let only one"):
        await first.hear(epoch)


async def test_an_order_in_doubt_is_not_sent_again_by_the_one_who_was_deposed(
    log: Log, venue: Running, venues: Venues
) -> None:
    """The same bytes make no second order. But what becomes of it is the successor's to decide."""
    await create(log, COPY)
    far = OutOfReach(venues.by_name[VenueName.POLYMARKET])
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, far)}
    first = await started(log, msgspec.structs.replace(venues, by_name=by_name))
    await act(first, await signal(log, venue, decision(COPY)))
    orders = (await account_of(log, LIVE)).orders.values()
    assert [order.state for order in orders] == [OrderState.UNCERTAIN]
    await started(log, venues, instance="second", limits=NEVER_AGAIN)
    far.near = True

    with pytest.raises(Halt, match="another executor took over"):
        await first.settle()

    assert not venue_orders(venue)
