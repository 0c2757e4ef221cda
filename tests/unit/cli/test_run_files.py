"""What tells other commands that a stack runs, or is about to."""

import os
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from polycopy.cli.adapters.key_files import KeyFiles
from polycopy.cli.adapters.run_files import RunFiles
from polycopy.cli.core import doctor
from polycopy.cli.core.plan import Servers
from polycopy.cli.core.runs import Run
from polycopy.schemas.ids import LogId

SERVERS = Servers(nats_url="nats://x", nats_monitor_url="", database_url="postgresql://x")


def run_of(stack: Path) -> Run:
    return Run(
        stack=str(stack),
        pid=os.getpid(),
        started_at_ms=1,
        servers=SERVERS,
        log_id=LogId("0d" * 16),
        starting=True,
    )


def stack_in(home: Path) -> Path:
    (home / "main").mkdir()
    return home / "main"


def test_a_stack_is_starting_until_it_runs_or_does_not(tmp_path: Path) -> None:
    runs, stack = RunFiles(tmp_path), stack_in(tmp_path)
    assert not runs.is_starting(stack)
    with runs.starting(stack):
        assert runs.is_starting(stack)
        with runs.starting(stack):  # Whoever comes second takes nothing away.
            pass
        assert runs.is_starting(stack)
        runs.write(run_of(stack))
        assert not runs.is_starting(stack)
        runs.remove(str(stack))
        assert runs.is_starting(stack)
    assert not runs.is_starting(stack)


def test_who_was_killed_while_it_started_is_not_waited_for(tmp_path: Path) -> None:
    runs, stack = RunFiles(tmp_path), stack_in(tmp_path)
    nobody = max(psutil.pids()) + 1_000_000
    (stack / "starting.pid").write_text(str(nobody))
    assert not runs.is_starting(stack)
    (stack / "starting.pid").write_text("")
    assert not runs.is_starting(stack)


def test_a_run_is_ready_when_its_processes_are_named(tmp_path: Path) -> None:
    runs, stack = RunFiles(tmp_path), stack_in(tmp_path)
    runs.write(run_of(stack).with_pids({"executor": 7}))
    found = runs.find(None)
    assert found is not None
    assert (found.starting, found.pids) == (False, {"executor": 7})


def test_a_key_that_others_can_read_is_told_with_what_to_do(tmp_path: Path) -> None:
    keys, path = KeyFiles(), tmp_path / "the key"
    assert not keys.others_can_read(path)
    path.touch(mode=0o600)
    assert not keys.others_can_read(path)
    for mode in (0o640, 0o604):
        path.chmod(mode)
        assert keys.others_can_read(path)
    finding = doctor.open_secret(str(path))
    assert finding.warning
    assert finding.says.endswith(f"chmod 600 '{path}'")
