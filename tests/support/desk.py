"""The commands of the operator, on a real log in which services answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import (
    OrderCancelAsked,
    OrderJudged,
    StrategyCreated,
    VenueName,
)
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import EventId, OrderId
from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderEvent,
    OrderExamined,
    OrderLost,
)
from polycopy.schemas.subjects import ALL_ORDER_WISHES, guard_of, order_subject, subject_of
from polycopy.schemas.terms import CancelVerdict, Finding, Verdict
from tests.support import polycopy_command as command
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account
from tests.unit.cli.makers import ACCOUNT, NOW_MS, STRATEGY, VENUE_ORDER, requested, strategy

ORDER = requested(EventId("a" * 32), EventId("b" * 32), VENUE_ORDER)
OTHER = requested(EventId("c" * 32), EventId("d" * 32), VENUE_ORDER)
DENIED = (Finding(source="order", verdict=Verdict.ABSENT),)
HELD = (Finding(source="open-orders", verdict=Verdict.PRESENT, detail="LIVE"),)
SILENT = (*DENIED, Finding(source="trades", verdict=Verdict.UNKNOWN))
LOST = OrderLost(
    order_id=ORDER.order_id, findings=DENIED, denials=3, denied_since_ms=NOW_MS, lost_at_ms=NOW_MS
)


@dataclass
class Desk:
    """A log with a lost order and one that is going on, and the commands on it."""

    log: Log
    account: Account
    home: Path

    async def say(self, event: Any, cause: str) -> None:
        own = isinstance(event, OrderEvent)
        subject = order_subject(ACCOUNT, event) if own else subject_of(event)
        last = await self.log.last(str(guard_of(subject)))
        origin = Origin(source="test", time_ms=NOW_MS, causation_id=cause)
        new = draft(event, subject=subject, origin=origin)
        await self.log.append(new, expected=last.sequence if last else 0)

    async def __call__(self, *arguments: str) -> tuple[int, str, str]:
        return await command.run(
            *arguments,
            home=self.home,
            NATS_URL=self.account.url,
            NATS_MONITOR_URL=self.account.monitor_url,
            DATABASE_URL="postgresql://nobody@127.0.0.1:9/none",
        )

    async def json(self, *arguments: str) -> Any:
        _, out, err = await self(*arguments, "--json")
        assert out, err
        return json.loads(out)


@pytest.fixture
async def desk(nats_account: Account, tmp_path: Path) -> AsyncIterator[Desk]:
    async with real_log(nats_account) as log:
        desk = Desk(log, nats_account, tmp_path)
        paid = CapitalDeposited(account=ACCOUNT, strategy_id=STRATEGY, amount_micros=1_000 * MICROS)
        for event in (
            StrategyCreated(strategy=strategy(STRATEGY, VenueName.POLYMARKET, ACCOUNT)),
            ExecutorEpochStarted(account=ACCOUNT, epoch=1, instance="x"),
            paid,
            ORDER,
            LOST,
            OTHER,
        ):
            await desk.say(event, f"{type(event).__name__} {getattr(event, 'order_id', '')}")
        yield desk


def by_wish(
    wish: Recorded, *, verdict: CancelVerdict, findings: tuple[Finding, ...]
) -> Sequence[OrderEvent]:
    """What executor and status-sync say to it."""
    order_id: OrderId = wish.event.order_id  # type: ignore[attr-defined]
    match wish.event:
        case OrderCancelAsked():
            return [
                OrderCancelAnswered(
                    order_id=order_id, verdict=verdict, cancel_answered_at_ms=NOW_MS
                )
            ]
        case OrderJudged(operator=operator) if findings != HELD:
            return [
                OrderCancelled(
                    order_id=order_id,
                    reason="judged over",
                    operator=operator,
                    cancelled_at_ms=NOW_MS,
                )
            ]
        case _:
            return [
                OrderExamined(
                    order_id=order_id,
                    findings=findings,
                    cause=wish.envelope.event_id,
                    examined_at_ms=NOW_MS,
                )
            ]


@asynccontextmanager
async def services(
    desk: Desk,
    *,
    verdict: CancelVerdict = CancelVerdict.CANCELLED,
    held: bool = False,
    findings: tuple[Finding, ...] = DENIED,
) -> AsyncIterator[None]:
    """They answer every wish of the log from now on."""
    begun = await desk.log.end()
    findings = HELD if held else findings

    async def run() -> None:
        async for wish in desk.log.follow([ALL_ORDER_WISHES], after=begun):
            for event in by_wish(wish, verdict=verdict, findings=findings):
                await desk.say(event, wish.envelope.event_id)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def last_wish(desk: Desk, kind: Callable[[Event], bool]) -> Any:
    found = [one.event for one in await desk.log.read(["control.>"]) if kind(one.event)]
    return found[-1]
