"""The qualifier as a process, on a real log: killed anywhere, every trade is evaluated once."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from polycopy.qualifier import core
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Recorded
from polycopy.runtime.nats_log import NatsLog, open_log
from polycopy.schemas.control import FixedSizing, StrategyCreated
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.money import MICROS
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.subjects import (
    ALL_SIGNALS,
    ALL_STRATEGIES,
    ALL_TRADES,
    guard_of,
    subject_of,
)
from polycopy.schemas.trades import TradeObserved
from tests.support.nats_server import Account
from tests.unit.qualifier.makers import strategy, trade

CLOCK = SystemClock()
WAIT_S_MAX = 60.0


@asynccontextmanager
async def qualifier(account: Account, *arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "polycopy.qualifier",
        *arguments,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "NATS_URL": account.url, "NATS_MONITOR_URL": account.monitor_url},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def say(log: NatsLog, event: TradeObserved | StrategyCreated, key: str) -> None:
    subject = subject_of(event)
    guard = guard_of(subject)
    origin = Origin(source="test", time_ms=CLOCK.now_ms(), causation_id=key)
    new = draft(event, subject=subject, origin=origin, key=key)
    last = await log.last(guard) if guard else None
    await log.append(new, expected=None if guard is None else last.sequence if last else 0)


async def evaluations(log: NatsLog, count: int) -> list[Recorded]:
    """Waits until so many trades are evaluated."""
    found: list[Recorded] = []
    async with asyncio.timeout(WAIT_S_MAX):
        async for recorded in log.follow([ALL_SIGNALS]):
            found.append(recorded)
            if len(found) == count:
                break
    return found


def leader_trade(number: int, shares: int = 100, increase: int | None = None) -> TradeObserved:
    return trade(
        shares=shares,
        increase=increase,
        transaction_hash=f"0x{number:064x}",
        traded_at_ms=CLOCK.now_ms(),
    )


def decided_again(events: list[Recorded]) -> list[Event]:
    """What a qualifier that never stopped decides, with the times that the log holds."""
    at_ms = {
        one.event.trade_id: one.event.evaluated_at_ms
        for one in events
        if isinstance(one.event, TradeEvaluated)
    }
    state, said = core.initial(), []
    for recorded in events:
        if isinstance(recorded.event, TradeObserved):
            trade_id = recorded.envelope.event_id
            command = core.Evaluate(
                trade_id=trade_id,
                sequence=recorded.sequence,
                trade=recorded.event,
                at_ms=at_ms[trade_id],
            )
            for event in core.decide(state, command):
                said.append(event)
                new = draft(
                    event,
                    subject=subject_of(event),
                    origin=Origin(source="test", time_ms=0, causation_id=trade_id),
                )
                state = core.evolve(
                    state,
                    Recorded(sequence=0, subject="", envelope=new.envelope, event=event),
                )
        elif not isinstance(recorded.event, TradeEvaluated):
            state = core.evolve(state, recorded)
    return list(said)


async def test_killed_and_started_again_it_decides_as_if_it_had_never_stopped(
    nats_account: Account,
) -> None:
    async with open_log(
        nats_account.url,
        source="test",
        clock=CLOCK,
        create=True,
        monitor_url=nats_account.monitor_url,
    ) as log:
        await say(log, StrategyCreated(strategy=strategy("share")), "share")
        fixed = strategy("fixed", sizing=FixedSizing(notional_micros=5 * MICROS))
        await say(log, StrategyCreated(strategy=fixed), "fixed")
        for number in range(60):
            await say(log, leader_trade(number), f"first {number}")
        async with qualifier(nats_account) as first:
            await evaluations(log, 20)
            first.kill()
        await say(log, StrategyCreated(strategy=strategy("late")), "late")
        for number in range(60):
            grown = leader_trade(number, shares=160, increase=60)
            await say(log, grown, f"grown {number}")
        async with qualifier(nats_account):
            found = await evaluations(log, 120)
        events = await log.read([ALL_STRATEGIES, ALL_TRADES, ALL_SIGNALS])
    trades = [one.envelope.event_id for one in events if isinstance(one.event, TradeObserved)]
    signals = [one.event for one in found if isinstance(one.event, TradeEvaluated)]
    assert sorted(signal.trade_id for signal in signals) == sorted(trades)
    assert decided_again(events) == signals


async def test_a_log_that_nobody_made_is_a_reason_not_to_start(nats_account: Account) -> None:
    async with qualifier(nats_account) as process:
        _, err = await asyncio.wait_for(process.communicate(), WAIT_S_MAX)
    assert process.returncode == 2
    assert b"run `polycopy up` once" in err


@pytest.mark.parametrize(("key", "code"), [("POLYCOPY_QUALIFIER_LOG_LEVEL", 2), ("OTHER", 0)])
async def test_settings_are_checked_without_starting(key: str, code: int) -> None:
    environ = {**os.environ, "NATS_URL": "nats://127.0.0.1:1", key: "loud"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polycopy.qualifier", "--check", env=environ, stderr=PIPE
    )
    _, err = await process.communicate()
    assert process.returncode == code
    assert (key.encode() in err) == (code == 2)
