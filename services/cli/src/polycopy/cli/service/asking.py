"""What the operator wants of one order: said in the log, and answered there by a service."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from polycopy.cli.core.cancel_answer import UNDECIDED, End
from polycopy.cli.core.naming import completed
from polycopy.cli.service import control
from polycopy.cli.service.control import Stored
from polycopy.runtime.clock import Clock
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import OrderCancelAsked, OrderJudged, OrderReconcileAsked
from polycopy.schemas.event import Event
from polycopy.schemas.ids import EventId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderExamined,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.subjects import ALL_DECIDED_ORDERS, account_filter
from polycopy.schemas.terms import Finding

Answer = TypeVar("Answer")


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether status-sync ended the order, and what every source says where it did not."""

    ended: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks about an order, and how long he waits for each answer. `known`: the sequence up to
    which he knows the order's life."""

    log: Log
    clock: Clock
    order: OrderRequested
    known: int
    operator: str
    wait_s: float

    async def cancel(self, reason: str) -> OrderCancelAnswered | End | None:
        """The executor tells what the venue answered, the last that it told where the venue does
        not decide; or the end of an order that nobody had to cancel any more. None where there is
        neither in time."""
        stored = await self._wish(
            OrderCancelAsked(
                order_id=self.order.order_id,
                account=self.order.account,
                operator=self.operator,
                reason=reason,
            )
        )
        undecided: list[OrderCancelAnswered] = []

        def answered(recorded: Recorded) -> OrderCancelAnswered | End | None:
            event = recorded.event
            if isinstance(event, End):
                return event
            if not isinstance(event, OrderCancelAnswered) or recorded.sequence < stored.sequence:
                return None
            if event.verdict in UNDECIDED:
                undecided.append(event)
                return None
            return event

        return await self._first(self.known, answered) or (undecided[-1] if undecided else None)

    async def examine(self) -> OrderExamined | None:
        """Status-sync tells what every source says; None where it does not in time."""
        stored = await self._wish(
            OrderReconcileAsked(
                order_id=self.order.order_id, account=self.order.account, operator=self.operator
            )
        )

        return await self._first(
            stored.sequence, lambda recorded: examined(recorded.event, stored.event_id)
        )

    async def judge(self, note: str) -> Judgement | None:
        """Status-sync ends the order in the operator's name, or tells what every source says where
        it may not; None where it does neither in time."""
        stored = await self._wish(
            OrderJudged(
                order_id=self.order.order_id,
                account=self.order.account,
                operator=self.operator,
                note=note,
            )
        )

        def told(recorded: Recorded) -> Judgement | None:
            event = recorded.event
            if isinstance(event, OrderCancelled) and event.operator == self.operator:
                return Judgement(ended=True)
            answer = examined(event, stored.event_id)
            return Judgement(ended=False, findings=answer.findings) if answer else None

        return await self._first(stored.sequence, told)

    async def _wish(self, wanted: control.OrderWish) -> Stored:
        return await control.wish(self.log, self.clock, wanted)

    async def _first(
        self, after: int, answer: Callable[[Recorded], Answer | None]
    ) -> Answer | None:
        """The first event about the order after that one which is an answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.wait_s):
                account = account_filter(self.order.account)
                async for recorded in self.log.follow([account], after=after):
                    about = getattr(recorded.event, "order_id", None)
                    found = answer(recorded) if about == self.order.order_id else None
                    if found is not None:
                        return found
        return None


def examined(event: Event, cause: EventId) -> OrderExamined | None:
    """The answer of status-sync to the wish with that id."""
    if isinstance(event, OrderExamined) and event.cause == cause:
        return event
    return None


async def order_named(log: Log, wanted: str) -> OrderRequested | OrderRefused | None:
    """The decision of the order with that id, ours or the venue's, or its beginning. Raises No
    where several are meant."""
    decided = [
        recorded.event
        for recorded in await log.read(ALL_DECIDED_ORDERS)
        if isinstance(recorded.event, OrderRequested | OrderRefused)
    ]
    name = completed((name for one in decided for name in _names(one)), wanted.lower())
    return next((one for one in decided if name in _names(one)), None)


def _names(order: OrderRequested | OrderRefused) -> list[str]:
    if isinstance(order, OrderRefused):
        return [order.order_id]
    return [order.order_id, order.venue_order_id]


async def life_of(log: Log, order: OrderRequested | OrderRefused) -> list[Recorded]:
    """Every event about the order, and what was wanted of it, in the order of the log."""
    wishes = f"control.order.{order.order_id}.*"
    events = await log.read([account_filter(order.account), wishes])
    return [one for one in events if getattr(one.event, "order_id", None) == order.order_id]
