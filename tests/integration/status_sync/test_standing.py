"""Whether the venue's word about the account is complete, as the log tells it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from polycopy.paper_venue.core.faults.rules import FaultKind
from polycopy.polymarket.reports import TradeReport
from polycopy.runtime.log import Log
from polycopy.schemas.accounts import AccountCaughtUp, AccountFellBehind
from polycopy.schemas.control import VenueName
from polycopy.schemas.orders import OrderFilled, OrderPartiallyFilled
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.ports import Asked
from polycopy.status_sync.service.status_sync import STARTED
from polycopy.trading.account_state import Account
from tests.integration.status_sync.test_reporting import (
    exit_of,
    matches_the_venue,
    reporting,
    settled,
)
from tests.support.bad_days import switch_on
from tests.support.directing import buys, rests
from tests.support.executing import Venues, act, events_of, eventually, started
from tests.support.like import Like
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy
from tests.support.syncing import staged

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)


def caught_up(account: Account) -> bool:
    return account.caught_up


async def reasons(log: Log) -> list[str]:
    """Why the account fell behind, each time."""
    events = await events_of(log, LIVE)
    return [event.reason for event in events if isinstance(event, AccountFellBehind)]


async def test_it_is_told_once_that_all_was_read_and_since_when(log: Log) -> None:
    async with staged(log) as stage:
        at_ms = stage.clock.now_ms()

        await stage.rounds(3)

        [said] = await stage.said(AccountCaughtUp)
        assert isinstance(said, AccountCaughtUp)
        assert (said.epoch, said.read_from_ms) == (1, at_ms - 3_600_000)
        assert (said.orders_read, said.trades_read) == (0, 0)
        assert await reasons(log) == []


async def test_after_each_start_it_is_behind_until_all_was_read(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.place(buys(stage.control, salt=2), "b")
        await stage.elapse(5_000)
        stage.restarted()
        await stage.sync.start()
        assert await reasons(log) == [STARTED]
        await stage.sync.ask()
        assert not (await stage.account()).caught_up  # Its socket does not hear yet.

        await stage.sync.heed(Connected())
        await stage.sync.ask()

        assert (await stage.account()).caught_up
        _, said = await stage.said(AccountCaughtUp)
        assert isinstance(said, AccountCaughtUp)
        assert (said.orders_read, said.trades_read) == (1, 1)


async def test_a_new_executor_is_told_anew(log: Log) -> None:
    async with staged(log) as stage:
        await stage.epoch()
        assert not (await stage.account()).caught_up

        await stage.rounds(1)

        account = await stage.account()
        assert (account.caught_up, account.caught_up_epoch) == (True, 2)
        assert await reasons(log) == []


async def test_nobody_is_told_before_there_is_an_executor(
    log: Log, venue: Running, keys: Path
) -> None:
    async with reporting(log, venue, keys, poll_s=0.02) as service:
        await service.ask()
        assert await log.end() == 1  # The log's own first event.


async def test_a_lost_socket_leaves_us_behind_until_it_is_back_and_all_was_read(log: Log) -> None:
    async with staged(log) as stage:
        for _ in range(2):
            await stage.sync.heed(Lost(reason="closed"))
        await stage.rounds(2)
        assert await reasons(log) == ["user socket lost: closed"]
        assert not (await stage.account()).caught_up

        await stage.sync.heed(Connected())
        await stage.rounds(1)

        assert (await stage.account()).caught_up


class Interrupted(Like):
    """A venue of which something happens while it is asked for our trades."""

    def __init__(self, inner: Asked, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__(inner)
        self._happens = happens

    async def trades(self, after_s: int) -> AsyncIterator[Sequence[TradeReport]]:
        async for page in self._inner.trades(after_s):
            yield page
        await self._happens()


async def test_a_socket_that_is_lost_during_a_round_leaves_us_behind_after_it(log: Log) -> None:
    async with staged(log) as stage:
        asked = stage.asked

        async def break_off() -> None:
            await stage.sync.heed(Lost(reason="closed"))
            await stage.sync.heed(Connected())

        stage.asked = Interrupted(asked, break_off)
        stage.restarted()
        await stage.connect()
        assert not (await stage.account()).caught_up
        assert stage.sync.blind

        stage.asked = asked
        stage.restarted()
        await stage.connect()
        assert (await stage.account()).caught_up


async def test_an_executor_that_starts_during_a_round_is_told_after_the_next(log: Log) -> None:
    async with staged(log) as stage:
        stage.asked = Interrupted(stage.asked, stage.epoch)
        stage.restarted()
        await stage.connect()

        account = await stage.account()
        assert (account.epoch, account.caught_up) == (2, False)


async def test_a_short_outage_of_the_reads_leaves_nobody_behind(log: Log) -> None:
    async with staged(log) as stage:
        fault = {"kind": "error_before", "on": "GET /data", "times": 1}
        await stage.control.done("set_fault", fault=fault)

        await stage.rounds(2, every_ms=2_000)

        assert await reasons(log) == []
        assert not stage.sync.blind


async def test_a_socket_that_misses_a_fill_is_given_up(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(buys(stage.control))
        await stage.rounds(1)
        assert (await stage.order()).filled_size_micros
        await stage.sync.mind_socket()
        assert stage.told.given_up == []

        await stage.elapse(15_001)
        await stage.sync.mind_socket()

        [why] = stage.told.given_up
        assert why.startswith("deaf")
        assert (await reasons(log))[0].startswith("user socket deaf")


async def test_a_socket_that_tells_what_was_found_is_kept(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(buys(stage.control))
        await stage.rounds(1)
        [trade] = await stage.trades()

        await stage.sync.heed([trade])
        await stage.elapse(15_001)
        await stage.sync.mind_socket()

        assert stage.told.given_up == []
        assert len(await stage.said(OrderFilled)) == 1


async def test_an_executor_that_starts_while_nobody_asks_is_told_at_once(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    async with reporting(log, venue, keys):
        for instance in ("first", "second"):
            await started(log, venues, instance=instance, alone=False)
            await eventually(log, LIVE, caught_up)


async def test_fills_are_found_where_the_socket_is_silent_and_it_is_made_anew(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    async with reporting(log, venue, keys, poll_s=0.02, rules=Rules(deaf_ms=50)):
        await eventually(log, LIVE, caught_up)
        switch_on(venue, FaultKind.STALL, on="user")

        await act(executor, await signal(log, venue, decision(COPY)))
        await eventually(log, LIVE, lambda account: settled(account) and not account.caught_up)
        await eventually(log, LIVE, lambda account: settled(account) and account.caught_up)

        fills = await events_of(log, LIVE)
        sources = {
            event.source for event in fills if isinstance(event, OrderFilled | OrderPartiallyFilled)
        }
        assert sources == {"trades"}
        assert [reason for reason in await reasons(log) if "deaf" in reason]
        await act(executor, await exit_of(log, venue, number=2))
        await eventually(log, LIVE, lambda account: len(account.orders) == 2 and settled(account))
    await matches_the_venue(log, venue)


async def test_a_socket_without_data_is_made_anew_while_something_is_owed(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False)
    switch_on(venue, FaultKind.SETTLE_STUCK, on="trade")
    async with reporting(log, venue, keys, poll_s=0.02, rules=Rules(dataless_ms=100)):
        await act(executor, await signal(log, venue, decision(COPY)))
        await eventually(log, LIVE, lambda account: "silent" in account.behind_reason)
        await eventually(log, LIVE, caught_up)


@pytest.mark.parametrize("deaf", [True, False])
async def test_a_kill_at_any_time_leaves_it_caught_up_in_the_end(
    log: Log, venue: Running, venues: Venues, keys: Path, *, deaf: bool
) -> None:
    await create(log, COPY)
    executor = await started(log, venues)
    await act(executor, await signal(log, venue, decision(COPY)))
    for _ in range(5):
        async with reporting(log, venue, keys, deaf=deaf, poll_s=0.02):
            await eventually(log, LIVE, caught_up)
    async with reporting(log, venue, keys, deaf=deaf, poll_s=0.02):
        await eventually(log, LIVE, lambda account: settled(account) and account.caught_up)
    await matches_the_venue(log, venue)
