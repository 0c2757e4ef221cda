"""The bucket of snapshots on a real server: made where it is missing, and never missed."""

import asyncio
import hashlib
from collections.abc import Iterator

import pytest

from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.provisioning import EVENTS, SNAPSHOTS
from tests.support.log_events import feed
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account, NatsServer

NAME = "executor.main"
BUCKET = SNAPSHOTS.name
LONG = [hashlib.sha256(bytes([number])).digest() * 8_000 for number in range(4)]


async def test_a_log_of_an_earlier_build_gets_its_bucket(nats_account: Account) -> None:
    async with real_log(nats_account) as log:
        await log.append(feed(1))
    async with raw_api(nats_account) as (_, api):
        await api.ask(f"STREAM.DELETE.{BUCKET}")
    async with real_log(nats_account, create=False) as log:
        await log.snapshots.put(NAME, [b"kept"])
        assert await log.snapshots.get(NAME) == b"kept"
        assert await log.end() == 2


async def test_a_log_that_nobody_made_gets_none(nats_account: Account) -> None:
    with pytest.raises(Halt):
        async with real_log(nats_account, create=False, patience_s=1.0):
            pass
    async with raw_api(nats_account) as (_, api):
        assert not (await api.ask("STREAM.NAMES"))["streams"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"max_msgs_per_subject": 5}, "max_msgs_per_subject is 5 and must be 1"),
        ({"storage": "memory", "persist_mode": ""}, "storage is 'memory' and must be 'file'"),
        ({"max_bytes": -1}, "max_bytes is -1 and must be at least 1"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_bucket_set_otherwise_is_named(
    nats_account: Account, change: dict[str, object], complaint: str
) -> None:
    async with raw_api(nats_account) as (_, api):
        await api.ask("STREAM.CREATE.EVENTS", EVENTS.creation())
        await api.ask(f"STREAM.CREATE.{BUCKET}", {**SNAPSHOTS.creation(), **change})
    with pytest.raises(Halt, match=f"stream {BUCKET}: ") as caught:
        async with real_log(nats_account):
            pass
    assert complaint in str(caught.value)


async def test_a_bucket_that_is_gone_is_a_fault_that_passes(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await api.ask(f"STREAM.DELETE.{BUCKET}")
        with pytest.raises(Transient):
            await log.snapshots.get(NAME)
        with pytest.raises(Transient):
            await log.snapshots.put(NAME, [b"kept"])
        assert await log.append(feed(1)) == 2


async def test_a_full_bucket_keeps_what_it_has(nats_account: Account) -> None:
    small = {**SNAPSHOTS.creation(), "max_bytes": 600_000}
    async with raw_api(nats_account) as (_, api):
        await api.ask(f"STREAM.CREATE.{BUCKET}", small)
    async with real_log(nats_account) as log:
        for pieces in (LONG[:1], LONG[1:2]):
            await log.snapshots.put(NAME, pieces)
        with pytest.raises(Transient, match="maximum bytes"):
            await log.snapshots.put("executor.other", LONG)
        assert await log.snapshots.get("executor.other") is None
        assert await log.snapshots.get(NAME) == LONG[1]


async def test_whoever_dies_while_writing_leaves_the_old_one_whole(nats_account: Account) -> None:
    started = asyncio.Event()

    def pieces() -> Iterator[bytes]:
        yield from LONG
        started.set()
        yield from LONG * 8

    async with real_log(nats_account) as log:
        await log.snapshots.put(NAME, LONG[:1])
        await log.snapshots.put(NAME, LONG[:2])
        dying = asyncio.ensure_future(log.snapshots.put(NAME, pieces()))
        await started.wait()
        dying.cancel()
        await asyncio.wait({dying})
    async with real_log(nats_account) as log:
        assert await log.snapshots.get(NAME) == b"".join(LONG[:2])


async def test_a_lost_chunk_is_a_gap_and_no_fault(nats_account: Account) -> None:
    """Whoever reads it finds by the hash that it was damaged."""
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await log.snapshots.put(NAME, LONG)
        await api.ask(f"STREAM.PURGE.{BUCKET}", {"filter": f"$KV.SNAPSHOTS.{NAME}.a.0"})
        assert await log.snapshots.get(NAME) == b""


async def test_a_head_that_promises_too_much_is_believed_as_far_as_there_is_anything(
    nats_account: Account,
) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, _):
        await log.snapshots.put(NAME, LONG)
        head = b'{"slot": "a", "chunks": 1000000000000}'
        await connection.ask(f"$KV.SNAPSHOTS.{NAME}.head", head, within_s=5)
        assert await log.snapshots.get(NAME) == b"".join(LONG)


@pytest.mark.parametrize("head", [b"", b"{}", b'{"slot": "a", "chunks": "many"}'])
async def test_a_head_that_says_nothing_is_none(nats_account: Account, head: bytes) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, _):
        await log.snapshots.put(NAME, LONG)
        await connection.ask(f"$KV.SNAPSHOTS.{NAME}.head", head, within_s=5)
        assert await log.snapshots.get(NAME) is None
        await log.snapshots.put(NAME, [b"again"])
        assert await log.snapshots.get(NAME) == b"again"


async def test_snapshots_outlive_the_server(own_nats_server: NatsServer) -> None:
    account = own_nats_server.whole
    async with real_log(account) as log:
        await log.snapshots.put(NAME, LONG)
    await asyncio.to_thread(own_nats_server.stop)
    await asyncio.to_thread(own_nats_server.start)
    async with real_log(account, create=False) as log:
        assert await log.snapshots.get(NAME) == b"".join(LONG)
