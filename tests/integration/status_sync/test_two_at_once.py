"""Two status-syncs of one account, by mistake: what both are told is in the log once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from polycopy.polymarket.reports import TradeReport
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.accounts import AccountCaughtUp
from polycopy.schemas.orders import Fill
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.hearing import Connected
from polycopy.status_sync.core.reading import USER_SOCKET
from polycopy.status_sync.core.rules import TRADES
from polycopy.status_sync.service.ear import Ear
from polycopy.status_sync.service.scribe import Scribe
from polycopy.status_sync.service.status_sync import StatusSync
from polycopy.trading.invariants import check
from tests.integration.status_sync.test_doubts import CLOCK, asked_at, log_with, venue_with
from tests.support.executing import events_of
from tests.support.hand_clock import HandClock
from tests.support.strange_venue import answers, strange_venue
from tests.support.syncing import Quiet
from tests.support.trading import ACCOUNT, ONE, OPENING, placed, requested
from tests.unit.status_sync.test_reconcile import trade

MATCHES = 40
BIG = requested(
    order_type=OrderType.GTC, size=MATCHES * ONE, notional=MATCHES * ONE, lock=MATCHES * ONE
)


@asynccontextmanager
async def two_of(log: Log) -> AsyncIterator[tuple[Ear, Ear]]:
    held = ledger.initial(ACCOUNT)
    for event in (*OPENING, BIG, placed()):
        new = ledger.entry(held, event, 1)
        sequence = await log.append(new, expected=held.sequence)
        stored = Recorded(
            sequence=sequence, subject=new.subject, envelope=new.envelope, event=event
        )
        held = ledger.evolve(held, stored)
    async with strange_venue(venue_with()) as venue, asked_at(venue.url) as reports:
        scribes = [Scribe(log, ACCOUNT, asked=reports, clock=CLOCK) for _ in range(2)]
        for scribe in scribes:
            await scribe.catch_up()
        one, other = (Ear(scribe, owner="key", clock=CLOCK) for scribe in scribes)
        yield one, other


@pytest.mark.parametrize("source", [USER_SOCKET, TRADES])
async def test_what_both_are_told_at_once_is_in_the_log_once(log: Log, source: str) -> None:
    told = [trade(f"t{number}", size=ONE) for number in range(MATCHES)]

    async def hears(ear: Ear, reports: Sequence[TradeReport], source: str) -> None:
        for report in reports:
            await ear.hear([report], source)

    async with two_of(log) as (one, other):
        await asyncio.gather(hears(one, told, USER_SOCKET), hears(other, [*reversed(told)], source))

    events = await events_of(log, ACCOUNT)
    fills = [event.venue_trade_id for event in events if isinstance(event, Fill)]
    assert sorted(fills) == sorted(report.venue_trade_id for report in told)
    assert check(ACCOUNT, events) == []  # type: ignore[arg-type]  # order events


async def test_one_that_cannot_read_does_not_quarrel_with_one_that_can() -> None:
    log, clock = await log_with(), HandClock()
    async with (
        strange_venue(venue_with()) as well,
        strange_venue(answers({}, 503)) as ill,
        asked_at(well.url) as reports,
        asked_at(ill.url) as none,
    ):
        both = [
            StatusSync(log, ACCOUNT, asked=asked, told=Quiet(), clock=clock)
            for asked in (reports, none)
        ]
        for sync in both:
            await sync.start()
            await sync.heed(Connected())
        for _ in range(150):
            clock.advance(2_000)
            for sync in both:
                with suppress(Transient):
                    await sync.ask()

    said = [event for event in await events_of(log, ACCOUNT) if isinstance(event, AccountCaughtUp)]
    assert 2 <= len(said) <= 6
