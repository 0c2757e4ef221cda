"""An account that nobody has caught up takes no entries. For a moment they wait for it."""

import asyncio

import msgspec

from polycopy.executor.service.executor import Executor
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas import subjects
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRefused
from polycopy.schemas.terms import RefusalCode
from tests.support.executing import (
    DEADLINE_S,
    HURRIED,
    Venues,
    account_of,
    act,
    caught_up,
    events_of,
    started,
    venue_orders,
)
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
PATIENT = msgspec.structs.replace(HURRIED, behind_s_max=DEADLINE_S)
SALE = decision(COPY, notional=0, size=5_000_000, limit=10_000)


async def fall_behind(log: Log) -> Recorded:
    """As status-sync says it when its socket is lost."""
    known = await account_of(log, LIVE)
    event = AccountFellBehind(account=LIVE, reason="the user socket is lost", fell_behind_at_ms=1)
    new = draft(
        event,
        subject=subjects.order_subject(LIVE, event),
        origin=Origin(source="status-sync", time_ms=1, causation_id=f"after {known.version}"),
        aggregate_version=known.version + 1,
    )
    return await recorded(log, await log.append(new, expected=await end_of(log)))


async def end_of(log: Log) -> int:
    last = await log.last(subjects.account_filter(LIVE))
    return last.sequence if last else 0


async def recorded(log: Log, sequence: int) -> Recorded:
    found = await log.at(sequence)
    assert found is not None
    return found


async def refusals(log: Log) -> list[list[RefusalCode]]:
    return [
        [refusal.code for refusal in one.refusals]
        for one in await events_of(log, LIVE)
        if isinstance(one, OrderRefused)
    ]


async def waits_and_leaves(executor: Executor, log: Log, venue: Running) -> None:
    """An entry is not decided before its account is caught up, and then it is sent. An exit that
    came after it was decided meanwhile, and they take their turns at the account."""
    entry = await signal(log, venue, decision(COPY))
    exit_ = await signal(log, venue, SALE, number=2, side=Side.SELL)
    acting = asyncio.create_task(act(executor, entry))
    await asyncio.sleep(0)  # It begins.
    await act(executor, exit_)
    assert not acting.done()
    await caught_up(log, LIVE)
    await executor.hear(await recorded(log, await end_of(log)))
    async with asyncio.timeout(DEADLINE_S):
        await acting
    assert len(venue_orders(venue)) == 1
    [why] = await refusals(log)  # There was nothing to sell.
    assert RefusalCode.ACCOUNT_BEHIND not in why


async def test_an_entry_waits_for_its_account_and_then_leaves(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False, limits=PATIENT)

    await waits_and_leaves(executor, log, venue)


async def test_an_entry_that_waited_long_enough_is_refused(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    limits = msgspec.structs.replace(HURRIED, behind_s_max=0.05)
    executor = await started(log, venues, alone=False, limits=limits)

    await act(executor, await signal(log, venue, decision(COPY)))

    assert await refusals(log) == [[RefusalCode.ACCOUNT_BEHIND]]
    assert not venue_orders(venue)


async def test_an_exit_waits_for_nobody(log: Log, venue: Running, venues: Venues) -> None:
    await create(log, COPY)
    executor = await started(log, venues, alone=False, limits=PATIENT)

    async with asyncio.timeout(DEADLINE_S / 2):
        await act(executor, await signal(log, venue, SALE, side=Side.SELL))

    [why] = await refusals(log)  # There is nothing to sell.
    assert RefusalCode.ACCOUNT_BEHIND not in why


async def test_an_account_that_falls_behind_again_is_waited_for_again(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, venues, limits=PATIENT)
    await executor.hear(await recorded(log, await end_of(log)))
    await executor.hear(await fall_behind(log))

    await waits_and_leaves(executor, log, venue)
