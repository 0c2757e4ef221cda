"""How a service's process starts and ends, seen from outside."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path

import pytest

PROGRAM = """
import asyncio
from polycopy.runtime.config import SecretFile, Settings, load
from polycopy.runtime.errors import Away, Halt
from polycopy.runtime.health import serve_health
from polycopy.runtime.logs import get_logger
from polycopy.runtime.process import start

class Example(Settings):
    do: str = "wait"
    key_file: SecretFile | None = None

async def run(settings):
    match settings.do:
        case "wait":
            try:
                print("running", flush=True)
                await asyncio.Event().wait()
            finally:
                print("cleaned up", flush=True)
        case "end":
            return
        case "halt":
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(halt())
        case "away":
            raise Away("no venue: start it")
        case "bug":
            raise ValueError("a bug of ours")
        case "serve":
            async with serve_health(settings.health_port, dict):
                pass

async def halt():
    raise Halt("the log was replaced: restore it")

start("example", lambda environ: load(Example, prefix="POLYCOPY_EXAMPLE_", environ=environ), run)
"""
NATS = {"NATS_URL": "nats://127.0.0.1:4222"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "example.py"
    path.write_text(PROGRAM)
    return path


async def launch(program: Path, *arguments: str, **settings: str) -> Process:
    environ: Mapping[str, str] = NATS | {
        f"POLYCOPY_EXAMPLE_{key.upper()}": value for key, value in settings.items()
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, str(program), *arguments, stdout=PIPE, stderr=PIPE, env=environ
    )


async def outcome(process: Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_it_clean_up_and_end_well(program: Path, order: signal.Signals) -> None:
    process = await launch(program)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"running\n"
    process.send_signal(order)
    code, out, _ = await outcome(process)
    assert (code, out) == (0, "cleaned up\n")


async def test_a_service_that_is_done_ends_well(program: Path) -> None:
    assert await outcome(await launch(program, do="end")) == (0, "", "")


@pytest.mark.parametrize(("mode", "warned"), [(0o444, True), (0o600, False)])
async def test_a_secret_that_others_can_read_is_warned_of_and_taken(
    program: Path, tmp_path: Path, *, mode: int, warned: bool
) -> None:
    key = tmp_path / "key"
    key.write_text("secret")
    key.chmod(mode)
    code, out, err = await outcome(await launch(program, do="end", key_file=str(key)))
    assert code == 0
    told = [line for line in (out + err).splitlines() if "can be read by others" in line]
    assert len(told) == warned
    assert all(str(key) in line and "POLYCOPY_EXAMPLE_KEY_FILE" in line for line in told)


async def test_check_looks_at_the_settings_and_starts_nothing(program: Path) -> None:
    code, out, err = await outcome(await launch(program, "--check"))
    assert (code, out, err) == (0, "", "example: the settings are fine\n")


async def test_all_faults_of_the_settings_are_told_one_a_line(program: Path) -> None:
    code, out, err = await outcome(
        await launch(program, "--check", health_port="x", log_level="loud")
    )
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("example: POLYCOPY_EXAMPLE_") for line in lines)


async def test_a_wrong_argument_is_refused(program: Path) -> None:
    code, _, err = await outcome(await launch(program, "--verbose"))
    assert code == 2
    assert err == "example: unknown arguments --verbose: only --check is understood\n"


async def test_a_halt_in_a_task_group_is_one_line(program: Path) -> None:
    expected = (2, "", "example: the log was replaced: restore it\n")
    assert await outcome(await launch(program, do="halt")) == expected


async def test_what_another_start_may_heal_has_a_code_of_its_own(program: Path) -> None:
    expected = (3, "", "example: no venue: start it\n")
    assert await outcome(await launch(program, do="away")) == expected


async def test_a_health_port_that_is_taken_is_one_line(program: Path) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code, _, err = await outcome(await launch(program, do="serve", health_port=str(port)))
    server.close()
    assert code == 2
    assert err.startswith(f"example: health port {port} is not to be had")
    assert err.count("\n") == 1


async def test_a_bug_is_logged_with_its_traceback(program: Path) -> None:
    code, _, err = await outcome(await launch(program, do="bug"))
    assert code == 1
    assert "a bug of ours" in err
    assert '"event": "bug"' in err
