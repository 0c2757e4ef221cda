"""A crash before or after any step leaves one order at the venue, and it is found again.

V1 at most one order id for each decision; V2 every order at the venue was requested first.
"""

from polycopy.runtime.log import Log
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderRequested
from polycopy.trading.account_state import Account, unresolved
from polycopy.trading.invariants import check
from polycopy.trading.order_life import TERMINAL
from tests.support.crashing import Crash, Steps
from tests.support.executing import Venues, account_of, act, events_of, started, venue_orders
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, PAPER, create, decision, signal, strategy

STEPS_MAX = 60


async def _crash_at(
    number: int, log: Log, venue: Running, venues: Venues, account: AccountId
) -> str:
    """Handle a signal up to the crash, then as the next process would. Gives the step's name, or
    "" where there was none with that number."""
    kind = VenueName.POLYMARKET if account == LIVE else VenueName.PAPER
    copy = strategy("copy", account, kind)
    await create(log, copy)
    sent = await signal(log, venue, decision(copy, notional=2_000_000), number=number)
    steps, crashed = Steps(number), False
    executor = await started(log, venues, steps=steps)
    try:
        await act(executor, sent)
    except Crash:
        crashed = True
    executor = await started(log, venues, instance="next")
    await act(executor, sent)
    await executor.settle()
    return steps.names[-1] if crashed else ""


async def _lawful(log: Log, account: AccountId) -> Account:
    events = await events_of(log, account)
    assert check(account, events) == []  # type: ignore[arg-type]  # all are order events
    return await account_of(log, account)


async def test_a_crash_at_any_step_leaves_exactly_one_order(venue: Running, venues: Venues) -> None:
    known: set[object] = set()
    crashed: list[str] = []
    for number in range(1, STEPS_MAX):
        log = MemoryLog()
        step = await _crash_at(number, log, venue, venues, LIVE)
        account = await _lawful(log, LIVE)
        events = await events_of(log, LIVE)
        [request] = [event for event in events if isinstance(event, OrderRequested)]
        accepted = {
            order["venue_order_id"] for order in venue_orders(venue) if order["accepted"]
        } - known
        assert accepted == {request.venue_order_id}, step
        assert not unresolved(account), step
        known |= accepted
        if not step:
            break
        crashed.append(step)

    assert {"before append", "after append", "before send", "after send"} <= set(crashed)


async def test_a_crash_at_any_step_fills_a_paper_order_once(venue: Running, paper: Venues) -> None:
    sizes: set[int] = set()
    crashed: list[str] = []
    for number in range(1, STEPS_MAX):
        log = MemoryLog()
        step = await _crash_at(number, log, venue, paper, PAPER)
        account = await _lawful(log, PAPER)
        [order] = account.orders.values()
        assert order.state in TERMINAL, step
        assert all(fill.confirmed for fill in order.fills.values()), step
        sizes.add(order.filled_size_micros)
        if not step:
            break
        crashed.append(step)

    assert len(sizes) == 1
    assert {"before append", "after append", "before send", "after send"} <= set(crashed)
