"""Forward tests: orders that are filled on paper against the venue's book."""

from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    FillConfirmed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.terms import RefusalCode
from polycopy.trading.order_life import TERMINAL
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
from tests.support.paper_venue import Running
from tests.support.signalling import PAPER, create, decision, signal, strategy

COPY = strategy("copy-one", PAPER, VenueName.PAPER)


async def test_a_signal_becomes_one_order_filled_on_paper(
    log: Log, venue: Running, paper: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, paper)
    await act(executor, await signal(log, venue, decision(COPY)))

    events = await events_of(log, PAPER)
    kinds = [type(event) for event in events]
    assert kinds[:4] == [ExecutorEpochStarted, CapitalDeposited, OrderRequested, OrderPlaced]
    assert kinds[-2:] == [OrderFilled, FillConfirmed]
    account = await account_of(log, PAPER)
    [order] = account.orders.values()
    assert order.state in TERMINAL
    assert account.locked_micros == 0
    assert not venue_orders(venue), "paper orders never leave"


async def test_a_redelivered_signal_says_nothing(log: Log, venue: Running, paper: Venues) -> None:
    await create(log, COPY)
    executor = await started(log, paper)
    sent = await signal(log, venue, decision(COPY))
    assert await act(executor, sent)
    before = await log.end()

    assert await act(executor, sent) == []

    assert await log.end() == before


async def test_a_signal_that_is_too_old_is_refused(log: Log, venue: Running, paper: Venues) -> None:
    await create(log, COPY)
    executor = await started(log, paper)

    await act(executor, await signal(log, venue, decision(COPY), age_ms=61_000))

    refused = (await events_of(log, PAPER))[-1]
    assert isinstance(refused, OrderRefused)
    assert [one.code for one in refused.refusals] == [RefusalCode.SIGNAL_TOO_OLD]


async def test_what_was_bought_on_paper_can_be_sold(
    log: Log, venue: Running, paper: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, paper)
    await act(executor, await signal(log, venue, decision(COPY), number=1))
    [held] = (await account_of(log, PAPER)).positions.values()
    size = held.size_micros // 20_000 * 10_000

    sell = decision(COPY, notional=0, size=size, limit=10_000)
    await act(executor, await signal(log, venue, sell, number=2, side=Side.SELL))

    account = await account_of(log, PAPER)
    assert account.positions[held.token_id].size_micros == held.size_micros - size
    assert not account.open_ids


async def test_a_strategy_created_later_is_paid_in_before_its_first_order(
    log: Log, venue: Running, paper: Venues
) -> None:
    executor = await started(log, paper)
    await create(log, COPY)
    await act(executor, await signal(log, venue, decision(COPY)))

    assert (await account_of(log, PAPER)).deposits[COPY.strategy_id] == COPY.capital_micros
    assert len((await account_of(log, PAPER)).orders) == 1


async def test_an_order_for_a_live_account_without_a_key_is_refused(
    log: Log, venue: Running, paper: Venues
) -> None:
    live = strategy("copy-live", PAPER, VenueName.POLYMARKET)
    await create(log, live)
    executor = await started(log, paper)
    sent = await signal(log, venue, decision(live))
    await act(executor, sent)
    await act(executor, sent)

    [refused] = await events_of(log, PAPER)
    assert isinstance(refused, OrderRefused)
    assert [one.code for one in refused.refusals] == [RefusalCode.ACCOUNT_NOT_SERVED]


async def test_the_worker_takes_signals_from_the_log(
    log: Log, venue: Running, paper: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, paper)
    async with running(executor, log):
        await signal(log, venue, decision(COPY))
        await eventually(
            log,
            PAPER,
            lambda account: any(order.state in TERMINAL for order in account.orders.values()),
        )
