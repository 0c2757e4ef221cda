"""The live account and the signals as the log tells them, and waiting for what should be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, EventId, OrderId, order_id
from polycopy.schemas.orders import Fill, OrderEvent
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.subjects import ALL_SIGNALS, account_filter
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account

PATIENCE_S = 60.0
E = TypeVar("E", bound=Event)


def orders_wanted(recorded: Recorded) -> list[OrderId]:
    """The orders that a signal's decisions ask for, at the venue."""
    if not isinstance(recorded.event, TradeEvaluated):
        return []
    return [
        order_id(signal_id=recorded.envelope.event_id, strategy_id=decision.strategy_id)
        for decision in recorded.event.decisions
        if decision.qualified and decision.venue is VenueName.POLYMARKET
    ]


class Watch:
    """Made by `watching`: `account` is the fold of what was `recorded` of it, which is all there
    is; `evaluated`: the trades of the signals; `wanted`: the orders that these ask for."""

    def __init__(self, log: Log, account: AccountId) -> None:
        self._log = log
        self.account = accounts.initial(account)
        self.recorded: list[Recorded] = []
        self.evaluated: set[EventId] = set()
        self.wanted: list[OrderId] = []
        self._changed = asyncio.Condition()

    async def follow(self) -> None:
        filters = [account_filter(self.account.account), ALL_SIGNALS]
        async for recorded in self._log.follow(filters):
            async with self._changed:
                self.recorded.append(recorded)
                if isinstance(recorded.event, OrderEvent):
                    self.account = accounts.evolve(self.account, recorded.event)
                elif isinstance(recorded.event, TradeEvaluated):
                    self.evaluated.add(recorded.event.trade_id)
                    self.wanted += orders_wanted(recorded)
                self._changed.notify_all()

    async def until(
        self, holds: Callable[[Account], bool], *, within_s: float | None = PATIENCE_S
    ) -> Account:
        """The account as soon as it is so. TimeoutError otherwise."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: holds(self.account))
            return self.account

    async def heard(
        self, kind: type[E], *, times: int = 1, within_s: float = PATIENCE_S
    ) -> list[E]:
        """The events of this kind, as soon as there are so many. TimeoutError otherwise."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: len(self.of(kind)) >= times)
            return self.of(kind)

    def of(self, kind: type[E]) -> list[E]:
        """The events of this kind so far."""
        return [one.event for one in self.recorded if isinstance(one.event, kind)]

    def fills(self) -> list[Fill]:
        return [one.event for one in self.recorded if isinstance(one.event, Fill)]


@asynccontextmanager
async def watching(log: Log, account: AccountId) -> AsyncIterator[Watch]:
    watch = Watch(log, account)
    following = asyncio.create_task(watch.follow())
    try:
        yield watch
    finally:
        following.cancel()
        await asyncio.wait({following})
        if not following.cancelled():
            following.result()
