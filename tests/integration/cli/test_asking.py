"""The operator asks about an order in a real log, and waits there for the answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from polycopy.cli.core.naming import No
from polycopy.cli.service import asking
from polycopy.cli.service.asking import Asker, Judgement
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import OrderCancelAsked, OrderJudged, OrderReconcileAsked
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId, EventId, OrderId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderEvent,
    OrderExamined,
)
from polycopy.schemas.subjects import ALL_ORDER_WISHES, account_filter, order_subject
from polycopy.schemas.terms import CancelVerdict, Finding, Verdict
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account
from tests.unit.cli.makers import ACCOUNT, NOW_MS, VENUE_ORDER, requested

CLOCK = SystemClock()
WAIT_S = 60.0
ORDER = requested(EventId("a" * 32), EventId("b" * 32), VENUE_ORDER)
OTHER_ORDER = OrderId("5" * 32)
DENIED = (Finding(source="order", verdict=Verdict.ABSENT),)
HELD = (Finding(source="open-orders", verdict=Verdict.PRESENT, detail="LIVE"),)
Answers = Callable[[Recorded], Sequence[OrderEvent]]


@pytest.fixture
async def log(nats_account: Account) -> AsyncIterator[Log]:
    async with real_log(nats_account) as opened:
        await say(opened, ORDER, "request")
        yield opened


async def say(log: Log, event: OrderEvent, cause: str) -> None:
    last = await log.last(account_filter(ACCOUNT))
    origin = Origin(source="test", time_ms=NOW_MS, causation_id=cause)
    new = draft(event, subject=order_subject(ACCOUNT, event), origin=origin)
    await log.append(new, expected=last.sequence if last else 0)


@asynccontextmanager
async def responder(log: Log, answers: Answers) -> AsyncIterator[None]:
    """As a service does: hears each wish, and says its answers."""

    async def run() -> None:
        async for wish in log.follow([ALL_ORDER_WISHES]):
            for number, event in enumerate(answers(wish)):
                await say(log, event, f"{wish.envelope.event_id} {number}")

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def asker(log: Log, wait_s: float = WAIT_S, known: int = 0) -> Asker:
    return Asker(log=log, clock=CLOCK, order=ORDER, operator="ann", wait_s=wait_s, known=known)


def cancel_answered(order_id: OrderId, verdict: CancelVerdict) -> OrderCancelAnswered:
    return OrderCancelAnswered(order_id=order_id, verdict=verdict, cancel_answered_at_ms=NOW_MS)


def examined(cause: str, findings: tuple[Finding, ...] = DENIED) -> OrderExamined:
    return OrderExamined(
        order_id=ORDER.order_id, findings=findings, cause=EventId(cause), examined_at_ms=NOW_MS
    )


def cancelled(operator: str) -> OrderCancelled:
    return OrderCancelled(
        order_id=ORDER.order_id, reason="judged over", operator=operator, cancelled_at_ms=NOW_MS
    )


async def test_a_cancel_waits_for_the_verdict_about_that_order(log: Log) -> None:
    before = cancel_answered(ORDER.order_id, CancelVerdict.PENDING)
    await say(log, before, "an earlier cancel")

    def answers(wish: Recorded) -> Sequence[OrderEvent]:
        assert isinstance(wish.event, OrderCancelAsked)
        assert (wish.event.operator, wish.event.reason) == ("ann", "too slow")
        return [
            OrderCancelRequested(
                order_id=ORDER.order_id, reason="too slow", cancel_requested_at_ms=NOW_MS
            ),
            cancel_answered(OTHER_ORDER, CancelVerdict.NOT_FOUND),
            cancel_answered(ORDER.order_id, CancelVerdict.MATCHED),
        ]

    async with responder(log, answers):
        answer = await asker(log).cancel("too slow")
    assert answer == cancel_answered(ORDER.order_id, CancelVerdict.MATCHED)


async def test_a_cancel_waits_on_where_the_venue_has_not_decided(log: Log) -> None:
    def answers(_: Recorded) -> Sequence[OrderEvent]:
        verdicts = (CancelVerdict.PENDING, CancelVerdict.UNKNOWN, CancelVerdict.CANCELLED)
        return [cancel_answered(ORDER.order_id, verdict) for verdict in verdicts]

    async with responder(log, answers):
        answer = await asker(log).cancel("")
    assert answer == cancel_answered(ORDER.order_id, CancelVerdict.CANCELLED)


@pytest.mark.parametrize("before", [True, False])
async def test_nobody_waits_for_the_cancel_of_an_order_that_ended(
    log: Log,
    before: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    known, over = await log.end(), cancelled("")
    if before:
        await say(log, over, "between the look at the order and the wish")
    async with responder(log, lambda _: [] if before else [over]):
        assert await asker(log, known=known).cancel("") == over


async def test_an_examination_answers_the_wish_that_it_names(log: Log) -> None:
    def answers(wish: Recorded) -> Sequence[OrderEvent]:
        assert isinstance(wish.event, OrderReconcileAsked)
        return [examined("somebody else's wish", HELD), examined(wish.envelope.event_id)]

    async with responder(log, answers):
        for _ in range(2):
            answer = await asker(log).examine()
            assert answer is not None
            assert answer.findings == DENIED
    assert len(await log.read([ALL_ORDER_WISHES])) == 2, "each is asked anew"


@pytest.mark.parametrize("held", [False, True])
async def test_a_judgement_ends_the_order_or_tells_who_still_has_it(
    log: Log,
    held: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    def answers(wish: Recorded) -> Sequence[OrderEvent]:
        assert isinstance(wish.event, OrderJudged)
        assert (wish.event.operator, wish.event.note) == ("ann", "asked support")
        answer = examined(wish.envelope.event_id, HELD if held else DENIED)
        return [cancelled("bob"), answer] if held else [cancelled("ann"), answer]

    async with responder(log, answers):
        told = await asker(log).judge("asked support")
    expected = Judgement(ended=False, findings=HELD) if held else Judgement(ended=True)
    assert told == expected


async def test_nobody_answers_and_the_waiting_ends(log: Log) -> None:
    silent = asker(log, wait_s=0.2)
    assert await silent.cancel("") is None
    assert await silent.examine() is None
    assert await silent.judge("") is None
    kinds = [type(one.event) for one in await log.read([ALL_ORDER_WISHES])]
    assert kinds == [OrderCancelAsked, OrderReconcileAsked, OrderJudged]


async def test_an_order_is_named_by_both_its_ids_and_their_beginnings(log: Log) -> None:
    twin = requested(EventId("c" * 32), EventId("b" * 32), VENUE_ORDER)
    await say(log, twin, "another request")
    for wanted in (ORDER.order_id, ORDER.order_id[:10], ORDER.order_id.upper()):
        assert await asking.order_named(log, wanted) == ORDER
    assert await asking.order_named(log, VENUE_ORDER) is not None
    assert await asking.order_named(log, "0xnothing") is None
    with pytest.raises(No, match="is too short"):
        await asking.order_named(log, "abc")


async def test_the_life_of_an_order_holds_its_events_and_what_was_wanted(log: Log) -> None:
    await say(log, cancel_answered(OTHER_ORDER, CancelVerdict.NOT_FOUND), "elsewhere")
    await asker(log, wait_s=0.1).examine()
    await say(log, cancelled("ann"), "over")
    kinds = [type(one.event).__name__ for one in await asking.life_of(log, ORDER)]
    assert kinds == ["OrderRequested", "OrderReconcileAsked", "OrderCancelled"]
    assert ORDER.account == AccountId("main")
