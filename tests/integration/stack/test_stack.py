"""The embedded servers: what they keep, what they refuse, and who else can reach them."""

import json
import os
import socket
import stat
import urllib.request
from pathlib import Path

import nats
import psycopg
import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import open_log
from polycopy.stack import StackFault, open_nats, open_postgres, open_stack, remove_stack
from polycopy.stack.lodging import find_lodging


def query(url: str, text: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []


async def publish(url: str, text: str) -> None:
    client = await nats.connect(url)
    stream = client.jetstream()
    await stream.add_stream(name="KEPT", subjects=["kept"])
    await stream.publish("kept", text.encode())
    await client.close()


async def last_kept(url: str) -> str:
    client = await nats.connect(url)
    found = await client.jetstream().get_last_msg("KEPT", "kept")
    await client.close()
    assert found.data is not None
    return found.data.decode()


async def test_a_stack_started_again_has_its_data_its_ports_and_its_passwords(folder: Path) -> None:
    async with open_stack(folder) as first:
        query(first.database_url, "create table answers as select 42 as answer")
        await publish(first.nats_url, "still here")
    async with open_stack(folder) as second:
        assert query(second.database_url, "select answer from answers") == [(42,)]
        assert await last_kept(second.nats_url) == "still here"
    assert (second.nats_url, second.nats_monitor_url) == (first.nats_url, first.nats_monitor_url)
    assert second.database_url == first.database_url
    assert second.pids != first.pids


async def test_two_stacks_run_side_by_side(folder: Path, fresh_folder: Path) -> None:
    async with open_stack(folder) as one, open_stack(fresh_folder) as other:
        query(one.database_url, "create table mine ()")
        assert query(other.database_url, "select to_regclass('mine')") == [(None,)]
        assert one.nats_url != other.nats_url


async def test_a_folder_in_use_is_refused_with_one_line(folder: Path) -> None:
    async with open_nats(folder):
        with pytest.raises(StackFault, match=r"used by another process: wait for it, stop it"):
            async with open_stack(folder):
                raise AssertionError("two stacks in one folder")


async def test_a_port_that_somebody_took_is_replaced(folder: Path) -> None:
    async with open_postgres(folder) as first:
        port = int(first.url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    with socket.create_server(("127.0.0.1", port)):
        async with open_postgres(folder) as second:
            assert second.url != first.url
            assert query(second.url, "select 1") == [(1,)]


async def test_a_stale_process_file_does_not_hinder(folder: Path) -> None:
    async with open_postgres(folder):
        pass
    data = find_lodging(folder).data
    # What a killed container leaves, in which process 1 is always somebody.
    (data / "postmaster.pid").write_text(f"1\n{data}\n1\n5432\n\n127.0.0.1\n1 1\nready\n")
    async with open_postgres(folder) as again:
        assert query(again.url, "select 1") == [(1,)]


async def test_data_that_cannot_be_used_are_made_again(fresh_folder: Path) -> None:
    async with open_postgres(fresh_folder) as first:
        query(first.url, "create table kept ()")
    data = find_lodging(fresh_folder).data
    # A first start that was cut short: the password is kept last.
    (fresh_folder / "secrets/postgres").unlink()
    async with open_postgres(fresh_folder) as second:
        assert query(second.url, "select to_regclass('kept')") == [(None,)]
    # Another major version of the binaries.
    (data / "PG_VERSION").write_text("17\n")
    async with open_postgres(fresh_folder) as third:
        assert query(third.url, "select 1") == [(1,)]


async def test_nobody_else_can_read_the_secrets_and_nobody_comes_in_without(folder: Path) -> None:
    async with open_stack(folder) as stack:
        for path in (*(folder / "secrets").iterdir(), folder / "nats.conf"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for path in (folder, folder / "secrets", folder / "logs"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        address = stack.database_url.rsplit("@", 1)[1]
        with pytest.raises(psycopg.OperationalError, match="password"):
            query(f"postgresql://polycopy:wrong@{address}", "select 1")
        assert "Authorization Violation" in nats_answer(stack.nats_url)
        for log in (folder / "logs").iterdir():
            text = log.read_text()
            assert not [s for s in (folder / "secrets").iterdir() if s.read_text() in text]


def nats_answer(url: str) -> str:
    """What the server says to somebody who brings no password."""
    host, port = url.rsplit("@", 1)[1].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        stranger.sendall(b"CONNECT {}\r\nPING\r\n")
        answer = b""
        while more := stranger.recv(4096):
            answer += more
    return answer.decode()


async def test_every_acknowledged_message_is_on_the_disk(folder: Path) -> None:
    async with open_nats(folder) as server:
        with urllib.request.urlopen(f"{server.monitor_url}/varz") as answer:  # noqa: ASYNC210, S310 - loopback
            settings = json.load(answer)
    assert settings["jetstream"]["config"]["sync_always"] is True
    assert settings["feature_flags"]["js_ack_fc_v2"] is False
    assert settings["host"] == settings["http_host"] == "127.0.0.1"


async def test_the_log_can_be_made_in_it(fresh_folder: Path) -> None:
    async with (
        open_nats(fresh_folder) as server,
        open_log(
            server.url,
            source="test",
            clock=SystemClock(),
            create=True,
            monitor_url=server.monitor_url,
        ) as log,
    ):
        assert await log.end() == 1


async def test_a_server_that_ends_by_itself_is_told_in_one_line(folder: Path) -> None:
    async with open_stack(folder) as stack:
        os.kill(stack.pids["nats"], 9)
        told = await stack.ended()
    assert told.startswith("nats was killed by SIGKILL")
    assert "[INF]" not in told, "its last line was routine"
    assert "\n" not in told


async def test_a_removed_stack_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "removed"
    async with open_postgres(folder):
        data = find_lodging(folder).data
        with pytest.raises(StackFault):
            await remove_stack(folder)
    await remove_stack(folder)
    assert not folder.exists()
    assert not data.exists()
