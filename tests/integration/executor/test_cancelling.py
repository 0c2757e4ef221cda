"""A cancel from a wish in the log to the venue's answer in the log."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log
from polycopy.schemas import subjects
from polycopy.schemas.control import OrderCancelAsked, TradingState, TradingStateSet, VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId, OrderId, VenueOrderId
from polycopy.schemas.orders import OrderCancelAnswered, OrderEvent, OrderPlaced
from polycopy.schemas.subjects import OwnNamed
from polycopy.schemas.terms import CancelVerdict, OrderType
from polycopy.trading.account_state import Account
from tests.support import trading as make
from tests.support.directing import BOOK, Control, directing, rests
from tests.support.executing import (
    KEY,
    Venues,
    account_of,
    events_of,
    eventually,
    running,
    sign_in,
    started,
    venues_at,
)
from tests.support.paper_venue import Trader, order_bytes
from tests.support.signalling import LIVE, create, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
CALM = f"""
[venue]
seed = 7
[source]
name = "seeded"
trades = 2
markets = 1
{BOOK}
"""


@pytest.fixture
async def control() -> AsyncIterator[Control]:
    async with directing(CALM) as opened:
        yield opened


@pytest.fixture
async def trader(control: Control) -> Trader:
    """The executor's own wallet, which leaves an order at rest by hand."""
    return await control.trader(77)


@pytest.fixture
async def live(control: Control, tmp_path: Path) -> AsyncIterator[Venues]:
    await sign_in(control.running, tmp_path)
    async with venues_at(control.running.urls["clob"], tmp_path) as opened:
        yield opened


async def say(log: Log, event: OrderEvent, cause: str) -> None:
    known = await account_of(log, LIVE)
    last = await log.last(subjects.account_filter(LIVE))
    new = draft(
        event,
        subject=subjects.order_subject(LIVE, event),
        origin=Origin(source="test", time_ms=1, causation_id=cause),
        aggregate_version=known.version + 1,
    )
    await log.append(new, expected=last.sequence if last else 0)


async def wish(log: Log, event: OwnNamed, cause: str = "a wish") -> None:
    subject = subjects.subject_of(event)
    last = await log.last(f"{subject.rsplit('.', 1)[0]}.*")
    origin = Origin(source="cli", time_ms=SystemClock().now_ms(), causation_id=cause)
    await log.append(
        draft(event, subject=subject, origin=origin), expected=last.sequence if last else 0
    )


async def rested(log: Log, control: Control, trader: Trader, salt: int = 1) -> OrderId:
    """An order that the log requested and the venue holds."""
    wanted = rests(control, salt)
    body, venue_order_id = order_bytes(trader.key, trader.credentials, wanted)
    status, answer = await trader.post(wanted)
    assert status == 200, answer
    order_id = OrderId(f"{salt:032x}")
    request = msgspec.structs.replace(
        make.requested("a", order_type=OrderType.GTC),
        account=LIVE,
        order_id=order_id,
        venue=VenueName.POLYMARKET,
        venue_order_id=VenueOrderId(venue_order_id),
        token_id=wanted.token_id,
        request_body=body.decode(),
    )
    await say(log, request, f"signal {salt}")
    placed = OrderPlaced(
        order_id=order_id, venue_order_id=request.venue_order_id, status="live", placed_at_ms=1_001
    )
    await say(log, placed, f"signal {salt}")
    return order_id


def asked(order_id: OrderId) -> OrderCancelAsked:
    return OrderCancelAsked(order_id=order_id, account=LIVE, operator="ann")


def answered(order_id: OrderId, account: Account) -> bool:
    order = account.orders.get(order_id)
    return order is not None and order.cancel_verdict is CancelVerdict.CANCELLED


async def cancels_of(log: Log) -> list[OrderCancelAnswered]:
    return [one for one in await events_of(log, LIVE) if isinstance(one, OrderCancelAnswered)]


async def test_a_wish_reaches_the_venue_and_its_answer_the_log(
    log: Log, control: Control, trader: Trader, live: Venues
) -> None:
    assert trader.key.address == KEY.address
    await create(log, COPY)
    executor = await started(log, live)
    order_id = await rested(log, control, trader)
    async with running(executor, log):
        await wish(log, asked(order_id))
        account = await eventually(log, LIVE, lambda known: answered(order_id, known))
    order = account.orders[order_id]
    assert order.locked_micros > 0, "the venue's own word about the order unlocks, not this one"
    _, at_venue = await trader.signed("GET", f"/data/order/{order.venue_order_id}")
    assert at_venue["status"] == "CANCELED"
    assert len(await cancels_of(log)) == 1


async def test_a_wish_from_before_the_start_is_taken_up_once(
    log: Log, control: Control, trader: Trader, live: Venues
) -> None:
    await create(log, COPY)
    await started(log, live)
    order_id = await rested(log, control, trader)
    await wish(log, asked(order_id))
    for instance in ("second", "third"):
        await started(log, live, instance=instance)
    assert answered(order_id, await account_of(log, LIVE))
    assert len(await cancels_of(log)) == 1


async def test_the_kill_switch_cancels_what_rests_where_it_is_told_to(
    log: Log, control: Control, trader: Trader, live: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, live)
    orders = [await rested(log, control, trader, salt) for salt in (1, 2)]
    switch = TradingStateSet(account=AccountId(""), state=TradingState.HALTED, operator="ann")
    async with running(executor, log):
        await wish(log, switch, "halt")
        await wish(log, msgspec.structs.replace(switch, cancel_open=True), "halt and cancel")
        await eventually(
            log, LIVE, lambda known: all(answered(order_id, known) for order_id in orders)
        )
    assert len(await cancels_of(log)) == 2


async def test_a_cancel_whose_answer_is_lost_is_sent_again(
    log: Log, control: Control, trader: Trader, live: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, live)
    order_id = await rested(log, control, trader)
    fault = {"kind": "lost_before", "on": "DELETE /order", "times": 2}
    await control.done("set_fault", fault=fault)
    async with running(executor, log):
        await wish(log, asked(order_id))
        await eventually(log, LIVE, lambda known: answered(order_id, known))
    verdicts = [one.verdict for one in await cancels_of(log)]
    assert verdicts == [CancelVerdict.UNKNOWN, CancelVerdict.CANCELLED]


class Hiccup:
    """A log that cannot be read the next time."""

    def __init__(self, inner: Log) -> None:
        self._inner = inner
        self.due = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def read_batches(self, *filters: Any, **more: Any) -> Any:
        if self.due:
            self.due = False
            raise Transient("the log does not answer")
        return self._inner.read_batches(*filters, **more)


async def test_a_wish_that_the_log_could_not_take_is_kept(
    log: Log, control: Control, trader: Trader, live: Venues
) -> None:
    await create(log, COPY)
    hiccup = Hiccup(log)
    executor = await started(cast(Log, hiccup), live)
    order_id = await rested(log, control, trader)
    await wish(log, asked(order_id))
    heard = await log.last(subjects.ALL_ORDER_WISHES)
    assert heard is not None
    await executor.hear(heard)
    hiccup.due = True

    await executor.settle()
    assert await cancels_of(log) == []

    await executor.settle()
    assert answered(order_id, await account_of(log, LIVE))
