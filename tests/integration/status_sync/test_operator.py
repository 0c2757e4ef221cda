"""`polycopy order reconcile`: what every source says of an order, and what the operator makes of
it."""

import asyncio

from polycopy.runtime.log import Log
from polycopy.schemas.control import OrderJudged, OrderReconcileAsked
from polycopy.schemas.ids import AccountId, EventId, OrderId
from polycopy.schemas.orders import OrderCancelled, OrderExamined
from polycopy.schemas.subjects import account_filter
from polycopy.schemas.terms import Finding, Verdict
from polycopy.trading.order_life import OrderState
from tests.support.directing import buys, rests
from tests.support.executing import DEADLINE_S
from tests.support.signalling import LIVE
from tests.support.syncing import COUNTS_MS, Stage, staged

A = OrderId("a")
ASKED = OrderReconcileAsked(order_id=A, account=LIVE, operator="anna")
JUDGED = OrderJudged(order_id=A, account=LIVE, operator="anna", note="the venue's support said so")


async def heed(stage: Stage, wish: OrderReconcileAsked | OrderJudged) -> dict[str, Finding]:
    """The answer to a wish, by source."""
    recorded = await stage.wish(wish)
    await stage.sync.operator.heed(recorded)
    examined = (await stage.said(OrderExamined))[-1]
    assert isinstance(examined, OrderExamined)
    assert examined.cause == recorded.envelope.event_id
    return {finding.source: finding for finding in examined.findings}


async def test_every_source_is_asked_and_says_what_it_has(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))

        found = await heed(stage, ASKED)

        assert {source: finding.verdict for source, finding in found.items()} == {
            "order": Verdict.PRESENT,
            "open-orders": Verdict.PRESENT,
            "trades": Verdict.ABSENT,
            "user-socket": Verdict.UNKNOWN,
            "cancel": Verdict.UNKNOWN,
            "log": Verdict.PRESENT,
        }
        assert found["order"].detail == "LIVE"
        assert found["log"].detail == "open, 0 of 20 shares filled"
        assert (await stage.order()).state is OrderState.OPEN


async def test_what_is_found_on_the_way_counts(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(buys(stage.control))

        found = await heed(stage, ASKED)

        assert found["log"].detail == "filled, $5 of $5 filled"
        assert found["trades"].verdict is Verdict.PRESENT
        assert (await stage.order()).state is OrderState.FILLED


async def test_a_venue_that_does_not_answer_is_an_answer(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        fault = {"kind": "error_before", "on": "GET /data", "status": 503}
        await stage.control.done("set_fault", fault=fault)

        found = await heed(stage, ASKED)

        unknown = ["order", "open-orders", "trades"]
        assert [found[source].verdict for source in unknown] == [Verdict.UNKNOWN] * 3
        assert "503" in found["order"].detail


async def test_an_order_that_is_still_there_is_not_over_whatever_the_operator_says(
    log: Log,
) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))

        found = await heed(stage, JUDGED)

        assert found["open-orders"].verdict is Verdict.PRESENT
        assert await stage.said(OrderCancelled) == []


async def test_what_no_source_has_ends_by_the_operator_s_word(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.control.done("restart", memory=False)
        await stage.trader.sign_in()

        await heed(stage, JUDGED)

        [ended] = await stage.said(OrderCancelled)
        assert isinstance(ended, OrderCancelled)
        assert (ended.reason, ended.operator) == ("judged over", "anna")
        assert (await stage.account()).locked_micros == 0


async def test_a_lost_order_can_be_settled_by_hand(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        await stage.rounds(COUNTS_MS // 10_000 + 3)
        assert (await stage.order()).state is OrderState.LOST

        await heed(stage, JUDGED)

        assert (await stage.order()).state is OrderState.CANCELLED


async def test_an_answer_stands_in_the_chain_of_the_wish(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        recorded = await stage.wish(ASKED)
        await stage.sync.operator.heed(recorded)

        *_, answer = await log.read([account_filter(LIVE)])

        assert isinstance(answer.event, OrderExamined)
        assert answer.envelope.causation_id == recorded.envelope.event_id


async def causes(log: Log, count: int) -> list[EventId]:
    """What the first so many answers are to, as soon as they are there."""
    found: list[EventId] = []
    async with asyncio.timeout(DEADLINE_S):
        async for recorded in log.follow([account_filter(LIVE)]):
            if isinstance(recorded.event, OrderExamined):
                found.append(recorded.event.cause)
            if len(found) == count:
                return found
    raise AssertionError("the log ended")


async def test_each_wish_is_answered_once_over_all_restarts(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.wish(OrderReconcileAsked(order_id=A, account=AccountId("x"), operator="anna"))
        await stage.wish(OrderReconcileAsked(order_id=OrderId("z"), account=LIVE, operator="anna"))
        asked = [await stage.wish(wish) for wish in (ASKED, JUDGED)]
        for number in range(3):
            running = asyncio.create_task(stage.restarted().operator.run())
            wish = OrderReconcileAsked(order_id=A, account=LIVE, operator=f"operator {number}")
            asked.append(await stage.wish(wish))

            found = await causes(log, len(asked))

            assert found == [recorded.envelope.event_id for recorded in asked]
            running.cancel()
            await asyncio.wait({running})
