"""The kill switch: what may still leave, and that nobody has to hear it for it to hold."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest

from polycopy.executor.service.permits import Permits
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas import subjects
from polycopy.schemas.control import TradingState, TradingStateSet, VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderPlaced, OrderRefused
from polycopy.schemas.terms import RefusalCode
from polycopy.trading.order_state import DUST_MICROS
from tests.support.crashing import Crash, Steps
from tests.support.executing import Venues, account_of, act, events_of, started, venue_orders
from tests.support.hand_clock import HandClock
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, PAPER, create, decision, signal, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
EVERY = AccountId("")


class Deaf:
    """A log whose subscriptions stay silent, as one does that a server forgot."""

    def __init__(self, inner: Log) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]:
        del filters, after
        await asyncio.Event().wait()
        yield cast(Recorded, None)


class Mute:
    """A log in which, once it is `mute`, nobody can read what the operator says."""

    def __init__(self, inner: Log) -> None:
        self._inner = inner
        self.mute = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def read(self, filters: Sequence[str], **bounds: Any) -> list[Recorded]:
        if self.mute and subjects.ALL_LIMITS in filters:
            raise Transient("the server does not answer")
        return await self._inner.read(filters, **bounds)


async def turn(log: Log, state: TradingState, account: AccountId = LIVE) -> None:
    event = TradingStateSet(account=account, state=state, operator="ann")
    subject = subjects.subject_of(event)
    last = await log.last(f"{subject.rsplit('.', 1)[0]}.*")
    sequence = last.sequence if last else 0
    origin = Origin(source="cli", time_ms=1, causation_id=f"{state} after {sequence}")
    await log.append(draft(event, subject=subject, origin=origin), expected=sequence)


async def codes(log: Log, account: AccountId = LIVE) -> list[RefusalCode]:
    """Of the last refusal."""
    refused = [one for one in await events_of(log, account) if isinstance(one, OrderRefused)]
    return [refusal.code for refusal in refused[-1].refusals]


@pytest.mark.parametrize("account", [LIVE, EVERY])
async def test_nothing_is_sent_while_trading_is_halted(
    log: Log, venue: Running, venues: Venues, account: AccountId
) -> None:
    await create(log, COPY)
    await turn(log, TradingState.HALTED, account)
    executor = await started(log, venues)

    await act(executor, await signal(log, venue, decision(COPY)))

    assert await codes(log) == [RefusalCode.TRADING_HALTED]
    assert not venue_orders(venue)


async def test_nothing_is_sent_while_nobody_can_read_what_the_operator_says(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    clock, mute = HandClock(SystemClock().now_ms()), Mute(log)
    executor = await started(cast(Log, mute), venues, clock=clock)
    mute.mute = True

    await act(executor, await signal(log, venue, decision(COPY)))
    assert len(venue_orders(venue)) == 1  # It was read just now.
    clock.advance(11_000)
    await act(executor, await signal(log, venue, decision(COPY), number=2))

    assert await codes(log) == [RefusalCode.TRADING_HALTED]
    assert len(venue_orders(venue)) == 1
    mute.mute = False
    await act(executor, await signal(log, venue, decision(COPY), number=3))
    assert len(venue_orders(venue)) == 2


async def test_the_switch_of_another_account_stops_nothing(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    await turn(log, TradingState.HALTED, AccountId("another"))
    executor = await started(log, venues)
    await act(executor, await signal(log, venue, decision(COPY)))
    assert len(venue_orders(venue)) == 1


async def test_forward_tests_are_halted_with_all_the_others(
    log: Log, venue: Running, paper: Venues
) -> None:
    test = strategy("copy-one", PAPER, VenueName.PAPER)
    await create(log, test)
    await turn(log, TradingState.HALTED, EVERY)
    executor = await started(log, paper)
    await act(executor, await signal(log, venue, decision(test)))
    assert await codes(log, PAPER) == [RefusalCode.TRADING_HALTED]


async def test_exits_leave_while_trading_is_reducing(
    log: Log, venue: Running, venues: Venues
) -> None:
    test = strategy("copy-one", PAPER, VenueName.PAPER)
    await create(log, test)
    executor = await started(log, venues)
    await act(executor, await signal(log, venue, decision(test)))
    [held] = (await account_of(log, PAPER)).positions.values()
    await turn(log, TradingState.REDUCING, EVERY)
    reducing = await started(log, venues, instance="second")

    await act(reducing, await signal(log, venue, decision(test), number=2))
    assert await codes(log, PAPER) == [RefusalCode.TRADING_REDUCING]

    exit_all = decision(test, notional=0, size=held.size_micros, limit=1)
    await act(reducing, await signal(log, venue, exit_all, number=3, side=Side.SELL))
    left = (await account_of(log, PAPER)).positions[held.token_id]
    assert left.size_micros < DUST_MICROS < held.size_micros


async def test_an_order_that_had_not_left_waits_until_trading_goes_on(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    crashing = await started(log, venues, steps=Steps("before send"))
    with pytest.raises(Crash):
        await act(crashing, await signal(log, venue, decision(COPY)))
    await turn(log, TradingState.HALTED)

    await started(log, venues, instance="second")
    assert not venue_orders(venue)
    assert (await account_of(log, LIVE)).locked_micros > 0  # Unknown is not failed.

    await turn(log, TradingState.ACTIVE)
    await started(log, venues, instance="third")
    assert len(venue_orders(venue)) == 1
    placed = [one for one in await events_of(log, LIVE) if isinstance(one, OrderPlaced)]
    assert len(placed) == 1


async def test_the_switch_is_read_though_the_subscription_is_blind(log: Log) -> None:
    permits = Permits(cast(Log, Deaf(log)), clock=SystemClock())
    assert permits.state_of(LIVE) is TradingState.HALTED  # Nobody knows better yet.
    await permits.refresh()
    assert permits.state_of(LIVE) is TradingState.ACTIVE
    polling = asyncio.create_task(permits.poll(0.01))
    await turn(log, TradingState.HALTED)
    async with asyncio.timeout(20):
        await permits.switched.wait()
    polling.cancel()
    assert permits.state_of(LIVE) is TradingState.HALTED
