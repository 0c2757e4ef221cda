"""What the venue did with our orders arrives in the log, by the socket and by asking."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from polycopy.polymarket.auth import ApiCredentials
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.money import Side
from polycopy.schemas.orders import FillConfirmed, OrderFilled, OrderPartiallyFilled
from polycopy.status_sync.adapters.rest import open_reports
from polycopy.status_sync.adapters.socket import UserSocket
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reconcile import Report
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.service.status_sync import StatusSync
from polycopy.trading.account_state import Account
from polycopy.trading.invariants import check
from polycopy.trading.order_life import TERMINAL
from tests.support.executing import (
    Venues,
    account_of,
    act,
    events_of,
    eventually,
    started,
    venue_fills,
)
from tests.support.fault_proxy import fault_proxy
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)


class Deaf:
    """A socket that connects and never says anything."""

    async def listen(self) -> AsyncIterator[Connected | Lost | Sequence[Report]]:
        yield Connected()
        await asyncio.Event().wait()

    def reconnect(self, why: str) -> None:
        del why


@asynccontextmanager
async def reporting(
    log: Log,
    venue: Running,
    keys: Path,
    *,
    deaf: bool = False,
    poll_s: float = 60,
    user_ws: str = "",
    rules: Rules | None = None,
) -> AsyncIterator[StatusSync]:
    """status-sync at work. By default it hardly ever asks by itself."""
    credentials = msgspec.json.decode((keys / "api.json").read_bytes(), type=ApiCredentials)
    clock = SystemClock()
    socket = UserSocket(
        user_ws or venue.urls["user_ws"], credentials, clock=clock, chance=random.Random(1)
    )
    async with open_reports(venue.urls["clob"], credentials, timeout_s=5, clock=clock) as reports:
        told = Deaf() if deaf else socket
        every_ms = round(poll_s * 1000)
        rules = msgspec.structs.replace(
            rules or Rules(), poll_ms=every_ms, poll_fresh_ms=every_ms, sweep_ms=every_ms
        )
        service = StatusSync(log, LIVE, asked=reports, told=told, clock=clock, rules=rules)
        task = asyncio.create_task(service.run())
        try:
            if (await account_of(log, LIVE)).epoch:  # An executor waits for that before it buys.
                await eventually(log, LIVE, lambda account: account.caught_up)
            yield service
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()


def settled(account: Account) -> bool:
    """Every order has ended and every fill is confirmed."""
    orders = account.orders.values()
    return bool(account.orders) and all(
        order.state in TERMINAL and all(fill.confirmed for fill in order.fills.values())
        for order in orders
    )


async def exit_of(log: Log, venue: Running, number: int) -> Recorded:
    """A signal to sell half of what is held."""
    [held] = (await account_of(log, LIVE)).positions.values()
    half = decision(COPY, notional=0, size=held.size_micros // 2, limit=10_000)
    return await signal(log, venue, half, number=number, side=Side.SELL)


async def matches_the_venue(log: Log, venue: Running) -> None:
    """Every fill of the venue is in the log once, with the same figures (V3)."""
    events = await events_of(log, LIVE)
    assert check(LIVE, events) == []  # type: ignore[arg-type]  # all are order events
    fills = [one for one in events if isinstance(one, OrderFilled | OrderPartiallyFilled)]
    ours = [
        (
            fill.venue_trade_id,
            fill.venue_order_id,
            fill.size_micros,
            fill.price_micros,
            fill.notional_micros,
            fill.fee_micros,
        )
        for fill in fills
    ]
    theirs = [
        (
            fill["venue_trade_id"],
            fill["venue_order_id"],
            fill["size_micros"],
            fill["price_micros"],
            fill["notional_micros"],
            fill["fee_micros"],
        )
        for fill in venue_fills(venue)
    ]
    assert ours
    assert sorted(ours) == sorted(theirs)
    assert sum(isinstance(one, FillConfirmed) for one in events) == len(fills)


async def test_fills_are_told_by_the_socket(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with reporting(log, venue, keys):
        await act(executor, await signal(log, venue, decision(COPY)))
        await eventually(log, LIVE, settled)

    await matches_the_venue(log, venue)


async def test_fills_are_found_by_asking_where_the_socket_is_deaf(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with reporting(log, venue, keys, deaf=True, poll_s=0.02):
        await act(executor, await signal(log, venue, decision(COPY)))
        await eventually(log, LIVE, settled)

    await matches_the_venue(log, venue)


async def test_fills_from_before_the_start_are_found_at_the_start(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues)
    await act(executor, await signal(log, venue, decision(COPY)))
    async with reporting(log, venue, keys):
        await eventually(log, LIVE, settled)

    await matches_the_venue(log, venue)


async def test_what_was_missed_while_the_socket_was_cut_is_asked_for(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with (
        fault_proxy(venue.urls["clob"]) as proxy,
        reporting(log, venue, keys, user_ws=proxy.url.replace("http", "ws") + "/ws/user"),
    ):
        first = await signal(log, venue, decision(COPY, notional=2_000_000), number=1)
        await act(executor, first)
        await eventually(log, LIVE, settled)
        proxy.refuses = True
        await proxy.close()
        await act(executor, await exit_of(log, venue, number=2))  # No entry before it caught up.
        proxy.refuses = False

        await eventually(log, LIVE, lambda account: len(account.orders) == 2 and settled(account))

    await matches_the_venue(log, venue)
    assert not (await account_of(log, LIVE)).external_ids


async def test_what_was_bought_can_be_sold(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with reporting(log, venue, keys):
        await act(executor, await signal(log, venue, decision(COPY), number=1))
        bought = await eventually(log, LIVE, settled)
        [held] = bought.positions.values()
        size = held.size_micros // 10_000 * 10_000
        sell = decision(COPY, notional=0, size=size, limit=10_000)

        await act(executor, await signal(log, venue, sell, number=2, side=Side.SELL))

        sold = await eventually(
            log, LIVE, lambda account: len(account.orders) == 2 and settled(account)
        )
        assert held.token_id not in sold.positions or (
            sold.positions[held.token_id].size_micros == held.size_micros - size
        )
    await matches_the_venue(log, venue)


async def test_asking_again_says_nothing_new(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with reporting(log, venue, keys) as service:
        await act(executor, await signal(log, venue, decision(COPY)))
        await eventually(log, LIVE, lambda account: settled(account) and account.caught_up)
        before = await log.end()

        await service.ask()

        assert await log.end() == before


async def test_two_of_them_and_an_executor_say_each_fact_once(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with (
        reporting(log, venue, keys),
        reporting(log, venue, keys, deaf=True, poll_s=0.01),
    ):
        for number in range(1, 6):
            sent = await signal(log, venue, decision(COPY, notional=2_000_000), number=number)
            await act(executor, sent)
        await eventually(log, LIVE, lambda account: len(account.orders) == 5 and settled(account))

    await matches_the_venue(log, venue)
