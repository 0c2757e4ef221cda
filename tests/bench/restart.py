"""From the start of an executor to its readiness, in seconds, with a million events behind it.

The live account of a real executor process, between a NATS server that syncs always and the paper
venue. The log holds sixty days of orders from request to confirmation, so that most are forgotten
as they would be. First it folds everything; then it starts from the snapshot that it has written,
three times. `EVENTS` in the environment makes the log shorter, and then there is no target.
Baseline: the start from zero. Beside it, what is folded a second without server and process:
headers and body to an event, and the event into the ledger.
"""

import asyncio
import gc
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import aiohttp
import msgspec
import psutil  # type: ignore[import-untyped]

from polycopy.executor.core import ledger
from polycopy.runtime.nats_wire import recorded
from polycopy.runtime.snapshots import EVERY_EVENTS
from polycopy.schemas.envelope import to_headers
from polycopy.schemas.event import encode
from polycopy.stack.ports import choose
from tests.bench import long_log, places
from tests.bench.figures import Paired, Result, paired, result
from tests.support.executing import KEY
from tests.support.nats_server import NatsServer
from tests.support.service_process import ended, service_process, venue_process
from tests.support.signalling import LIVE

NAME = "restart"
_TARGET_S = 2.0
_FROM_ZERO_S_MAX = 30.0
_STARTS = 3
_EXECUTOR = "polycopy.executor"
_POLL_S = 0.01
_WAIT_S_MAX = 300.0
_FOLDED = 100_000
_ROUNDS = 3
_MEGABYTE = 1_000_000

Message = tuple[str, dict[str, str], bytes]


class _Start(msgspec.Struct, frozen=True, kw_only=True):
    """`resident_mb`: what the process holds when its snapshot is there."""

    seconds: float
    cpu_s: float
    resident_mb: float
    snapshot_mb: float


def measure() -> Result:
    events = int(os.environ.get("EVENTS", long_log.A_MILLION))
    assert events > EVERY_EVENTS, "of so few no snapshot is kept"
    with places.folder() as folder:
        zero, starts = asyncio.run(_measure(folder, events))
    fold = _fold_alone()
    seconds = median(start.seconds for start in starts)
    whole = events >= long_log.A_MILLION
    return result(
        NAME,
        seconds,
        "s",
        target=_TARGET_S if whole else None,
        ratio_to=seconds / zero.seconds,
        also={
            "baseline": "the start from zero",
            "from_zero_s": zero.seconds,
            "from_zero_target_s": _FROM_ZERO_S_MAX,
            "cpu_s": median(start.cpu_s for start in starts),
            "from_zero_cpu_s": zero.cpu_s,
            "events": events,
            "snapshot_mb": zero.snapshot_mb,
            "resident_mb": max(start.resident_mb for start in starts),
            "resident_from_zero_mb": zero.resident_mb,
            "folded_per_s": fold.per_second,
            "decoded_per_s": fold.baseline_per_second,
            "cpu_share": fold.cpu_share,
        },
        also_ok=not whole or zero.seconds <= _FROM_ZERO_S_MAX,
    )


async def _measure(folder: Path, events: int) -> tuple[_Start, list[_Start]]:
    """The start from zero, and those from its snapshot."""
    async with (
        venue_process() as venue,
        long_log.server_with(folder, LIVE, events) as server,
    ):
        key_file = folder / "key"
        key_file.write_text(KEY.hex)
        settings = {
            "NATS_URL": server.url,
            "NATS_MONITOR_URL": server.monitor_url,
            "POLYCOPY_EXECUTOR_CLOB_URL": venue["clob"],
            "POLYCOPY_EXECUTOR_LIVE_ACCOUNT": LIVE,
            "POLYCOPY_EXECUTOR_KEY_FILE": str(key_file),
            "POLYCOPY_EXECUTOR_API_FILE": str(folder / "api.json"),
        }
        code, said = await ended(_EXECUTOR, settings, "--make-api-key")
        assert code == 0, said
        zero = await _start(server, settings)
        return zero, [await _start(server, settings) for _ in range(_STARTS)]


async def _start(server: NatsServer, settings: dict[str, str]) -> _Start:
    port = choose(["health"], {})["health"]
    settings = settings | {"POLYCOPY_EXECUTOR_HEALTH_PORT": str(port)}
    began_s = time.perf_counter()
    async with asyncio.timeout(_WAIT_S_MAX), service_process(_EXECUTOR, settings) as process:
        await _ready(f"http://127.0.0.1:{port}/readyz")
        seconds = time.perf_counter() - began_s
        executor = psutil.Process(process.pid)
        used = executor.cpu_times()
        size = await _snapshot_bytes(server)
        resident = executor.memory_info().rss
        process.terminate()
        await process.wait()
    return _Start(
        seconds=seconds,
        cpu_s=used.user + used.system,
        resident_mb=resident / _MEGABYTE,
        snapshot_mb=size / _MEGABYTE,
    )


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(_POLL_S)


async def _snapshot_bytes(server: NatsServer) -> int:
    """How long the account's snapshot is, as soon as there is one."""
    async with places.event_log(server.url, server.monitor_url) as log:
        while True:
            kept = await log.snapshots.get(f"executor.{LIVE}")
            if kept is not None:
                return len(kept)
            await asyncio.sleep(_POLL_S)


def _fold_alone() -> Paired:
    messages: list[Message] = [
        (new.subject, to_headers(new.envelope), encode(new.event))
        for new in long_log.drafts(LIVE, _FOLDED)
    ]
    gc.freeze()  # A real start does not keep the messages: the collector must not look at ours.
    return paired(lambda: _folded(messages), lambda: _decoded(messages), rounds=_ROUNDS)


def _folded(messages: Sequence[Message]) -> int:
    state = ledger.initial(LIVE)
    for sequence, message in enumerate(messages, start=1):
        state = ledger.evolve(state, recorded(*message, sequence))
    assert (state.account.version, state.account.anomalies) == (len(messages), 0)
    return len(messages)


def _decoded(messages: Sequence[Message]) -> int:
    for sequence, message in enumerate(messages, start=1):
        recorded(*message, sequence)
    return len(messages)
