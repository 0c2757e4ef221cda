"""What an operator in the foreground is told of the accounts, as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from polycopy.cli.core import exits
from polycopy.cli.service.account_news import AccountNews
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.accounts import AccountCaughtUp
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import OrderId, TokenId
from polycopy.schemas.orders import OrderEvent, OrderFilled, OrderRequested
from polycopy.schemas.subjects import order_subject
from polycopy.schemas.terms import RefusalCode
from tests.support.hand_clock import HandClock
from tests.unit.cli.makers import ACCOUNT, NOW_MS, copied_trade
from tests.unit.cli.test_exits import LOST, refused, sale

CAUGHT_UP = AccountCaughtUp(account=ACCOUNT, epoch=1, read_from_ms=0, caught_up_at_ms=NOW_MS)


class Teller:
    """What a stack in the foreground tells, over a log that can be written to."""

    def __init__(self) -> None:
        self.log, self.clock = MemoryLog(), HandClock(NOW_MS)
        self.lines: asyncio.Queue[str] = asyncio.Queue(maxsize=10)
        self._last = 0

    async def append(self, event: Event) -> None:
        origin = Origin(source="test", time_ms=self.clock.now_ms(), causation_id="test")
        assert isinstance(event, OrderEvent)
        new = draft(
            event, subject=order_subject(ACCOUNT, event), origin=origin, key=str(self._last)
        )
        self._last = await self.log.append(new, expected=self._last)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        news = AccountNews(
            self.log,
            clock=self.clock,
            say=self.lines.put_nowait,
            by_hand=True,
            where=" --stack /x",
        )
        task = asyncio.create_task(news.run(self._last))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def line(self) -> str:
        async with asyncio.timeout(10):
            return await self.lines.get()


def of_token(event: Event, name: str) -> Event:
    """The same of another token."""
    named = {"order_id": f"{event.order_id}-{name}"} if hasattr(event, "order_id") else {}
    venue = {"venue_order_id": f"0x{name}"} if hasattr(event, "venue_order_id") else {}
    token = {"token_id": TokenId(name)} if hasattr(event, "token_id") else {}
    return msgspec.structs.replace(event, **named, **venue, **token)


async def test_a_lost_sale_is_told_with_what_it_was_to_sell_and_that_it_is_kept() -> None:
    teller = Teller()
    history = [one.event for one in copied_trade().events if isinstance(one.event, OrderEvent)]
    for event in (*history, CAUGHT_UP, sale()):
        await teller.append(event)
    async with teller.running():
        await teller.append(LOST)
        line = await teller.line()
        assert " is LOST (SELL 20 shares of Yes · Will it rain?): polycopy order recon" in line
        teller.clock.advance(exits.SETTLES_MS)
        line = await teller.line()
        assert line.startswith(
            "exit not copied: account main keeps 20 shares of Yes · Will it rain"
        )
        assert "the sale is LOST" in line


async def test_a_position_that_is_kept_is_told_once_and_again_at_the_next_start() -> None:
    teller = Teller()
    history = [one.event for one in copied_trade().events if isinstance(one.event, OrderEvent)]
    bought = [one for one in history if isinstance(one, OrderRequested | OrderFilled)]
    for event in [*history, CAUGHT_UP, *(of_token(one, name) for name in "ab" for one in bought)]:
        await teller.append(event)
    await teller.append(refused(RefusalCode.TRADING_HALTED))
    teller.clock.advance(exits.SETTLES_MS)
    async with teller.running():
        line = await teller.line()
        assert line.startswith("1 position kept though a leader sold: 20 shares of ")
        assert line.endswith("(polycopy doctor --stack /x tells more)")
        for name in "ab":
            for time in range(2):  # However often the leader sells.
                halted = of_token(refused(RefusalCode.TRADING_HALTED), name)
                order = OrderId(f"order-{name}-{time}")
                await teller.append(msgspec.structs.replace(halted, order_id=order))
            teller.clock.advance(exits.SETTLES_MS)
            line = await teller.line()
            assert line.startswith("exit not copied: account main keeps 20 shares of token ")
    async with teller.running():
        assert (await teller.line()).startswith("3 positions kept though a leader sold: ")
    assert teller.lines.empty()
