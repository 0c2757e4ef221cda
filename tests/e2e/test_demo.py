"""`polycopy demo` as a user runs it: it ends by itself, and says whether everything holds."""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import open_log
from polycopy.schemas.senders import SENDERS
from polycopy.schemas.subjects import ALL_SIGNALS, EVENT_SUBJECTS
from polycopy.stack import open_stack
from tests.support import polycopy_command as command

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT.parent / "shared/data/trades"
TRADES = 40
LAWS = {"V1", "V2", "V3", "V4", "L1", "L2", "C1", "C2", "E1", "P1", "P2"}
AGREED = [
    "seed",
    "duration_s",
    "leader_trades",
    "evaluated",
    "qualified",
    "orders_requested",
    "orders_placed",
    "fills",
    "orders_lost",
    "venue_orders",
    "venue_fills",
    "latency_ms",
    "invariants",
    "read_model",
]
pytestmark = pytest.mark.timeout(400)


async def demo(home: Path, *more: str, trades: int = TRADES) -> dict[str, Any]:
    """A demo that ends well: its JSON object."""
    code, out, err = await command.run("demo", "--json", "--trades", str(trades), *more, home=home)
    assert code == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


def holds(told: dict[str, Any]) -> None:
    """Everything that must be true of any run."""
    assert set(told["invariants"]) == LAWS
    assert all(told["invariants"].values()), told["invariants"]
    assert told["orders_placed"] > 0
    assert told["fills"] > 0
    assert told["orders_stuck"] == told["fills_unconfirmed"] == told["orders_lost"] == 0
    assert told["read_model"]["orders"] == told["orders_requested"]
    assert told["read_model"]["fills"] == told["fills"]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run that several tests look at, and its stack."""
    home = tmp_path_factory.mktemp("first")
    return asyncio.run(demo(home, "--stack", str(home / "stack")))


def test_a_demo_tells_what_was_agreed_and_everything_holds(first: dict[str, Any]) -> None:
    assert list(first)[: len(AGREED)] == AGREED
    holds(first)
    assert first["leader_trades"] == TRADES
    assert first["trades_missed"] == first["trades_wrong"] == 0
    assert first["restarts"] == {}
    assert first["venue_orders"] > 0
    assert first["venue_fills"] > 0
    assert 0 < first["latency_ms"]["p50"] <= first["latency_ms"]["p99"]
    assert "CC BY 4.0" in first["source"]


async def test_the_same_seed_orders_and_fills_the_same(
    first: dict[str, Any], tmp_path: Path
) -> None:
    again = await demo(tmp_path)
    assert again["digest"] == first["digest"]
    assert list(await asyncio.to_thread(tmp_path.iterdir)) == [], "the new stack is left behind"


async def test_a_second_run_on_the_same_stack_doubles_nothing(
    first: dict[str, Any], tmp_path: Path
) -> None:
    after = await demo(tmp_path, "--stack", first["stack"])
    for name in ("evaluated", "qualified", "orders_requested", "fills", "digest"):
        assert after[name] == first[name], name
    assert after["read_model"] == first["read_model"]
    assert after["venue_orders"] == after["new_orders"] == after["new_trades"] == 0
    assert first["new_orders"] == first["orders_requested"]
    holds(after)


async def test_nobody_says_what_the_contract_does_not_let_it_say(first: dict[str, Any]) -> None:
    async with (
        open_stack(Path(first["stack"])) as stack,
        open_log(
            stack.nats_url,
            source="test",
            clock=SystemClock(),
            monitor_url=stack.nats_monitor_url,
        ) as log,
    ):
        recorded = await log.read(list(EVENT_SUBJECTS))
    said = {(event.envelope.source, type(event.event)) for event in recorded}
    may_be_said = {(service, kind) for service, kinds in SENDERS.items() for kind in kinds}
    assert {service for service, _ in said} == set(SENDERS)
    assert said <= may_be_said


async def killed(services: Sequence[str], stack: Path, home: Path) -> dict[str, Any]:
    """A demo in which these services are killed one after the other, and its JSON object."""
    arguments = ("demo", "--json", "--trades", str(TRADES), "--stack", str(stack))
    async with command.polycopy(*arguments, home=home) as run:
        await run.says(command.RUNS)
        for number, service in enumerate(services, start=1):
            await command.seen_in_log(stack, ALL_SIGNALS, 8 * number)
            os.kill(command.running(stack)["pids"][service], signal.SIGKILL)
        code, out, err = await run.ends()
    assert code == 0, err
    told: dict[str, Any] = json.loads(out)
    assert told["restarts"] == dict.fromkeys(services, 1)
    assert told["leader_trades"] == TRADES
    holds(told)
    return told


async def test_each_service_behind_the_feed_can_be_killed_and_nothing_changes(
    first: dict[str, Any], tmp_path: Path
) -> None:
    services = ["qualifier", "executor", "status-sync", "projector"]
    told = await killed(services, tmp_path / "stack", tmp_path)
    assert told["trades_missed"] == 0
    # An executor that comes back looks at the book again for paper, so only money compares.
    assert told["digest_live"] == first["digest_live"]


async def test_the_feed_can_be_killed_and_what_was_heard_holds(
    first: dict[str, Any], tmp_path: Path
) -> None:
    told = await killed(["stream-ingest"], tmp_path / "stack", tmp_path)
    if not told["trades_missed"]:  # What was said while nobody listened is not said again.
        assert told["digest"] == first["digest"]


async def test_a_recording_of_real_trades_runs_through(tmp_path: Path) -> None:
    path = RECORDINGS / "tape_full_fields.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the recording {path.name} is not here")
    told = await demo(tmp_path, "--recording", str(path), trades=20)
    holds(told)
    assert told["trades_missed"] == told["trades_wrong"] == 0
    assert told["read_model"]["leader_trades"] > 0
    assert path.name in told["source"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_nothing_is_left_running_however_a_demo_is_stopped(
    number: signal.Signals, tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    arguments = ("demo", "--trades", str(TRADES), "--stack", str(stack))
    async with command.polycopy(*arguments, home=tmp_path) as run:
        await run.says(command.RUNS)
        family = psutil.Process(run.process.pid).children(recursive=True)
        assert len(family) >= len(command.running(stack)["pids"])
        run.signal(number)
        code, _, err = await run.ends()
    assert code != 0
    assert "Traceback" not in err
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 30)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
