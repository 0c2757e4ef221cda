"""`python -m polycopy.paper_venue` as the demo starts it."""

import asyncio
import signal
import socket
from typing import Any

import aiohttp
import pytest

from tests.support.venue_process import URLS, WITHIN_S, ended, process, ready


async def told(control: str) -> list[Any]:
    async with aiohttp.ClientSession() as http:
        rows = []
        for _ in range(6):
            async with http.post(f"{control}/control/next") as answer:
                rows.append((await answer.json())["rows"])
        return rows


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_where_it_listens_and_ends_when_told(order: signal.Signals) -> None:
    async with process(source="seeded") as started:
        urls = await ready(started)
        assert set(urls) == URLS

        started.send_signal(order)

        assert (await ended(started))[0] == 0


async def test_the_resolved_markets_are_named_and_tell_the_same_story_twice() -> None:
    pytest.importorskip("resolvedkit")
    stories = []
    for _ in range(2):
        async with process(source="resolved", seed="9", trades="6") as started:
            urls = await ready(started)
            stories.append(await told(urls["control"]))
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"{urls['control']}/control/status") as answer,
            ):
                assert "Resolved Markets" in (await answer.json())["source_note"]

    assert stories[0] == stories[1]
    assert all(len(rows) >= 2 for rows in stories[0])


async def test_at_a_pace_it_emits_by_itself() -> None:
    async with (
        process(source="seeded", pace_ms="1", trades="3") as started,
        aiohttp.ClientSession() as http,
    ):
        urls = await ready(started)
        async with asyncio.timeout(WITHIN_S):
            emitted = 0
            while emitted < 3:
                async with http.get(f"{urls['control']}/control/status") as answer:
                    emitted = (await answer.json())["emitted"]


async def test_a_port_that_is_taken_is_one_line_and_exit_two() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        async with process(source="seeded", port=port) as started:
            code, complaint = await ended(started)

    assert code == 2
    (line,) = complaint.splitlines()
    assert f"port {port}" in line
    assert "POLYCOPY_PAPER_VENUE_PORT" in line


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"source": "/nowhere/tape.jsonl.gz"}, "cannot be read"),
        ({"source": __file__}, "is no recording"),
        ({"source": "seeded", "trades": "0"}, "POLYCOPY_PAPER_VENUE_TRADES"),
        ({"source": "seeded", "colour": "red"}, "POLYCOPY_PAPER_VENUE_COLOUR: unknown setting"),
    ],
)
async def test_a_setting_that_does_not_fit_is_one_line_and_exit_two(
    settings: dict[str, str], words: str
) -> None:
    async with process(**settings) as started:
        code, complaint = await ended(started)

    assert code == 2
    (line,) = complaint.splitlines()
    assert words in line
