"""What is lost for good: a service that must not run any more, and a server."""

import asyncio
import os
import re
import signal
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]
import pytest

from polycopy.cli.adapters.processes import open_supervisor
from polycopy.cli.core.plan import Process
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt
from tests.support import polycopy_command as command

pytestmark = pytest.mark.timeout(120)
RUNS = "stop with Ctrl-C"
REFUSES = """
import sys
print("leaver: I must not run", file=sys.stderr)
sys.exit(2)
"""
LEAVES = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from os import environ, getpid

PID = int(environ.get("SAYS_IT_IS", getpid()))


class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"pid": %d}' % PID)


with HTTPServer(("127.0.0.1", int(environ["POLYCOPY_LEAVER_HEALTH_PORT"])), Ready) as server:
    server.handle_request()
print("leaver: another one took over", file=sys.stderr)
sys.exit(2)
"""


def leaver(folder: Path, source: str) -> Process:
    """A service of our package that is kept in `folder`."""
    (folder / "polycopy").mkdir()
    (folder / "polycopy/leaver.py").write_text(source)
    return Process(name="leaver", settings={"PYTHONPATH": str(folder)})


async def test_a_service_that_was_ready_and_must_not_run_any_more_is_not_needed(
    tmp_path: Path,
) -> None:
    process = leaver(tmp_path, LEAVES)
    async with open_supervisor(tmp_path, clock=SystemClock(), say=print) as supervisor:
        await supervisor.start([process])
        loss = await supervisor.lost()
        assert not loss.needed
        assert loss.line == ("leaver gave up and is not started again: another one took over")
        assert supervisor.restarts() == {}


async def test_whoever_else_answers_at_the_port_is_not_ready(tmp_path: Path) -> None:
    process = leaver(tmp_path, LEAVES)
    stranger = msgspec.structs.replace(process, settings={**process.settings, "SAYS_IT_IS": "1"})
    async with open_supervisor(tmp_path, clock=SystemClock(), say=print) as supervisor:
        with pytest.raises(Halt, match="leaver did not start: another one took over"):
            await supervisor.start([stranger])


async def test_a_service_that_was_never_ready_refused_to_start(tmp_path: Path) -> None:
    process = leaver(tmp_path, REFUSES)
    async with open_supervisor(tmp_path, clock=SystemClock(), say=print) as supervisor:
        with pytest.raises(Halt, match="leaver did not start: I must not run"):
            await supervisor.start([process])


async def test_up_goes_on_without_an_executor_that_gave_up_and_says_so_at_its_end(
    tmp_path: Path,
) -> None:
    stack = tmp_path / "main"
    async with command.polycopy("up", home=tmp_path) as running:
        await running.says(RUNS)
        (stack / "secrets/signing-key").write_text("no key")
        pids = command.running(stack)["pids"]
        os.kill(pids["executor"], signal.SIGKILL)
        line = await running.says("executor ended (signal 9) and is started again")
        assert line.endswith(f"(log: {stack}/logs/executor.log)\n")
        line = await running.says("executor gave up and is not started again: ")
        assert line.endswith("; everything else keeps running\n")
        others = [pid for name, pid in pids.items() if name != "executor"]
        assert all(map(psutil.pid_exists, others))
        running.signal(signal.SIGINT)
        code, _, err = await running.ends()
    assert code == 1
    assert re.fullmatch(r"\d\d:\d\d:\d\d stopped\n", err)


@pytest.mark.parametrize(
    ("arguments", "server", "ready"),
    [
        (("up",), "postgres", RUNS),
        (("demo", "--trades", "200"), "nats", command.RUNS),
    ],
)
async def test_the_end_of_a_server_ends_the_run_with_its_name_and_log(
    arguments: tuple[str, ...], server: str, ready: str, tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    async with command.polycopy(*arguments, "--stack", str(stack), home=tmp_path) as running:
        await running.says(ready)
        family = psutil.Process(running.process.pid).children(recursive=True)
        binary = {"nats": "nats-server", "postgres": "postgres"}[server]
        [process] = [
            one for one in psutil.Process(running.process.pid).children() if one.name() == binary
        ]
        process.kill()
        code, out, err = await running.ends()
    assert out == ""
    [line] = [line for line in err.splitlines() if "polycopy: " in line]
    assert code == 1
    assert re.match(rf"(\d\d:\d\d:\d\d )?polycopy: {server} was killed by SIGKILL[: ]", line)
    assert line.endswith(f"(log: {stack}/logs/{server}.log)")
    assert "Traceback" not in err
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 20)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    assert not (stack / "run.json").exists()
