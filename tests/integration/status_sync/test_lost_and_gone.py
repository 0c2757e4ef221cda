"""A venue that lost an order, and answers its cancel with two things at once."""

from polycopy.runtime.log import Log
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderCancelAnswered, OrderCancelRequested
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.order_life import OrderState
from tests.integration.status_sync.test_lost_orders import loses_its_memory
from tests.support.directing import rests
from tests.support.syncing import COUNTS_MS, RULES, keeps_the_laws, staged


async def test_a_resting_order_that_was_cancelled_or_matched_and_nobody_says_which_is_lost(
    log: Log,
) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await loses_its_memory(stage)
        await stage.elapse(COUNTS_MS)
        await stage.rounds(3)
        words = OrderCancelAnswered(
            order_id=OrderId("a"),
            verdict=CancelVerdict.UNKNOWN,
            answer="order can't be found - already canceled or matched",
            cancel_answered_at_ms=stage.clock.now_ms(),
        )
        await stage.say(words)

        await stage.rounds(1)
        await stage.elapse(RULES.lost_grace_ms - 10_000)
        await stage.rounds(2)
        assert (await stage.order()).state is OrderState.OPEN
        await stage.rounds(1)

        assert (await stage.order()).state is OrderState.LOST
        assert len(await stage.said(OrderCancelRequested)) == 1
        assert (await stage.account()).locked_micros == 0
    await keeps_the_laws(log)
