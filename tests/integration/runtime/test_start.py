"""A log that is not safe for money is not opened, and one line says what to change."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from polycopy.runtime.errors import Away, Halt
from polycopy.runtime.provisioning import EVENTS
from tests.support.log_events import feed
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account, NatsServer

MADE = EVENTS.creation()


async def refusal(account: Account, *, create: bool = False) -> str:
    """The one line."""
    with pytest.raises(Halt) as caught:
        async with real_log(account, create=create, patience_s=1.0):
            pass
    line = str(caught.value)
    assert "\n" not in line
    assert "secret" not in line
    return line


@asynccontextmanager
async def server(folder: Path, **settings: object) -> AsyncIterator[NatsServer]:
    made = NatsServer(folder, extra=settings)
    await asyncio.to_thread(made.start)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.stop)


async def test_a_log_is_the_same_one_for_all_who_open_it(nats_account: Account) -> None:
    async with real_log(nats_account) as log:
        await log.append(feed(1))
        async with real_log(nats_account, create=False) as other:
            assert other.log_id == log.log_id
            assert await other.end() == 2


async def test_of_many_who_make_the_log_at_once_one_does(nats_account: Account) -> None:
    opening = [real_log(nats_account) for _ in range(4)]
    logs = await asyncio.gather(*(one.__aenter__() for one in opening))
    assert len({log.log_id for log in logs}) == 1
    assert await logs[0].end() == 1
    for one in opening:
        await one.__aexit__(None, None, None)


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        line = await refusal(Account(f"nats://me:secret@127.0.0.1:{port}", "http://127.0.0.1:1"))
    assert line.startswith(f"no NATS server at nats://127.0.0.1:{port} (")
    assert line.endswith("start it, or set NATS_URL to where it runs")


async def test_a_wrong_password(nats_server: NatsServer) -> None:
    wrong = Account(f"nats://a0:wr0ng@127.0.0.1:{nats_server.port}", nats_server.monitor_url)
    assert "Authorization Violation" in await refusal(wrong)


async def test_only_a_server_that_is_not_there_is_worth_another_start(
    nats_server: NatsServer,
) -> None:
    hangs_up = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    for port in (1, hangs_up.sockets[0].getsockname()[1]):
        with pytest.raises(Away):
            async with real_log(Account(f"nats://127.0.0.1:{port}", nats_server.monitor_url)):
                pass
    hangs_up.close()
    wrong = Account(f"nats://a0:wr0ng@127.0.0.1:{nats_server.port}", nats_server.monitor_url)
    with pytest.raises(Halt) as caught:
        async with real_log(wrong):
            pass
    assert not isinstance(caught.value, Away)


async def test_a_server_that_does_not_sync_always(tmp_path: Path) -> None:
    lax = NatsServer(tmp_path, sync="2m")
    await asyncio.to_thread(lax.start)
    assert "set `jetstream { sync_interval: always }`" in await refusal(lax.whole, create=True)
    await asyncio.to_thread(lax.stop)


async def test_a_server_with_the_flag_that_deafens_the_client(tmp_path: Path) -> None:
    async with server(tmp_path, feature_flags={"js_ack_fc_v2": True}) as flagged:
        assert "js_ack_fc_v2: false" in await refusal(flagged.whole, create=True)


async def test_a_server_without_jetstream(tmp_path: Path) -> None:
    async with server(tmp_path, jetstream="disabled") as bare:
        assert "JetStream is off" in await refusal(bare.whole, create=True)


async def test_a_monitoring_port_that_does_not_answer(nats_account: Account) -> None:
    line = await refusal(Account(nats_account.url, "http://127.0.0.1:1"))
    assert "http://127.0.0.1:1/varz" in line
    assert "set NATS_MONITOR_URL" in line


async def test_the_monitoring_port_of_another_server(
    nats_account: Account, own_nats_server: NatsServer
) -> None:
    line = await refusal(Account(nats_account.url, own_nats_server.monitor_url))
    assert "is the monitoring port of another server" in line


async def test_a_log_that_nobody_made(nats_account: Account) -> None:
    assert "stream EVENTS does not exist" in await refusal(nats_account)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"deny_delete": False}, "deny_delete is False and must be True"),
        ({"discard": "old"}, "discard is 'old' and must be 'new'"),
        ({"max_age": 3600 * 10**9}, "max_age is 3600000000000 and must be 0"),
        ({"max_bytes": -1}, "max_bytes is -1 and must be at least 1"),
        ({"storage": "memory"}, "storage is 'memory' and must be 'file'"),
        ({"subjects": ["control.>"]}, "subjects is ['control.>'] and must be ["),
        ({"persist_mode": "async"}, "persist_mode is 'async' and must be ''"),
        ({"duplicate_window": 10**9}, "duplicate_window is 1000000000 and must be at least"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_stream_set_otherwise(
    nats_account: Account, change: dict[str, object], complaint: str
) -> None:
    async with raw_api(nats_account) as (_, api):
        await api.ask("STREAM.CREATE.EVENTS", {**MADE, **change})
    line = await refusal(nats_account, create=True)
    assert line.startswith("stream EVENTS: ")
    assert complaint in line


async def test_a_stream_that_lost_a_message(nats_account: Account) -> None:
    async with raw_api(nats_account) as (connection, api):
        await api.ask("STREAM.CREATE.EVENTS", {**MADE, "deny_delete": False})
        for number in range(3):
            await connection.ask(f"feeds.rtds.n{number}", b"x", within_s=5)
        await api.ask("STREAM.MSG.DELETE.EVENTS", {"seq": 2})
        await api.ask("STREAM.UPDATE.EVENTS", MADE)
    assert "has 2 messages and ends at sequence 3" in await refusal(nats_account, create=True)


async def test_a_stream_that_begins_with_something_else(nats_account: Account) -> None:
    async with raw_api(nats_account) as (connection, api):
        await api.ask("STREAM.CREATE.EVENTS", MADE)
        await connection.ask("feeds.rtds.connected", b"{}", within_s=5)
    assert "sequence 1" in await refusal(nats_account, create=True)


async def test_a_stream_larger_than_the_disk(tmp_path: Path) -> None:
    store = {"store_dir": str(tmp_path / "js"), "sync_interval": "always", "max_file_store": 10**6}
    async with server(tmp_path, jetstream=store) as small:
        assert "does not make stream EVENTS" in await refusal(small.whole, create=True)
