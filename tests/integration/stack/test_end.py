"""However the owner of a stack ends, no server is left and the next one can start at once."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from polycopy.stack import open_stack
from tests.support.stack import family, gone, stack_process

ROOT = Path(__file__).parents[3]
NOBODY = 65534


async def test_an_owner_that_is_killed_leaves_no_server_behind(folder: Path) -> None:
    async with stack_process(folder) as (owner, told):
        with closing(psycopg.connect(told["database"])) as connection:
            connection.execute("select 1")  # In the middle of a transaction.
            servers = family(told["pids"])
            owner.kill()
            assert await gone(servers)


async def test_after_a_kill_the_next_start_waits_and_finds_the_data(folder: Path) -> None:
    async with stack_process(folder) as (owner, told):
        with psycopg.connect(told["database"], autocommit=True) as connection:
            connection.execute("create table kept as select 42 as answer")
        owner.kill()
        await owner.wait()
        async with open_stack(folder) as stack, await connect(stack.database_url) as again:
            cursor = await again.execute("select answer from kept")
            assert await cursor.fetchall() == [(42,)]


async def connect(url: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(url)


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_to_the_owner_stops_the_servers(folder: Path, order: signal.Signals) -> None:
    async with stack_process(folder) as (owner, told):
        servers = family(told["pids"])
        os.kill(owner.pid, order)
        await owner.wait()
        assert await gone(servers)


async def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(folder: Path) -> None:
    async with open_stack(folder) as stack:
        assert {os.getsid(pid) for pid in stack.pids.values()}.isdisjoint({os.getsid(0)})


async def test_a_server_that_is_stopped_by_force_leaves_nothing(folder: Path) -> None:
    async with stack_process(folder) as (_, told):
        servers = family(told["pids"])
        for server in servers[:2]:
            server.kill()
        assert await gone(servers)


async def test_an_ordinary_user_can_run_it_too() -> None:
    if os.geteuid() != 0:
        pytest.skip("we are an ordinary user, and every other test shows it")
    python = python_for_everybody()
    if python is None:
        pytest.skip("no Python of 3.11 or later here that an ordinary user can run")
    home = Path("/var/tmp") / f"polycopy-test-{os.getpid()}"  # noqa: S108 - tmp_path is root's alone
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    environ = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": ":".join(path for path in sys.path if path),
    }
    try:
        async with stack_process(home / "stack", python=python, user=NOBODY, environ=environ) as (
            owner,
            told,
        ):
            servers = family(told["pids"])
            assert {server.uids().real for server in servers} == {NOBODY}
            assert (home / "stack/postgres/PG_VERSION").exists()
            owner.terminate()
            assert await gone(servers)
    finally:
        shutil.rmtree(home)


def python_for_everybody() -> str | None:
    """An interpreter that `nobody` can run."""
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            subprocess.run([candidate, "-c", probe], check=True, user=NOBODY, group=NOBODY, cwd="/")
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None
