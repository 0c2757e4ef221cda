"""The venue as a process, with every ready scenario and with files of one's own."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from polycopy.paper_venue.adapters import scenarios
from tests.support import polycopy_command as command
from tests.support.venue_process import URLS, ended, process, ready


async def asked(control: str, what: str) -> Any:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{control}/control/{what}") as answer,
    ):
        assert answer.status == 200
        return await answer.json()


@pytest.mark.parametrize("name", scenarios.ready())
async def test_every_ready_scenario_starts_with_its_steps_and_faults(name: str) -> None:
    async with process(scenario=name) as started:
        urls = await ready(started)
        assert set(urls) == URLS
        loaded = (await asked(urls["control"], "scenario"))["scenario"]
        told = await asked(urls["control"], "status")
        faults = (await asked(urls["control"], "faults"))["faults"]
        commands = (await asked(urls["control"], "journal"))["commands"]

    expected, _ = scenarios.load(name)
    assert len(loaded["step"]) == told["steps_left"] == len(expected.steps)
    assert [each["name"] for each in faults] == [fault.name for fault in expected.faults]
    assert [each["error"] for each in commands] == [""] * len(expected.opening)
    assert told["leader_trades"] == expected.source.trades


async def test_what_is_set_beside_a_scenario_wins(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("""
        [venue]
        seed = 3
        settle_ms = [5, 9]
        [source]
        name = "seeded"
        trades = 5
        leaders = 2
    """)
    settings = {"seed": "4", "trades": "6", "balance_micros": "2500000", "rate_limits": "off"}
    async with process(scenario=str(file), **settings) as started:
        urls = await ready(started)
        loaded = (await asked(urls["control"], "scenario"))["scenario"]

    assert loaded["venue"]["seed"] == "4"
    assert loaded["venue"]["settle_ms"] == [5, 9]
    assert loaded["venue"]["cash"] == "2.5"
    assert loaded["venue"]["rate_limits"] == "off"
    assert (loaded["source"]["trades"], loaded["source"]["leaders"]) == (6, 2)


async def test_a_recording_lies_beside_its_scenario(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text('[source]\nname = "tape.jsonl"')
    (tmp_path / "tape.jsonl").write_text("{}")
    async with process(scenario=str(tmp_path / "day.toml")) as started:
        code, complaint = await ended(started)
    assert code == 2
    assert f"{tmp_path / 'tape.jsonl'} is no recording (row 1 of the recording" in complaint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[venu]\n[[step]]\nat_ms = 1", ["venu: unknown table", "step 1: do: missing"]),
        (
            '[source]\nname = "seeded"\n[[step]]\ndo = "resolve"\nmarket = "a"\npayouts = [1, 0]',
            ["step 1: market: there is no market 'a'"],
        ),
    ],
)
async def test_a_scenario_that_does_not_fit_is_one_line_and_exit_two(
    text: str, words: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    async with process(scenario=str(file)) as started:
        code, complaint = await ended(started)
    assert code == 2
    (line,) = complaint.splitlines()
    assert all(each in line for each in words)


async def test_the_command_line_lists_starts_and_refuses(tmp_path: Path) -> None:
    code, out, _ = await command.run("venue", "--list", home=tmp_path)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(scenarios.ready())

    code, out, err = await command.run("venue", "--scenario", "rough-dya", home=tmp_path)
    assert (code, out) == (2, "")
    assert "did you mean rough-day?" in err

    arguments = ["venue", "--scenario", "rough-day", "--seed", "hello", "--pace-ms", "0"]
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polycopy.cli", *arguments, stdout=PIPE, stderr=PIPE
    )
    try:
        assert started.stdout is not None
        urls = json.loads(await started.stdout.readline())
        loaded = (await asked(urls["control"], "scenario"))["scenario"]
        assert (loaded["venue"]["seed"], loaded["source"]["pace_ms"]) == ("hello", 0)
        assert loaded["source"]["trades"] == 2000
    finally:
        started.kill()
        await started.communicate()
