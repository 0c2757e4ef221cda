"""The log is away for a while: nothing that the venue said meanwhile is missed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.control import OrderReconcileAsked
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderExamined, OrderFilled
from polycopy.status_sync.core.hearing import Connected, Lost
from tests.support.directing import buys
from tests.support.like import Like
from tests.support.signalling import LIVE
from tests.support.syncing import Stage, staged


class Away(Like):
    """A log that takes nothing and tells nothing while it is away."""

    away = False

    async def append(self, *args: Any, **named: Any) -> int:
        self._look()
        sequence: int = await self._inner.append(*args, **named)
        return sequence

    async def read_batches(self, *args: Any, **named: Any) -> AsyncGenerator[list[Recorded]]:
        self._look()
        async for batch in self._inner.read_batches(*args, **named):
            yield batch

    def _look(self) -> None:
        if self.away:
            raise Transient("the log is away", after_s=0)


async def with_log_away(stage: Stage) -> Away:
    """status-sync anew, over a log that can go away."""
    log = Away(stage.log)
    stage.its_log = log
    stage.restarted()
    await stage.connect()
    return log


async def behind(stage: Stage) -> list[str]:
    events = await stage.said(AccountFellBehind)
    return [event.reason for event in events if isinstance(event, AccountFellBehind)][1:]


async def test_what_the_socket_told_meanwhile_is_asked_for() -> None:
    async with staged(MemoryLog()) as stage:
        log = await with_log_away(stage)
        await stage.place(buys(stage.control))
        trades = await stage.trades()
        log.away = True
        await stage.sync.heed(trades)
        assert stage.sync.blind
        await stage.rounds(1)
        assert await stage.said(OrderFilled) == []

        log.away = False
        await stage.rounds(1)

        assert len(await stage.said(OrderFilled)) == 1
        assert (await stage.account()).caught_up
        assert await behind(stage) == ["not written down: the log is away"]


async def test_that_the_socket_was_lost_is_said_as_soon_as_it_can_be() -> None:
    async with staged(MemoryLog()) as stage:
        log = await with_log_away(stage)
        log.away = True
        await stage.sync.heed(Lost(reason="closed"))
        await stage.sync.heed(Connected())
        await stage.rounds(1)

        log.away = False
        await stage.rounds(1)

        assert await behind(stage) == ["user socket lost: closed"]
        assert (await stage.account()).caught_up


async def test_the_operator_is_answered_when_it_is_back() -> None:
    async with staged(MemoryLog()) as stage:
        log = await with_log_away(stage)
        await stage.place(buys(stage.control))
        wish = OrderReconcileAsked(order_id=OrderId("a"), account=LIVE, operator="anna")
        recorded = await stage.wish(wish)
        log.away = True
        with pytest.raises(Transient):
            await stage.sync.operator.heed(recorded)
        running = asyncio.create_task(stage.sync.operator.run())

        log.away = False

        async with asyncio.timeout(20):
            async for one in stage.log.follow(["orders.>"]):
                if isinstance(one.event, OrderExamined):
                    break
        running.cancel()
        await asyncio.wait({running})
