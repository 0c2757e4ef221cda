"""A paper venue with a bad day, and stream-ingest with some of its sources."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.event import Event
from polycopy.schemas.ids import Wallet
from polycopy.schemas.trades import ActivityObserved, TradeObserved, TradeRehashed
from polycopy.stream_ingest.adapters.data_api import Polling
from polycopy.stream_ingest.adapters.reference_http import ReferenceUrls, open_reference
from polycopy.stream_ingest.adapters.sources import Wanted, open_sources
from polycopy.stream_ingest.core.poll_schedule import Pace
from polycopy.stream_ingest.service.ingest import Ingest
from polycopy.stream_ingest.service.reference import Reference
from polycopy.stream_ingest.service.targets import Targets
from tests.support.directing import Control
from tests.support.ingesting import NoBoard

DEADLINE_S = 60.0
STORM = """
[venue]
seed = 11
settle_ms = 0
index_delay_ms = [100, 500]
[source]
name = "seeded"
trades = 120
leaders = 6
markets = 3
pace_ms = 40
[[fault]]
name = "stall"
kind = "stall"
on = "rtds"
probability = 0.01
delay_ms = 1500
[[fault]]
name = "burst"
kind = "burst"
on = "rtds"
probability = 0.02
delay_ms = 400
[[fault]]
name = "gap"
kind = "gap"
on = "rtds"
probability = 0.05
[[fault]]
name = "duplicate"
kind = "duplicate"
on = "rtds"
probability = 0.05
[[fault]]
name = "reorder"
kind = "reorder"
on = "rtds"
probability = 0.05
delay_ms = 200
[[fault]]
name = "stale"
kind = "stale"
on = "rtds"
probability = 0.02
delay_ms = 1800000
[[fault]]
name = "no hash"
kind = "no_hash"
on = "rtds"
probability = 0.03
[[fault]]
name = "no outcome"
kind = "no_outcome"
on = "rtds"
probability = 0.02
[[fault]]
name = "disconnect"
kind = "disconnect"
on = "rtds"
probability = 0.01
[[fault]]
name = "api away"
kind = "error_before"
on = "GET /v2/activity"
probability = 0.05
status = 502
[[fault]]
name = "api lost"
kind = "lost_after"
on = "GET /v2/activity"
probability = 0.03
"""
FAST = Polling(
    pace=Pace(every_ms=200, sweep_ms=600, look_gap_ms=50, look_again_ms=(300, 600, 900)),
    per_second=100,
    timeout_s=5.0,
    index_ms=600,
    status_every_s=0.5,
)
Key = tuple[str, ...]
Sizes = Mapping[Key, int]


def wanted(control: Control, sources: str) -> Wanted:
    """`sources` names some of rtds, poll, chain."""
    urls = control.running.urls
    return Wanted(
        rtds_url=urls["rtds"] if "rtds" in sources else "",
        rules=Rules(silence_ms=1_000, life_ms=2_000),
        data_url=urls["data"] if "poll" in sources else "",
        polling=FAST,
        chain_ws_url=urls["rpc_ws"] if "chain" in sources else "",
        chain_url=urls["rpc"] if "chain" in sources else "",
    )


@asynccontextmanager
async def listening(
    log: NatsLog, control: Control, sources: str = "rtds poll chain"
) -> AsyncIterator[Ingest]:
    """One stream-ingest, as it is started."""
    clock, urls = SystemClock(), control.running.urls
    hosts = ReferenceUrls(gamma=urls["gamma"], clob=urls["clob"], data=urls["data"])
    async with (
        open_sources(wanted(control, sources), clock=clock) as opened,
        open_reference(hosts, requests_per_s=20, timeout_s=5.0, clock=clock) as site,
    ):
        targets = Targets(log, NoBoard(), clock=clock, changed=lambda *_: ingest.aim())
        references = Reference(
            log,
            site,
            clock=clock,
            learned=lambda *of: ingest.learned(*of),  # noqa: PLW0108 - it is made below
        )
        ingest = Ingest(log, log, opened, targets, clock=clock, references=references)
        task = asyncio.create_task(ingest.run())
        try:
            await eventually(lambda: "away" not in ingest.notes().values())
            yield ingest
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled(), task.exception()


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - the service tells nobody
            await asyncio.sleep(0.02)


def on_chain(control: Control, wallets: frozenset[Wallet]) -> Sizes:
    """What the venue's ledger has of the wallets: the truth."""
    found: dict[Key, int] = {}
    for settled in control.running.venue.settling.ledger:
        for done in settled.executions:
            key = (settled.transaction_hash, done.wallet, done.token_id, done.side.value)
            found[key] = found.get(key, 0) + done.size_micros
        for moved in settled.transfers:
            key = (settled.transaction_hash, moved.wallet, moved.token_id, settled.kind.value)
            found[key] = found.get(key, 0) + moved.size_micros
    return {key: size for key, size in found.items() if key[1] in wallets}


def told(events: list[Event]) -> Sizes:
    """What the log has of each trade: Σ of the increases, which has to be the size as well. A
    trade counts under the hash under which it went to the chain."""
    hashes = {
        one.transaction_hash: one.rehashed_as for one in events if isinstance(one, TradeRehashed)
    }
    sums: dict[Key, int] = {}
    sizes: dict[Key, int] = {}
    for event in events:
        if not isinstance(event, TradeObserved | ActivityObserved):
            continue
        kind = event.side.value if isinstance(event, TradeObserved) else event.kind.value
        hashed = hashes.get(event.transaction_hash, event.transaction_hash)
        key = (hashed, event.wallet, event.token_id, kind)
        sums[key] = sums.get(key, 0) + event.increase_micros
        sizes[key] = max(sizes.get(key, 0), event.size_micros)
    assert sums == sizes
    return sizes


async def trades_told(log: NatsLog) -> list[Event]:
    return [one.event for one in await log.read(["trades.>"])]


async def until_told(log: NatsLog, expected: Callable[[], Sizes]) -> Sizes:
    """What the log tells, as soon as it is what was expected, or when nobody waits any longer."""
    found: Sizes = {}
    try:
        async with asyncio.timeout(DEADLINE_S):
            async for _ in log.follow(["trades.>"]):
                found = told(await trades_told(log))
                if found == expected():
                    return found
    except TimeoutError:
        pass
    return told(await trades_told(log))
