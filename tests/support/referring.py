"""A service's reference data against a real venue and a real log, with short ages."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from polycopy.runtime.clock import Clock, SystemClock
from polycopy.runtime.log import Recorded
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.adapters.reference_http import ReferenceUrls, open_reference
from polycopy.stream_ingest.core.reference import Ages, Schedule
from polycopy.stream_ingest.service.reference import Reference
from polycopy.stream_ingest.service.reference_ports import Learned
from tests.support.directing import Control

DEADLINE_S = 60.0
SOON = Ages(
    market_used_ms=20,
    market_ms=20,
    resolution_ms=20,
    resolution_ms_max=20,
    trader_ms=20,
    pause_ms_max=50,
)
"""Everything is read again at once."""


@asynccontextmanager
async def referring(
    log: NatsLog,
    urls: Mapping[str, str],
    *,
    ages: Ages = SOON,
    learned: Learned | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Reference]:
    time = clock or SystemClock()
    of_venue = ReferenceUrls(gamma=urls["gamma"], clob=urls["clob"], data=urls["data"])
    async with open_reference(of_venue, requests_per_s=1_000, timeout_s=10, clock=time) as source:
        reference = Reference(log, source, clock=time, schedule=Schedule(ages), learned=learned)
        task = asyncio.create_task(reference.run())
        try:
            yield reference
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()


def traded(
    token_id: TokenId, condition_id: ConditionId | str = "", wallet: str = "0x" + "ab" * 20
) -> TradeObserved:
    """A trade of a leader, of which only the names matter."""
    return TradeObserved(
        transaction_hash=TransactionHash("0x" + "c1" * 32),
        wallet=Wallet(wallet),
        token_id=token_id,
        side=Side.BUY,
        condition_id=ConditionId(condition_id),
        size_micros=1,
        increase_micros=1,
        notional_micros=1,
        price_micros=1,
        source="rtds",
        rows=1,
        traded_at_ms=1,
        received_at_ms=1,
    )


async def said(log: NatsLog, subjects: str, count: int) -> list[Event]:
    """The first events under the filter, as soon as there are so many."""
    found: list[Recorded] = []
    async with asyncio.timeout(DEADLINE_S):
        async for one in log.follow([subjects]):
            found.append(one)
            if len(found) == count:
                break
    return [one.event for one in found]


async def struck(control: Control, times: int) -> None:
    """As soon as the venue's faults struck so often."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            _, told = await control.ask("GET", "faults")
            if sum(one["struck"] for one in told["faults"]) >= times:
                return
            await asyncio.sleep(0.005)  # A venue tells nobody.
