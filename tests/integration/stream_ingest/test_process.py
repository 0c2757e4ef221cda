"""The service as it is started: a process with an environment."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.control import TargetAdded
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.feeds import FeedLost
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.trades import TradeObserved
from tests.integration.stream_ingest.rtds_server import RtdsServer
from tests.support.nats_server import Account
from tests.support.rtds_frames import WALLET, frame

DEADLINE_S = 60.0
PREFIX = "POLYCOPY_STREAM_INGEST_"


async def start(environ: dict[str, str], *arguments: str) -> Process:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("POLYCOPY_")}
    command = [sys.executable, "-m", "polycopy.stream_ingest", *arguments]
    return await asyncio.create_subprocess_exec(
        *command, env=inherited | environ, stdout=PIPE, stderr=PIPE
    )


def environ(account: Account, venue: RtdsServer) -> dict[str, str]:
    return {
        "NATS_URL": account.url,
        "NATS_MONITOR_URL": account.monitor_url,
        f"{PREFIX}RTDS_URL": venue.url,
        f"{PREFIX}CONNECTIONS": "2",
        f"{PREFIX}POLL": "false",
        f"{PREFIX}REFERENCE": "false",
    }


@asynccontextmanager
async def service(settings: dict[str, str]) -> AsyncIterator[Process]:
    process = await start(settings)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def follow(log: NatsLog) -> None:
    event = TargetAdded(wallet=WALLET)
    origin = Origin(source="test", time_ms=0, causation_id="cause")
    await log.append(draft(event, subject=subject_of(event), origin=origin), expected=0)


async def trades(log: NatsLog, count: int) -> list[TradeObserved]:
    found: list[TradeObserved] = []
    async with asyncio.timeout(DEADLINE_S):
        async for one in log.follow(["trades.>"]):
            assert isinstance(one.event, TradeObserved)
            found.append(one.event)
            if len(found) == count:
                break
    return found


async def finished(process: Process) -> tuple[int | None, str]:
    async with asyncio.timeout(DEADLINE_S):
        _, err = await process.communicate()
    return process.returncode, err.decode()


async def test_settings_are_checked_without_starting() -> None:
    good = await start({"NATS_URL": "nats://127.0.0.1:4222"}, "--check")
    assert (await finished(good))[0] == 0
    bad = await start(
        {f"{PREFIX}RTDS_URL": "http://x", f"{PREFIX}CONNECTIONS": "9", f"{PREFIX}WATCHDOG": "3"},
        "--check",
    )
    code, said = await finished(bad)
    assert code == 2
    for key in ("NATS_URL", "RTDS_URL", "CONNECTIONS", "WATCHDOG: unknown setting"):
        assert re.search(key, said)


async def test_a_killed_process_says_nothing_twice_when_it_is_back(
    log: NatsLog, nats_account: Account, venue: RtdsServer
) -> None:
    await follow(log)
    async with service(environ(nats_account, venue)) as process:
        await venue.subscribed(2)
        await venue.say(frame(size=1), frame(size=2))
        assert len(await trades(log, 2)) == 2
        process.kill()
        await venue.subscribed(0)
    async with service(environ(nats_account, venue)):
        await venue.subscribed(2)
        await venue.say(frame(size=1), frame(size=2), frame(size=4))
        found = await trades(log, 3)
    assert [trade.size_micros for trade in found] == [1_000_000, 3_000_000, 7_000_000]
    assert len(await log.read(["trades.>"])) == 3


async def test_a_stop_is_orderly_and_on_record(
    log: NatsLog, nats_account: Account, venue: RtdsServer
) -> None:
    await follow(log)
    async with service(environ(nats_account, venue)) as process:
        await venue.subscribed(2)
        await venue.say(frame())
        assert len(await trades(log, 1)) == 1
        process.terminate()
        code, said = await finished(process)
    assert code == 0, said
    lost = [one.event for one in await log.read(["feeds.>"]) if isinstance(one.event, FeedLost)]
    assert [event.reason for event in lost] == ["stopped", "stopped"]


async def test_it_is_ready_when_it_listens(
    log: NatsLog, nats_account: Account, venue: RtdsServer, unused_tcp_port: int
) -> None:
    assert log.connected
    settings = environ(nats_account, venue) | {f"{PREFIX}HEALTH_PORT": str(unused_tcp_port)}
    async with service(settings), aiohttp.ClientSession() as client:
        await venue.subscribed(2)
        address = f"http://127.0.0.1:{unused_tcp_port}"
        async with client.get(f"{address}/readyz") as answer:
            assert answer.status == 200
            assert (await answer.json())["checks"] == {"log": True, "sources": True}
        async with client.get(f"{address}/metrics") as answer:
            assert "polycopy_frames_total" in await answer.text()
