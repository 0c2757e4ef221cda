"""Rows that become visible long after newer ones, by the paper venue's own index."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.money import MICROS, Side
from polycopy.stream_ingest.adapters.data_api import DataApi, open_data_api
from polycopy.stream_ingest.core.poll_walk import PAGES_MAX
from polycopy.stream_ingest.ports import Asked
from tests.integration.stream_ingest.data_api_scene import (
    DEADLINE_S,
    Told,
    fast,
    hearing,
    paced,
)
from tests.support.data_venue import ANNA, AT_ONCE, AT_S, BERT, Chain, did
from tests.support.hand_clock import WrongClock
from tests.support.strange_venue import strange_venue

DELAY = IndexDelay(least_us=0, most_us=200 * MICROS)
APART_S, TRADES = 4, 40


class Late:
    """A chain whose index is up to 200 s late, on a socket; its time is what the test says."""

    def __init__(self, delay: IndexDelay = DELAY) -> None:
        self.chain = Chain(delay=delay)
        self.has_version_2 = True
        self.forgets_cursors = False
        self.at_s = 0
        self.answers = 0
        self._answered = asyncio.Condition()
        for number in range(TRADES):
            parts = did(BERT, Side.SELL, 10, 40), did(ANNA, Side.BUY, 10, 40)
            self.chain.trade(*parts, at_s=number * APART_S)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/v2/activity" and not self.has_version_2:
            return web.Response(status=404)
        target = request.raw_path
        if self.forgets_cursors:
            target = re.sub(r"&cursor=[^&]*", "", target)
        answer = self.chain.answer(target, at_s=self.at_s)
        async with self._answered:
            self.answers += request.path == "/v2/activity"
            self._answered.notify_all()
        return web.Response(status=answer.status, body=answer.body)

    async def go_on(self, at_s: int) -> None:
        """To this time, and until the sweep has seen it."""
        self.at_s, asked = at_s, self.answers
        async with self._answered, asyncio.timeout(DEADLINE_S):
            await self._answered.wait_for(lambda: self.answers >= asked + 3)

    @property
    def hashes(self) -> set[str]:
        return {settled.transaction_hash for settled in self.chain.ledger}


@asynccontextmanager
async def late(
    overlap_ms: int, scene: Late | None = None, *, rows_max: int = 500, now_s: int = AT_S
) -> AsyncIterator[tuple[Late, DataApi]]:
    """Every walk is a whole one."""
    clock = WrongClock(SystemClock())
    clock.ahead_ms = now_s * 1000 - clock.now_ms()
    pace = paced(sweep_ms=50, every_ms=50, overlap_ms=overlap_ms).pace
    scene, polling = scene or Late(), fast(pace=pace, rows_max=rows_max)
    async with (
        strange_venue(scene.answer) as venue,
        open_data_api(venue.url, polling, clock=clock) as api,
    ):
        yield scene, api


async def test_the_overlap_catches_what_becomes_visible_late() -> None:
    async with late(900_000) as (scene, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        for at_s in range(0, TRADES * APART_S + 200, 20):
            await scene.go_on(at_s)

        await ear.until(lambda told: {key[0] for key in told.sizes} == scene.hashes)


async def test_without_an_overlap_it_would_be_lost() -> None:
    """What the test above proves anything by."""
    async with late(0) as (scene, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        for at_s in range(0, TRADES * APART_S + 200, 20):
            await scene.go_on(at_s)

        await ear.until(lambda told: told.sizes)
        assert {key[0] for key in ear.told.sizes} < scene.hashes


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_a_walk_of_too_many_pages_is_read_to_its_end_in_parts(version: str) -> None:
    scene = Late(AT_ONCE)
    scene.at_s, scene.has_version_2 = TRADES * APART_S, version == "v2"
    async with late(900_000, scene, rows_max=2) as (_, api), hearing(api) as ear:
        assert TRADES // 2 > PAGES_MAX
        api.poll.aim([ANNA])

        await ear.until(lambda told: {key[0] for key in told.sizes} == scene.hashes)
        assert ear.told.kinds == {version}
        assert set(ear.told.sizes.values()) == {10 * MICROS}


async def test_a_past_of_too_many_pages_for_one_walk_is_read_to_its_end() -> None:
    scene, told = Late(AT_ONCE), Told()
    scene.at_s = TRADES * APART_S
    now_s = AT_S + scene.at_s
    async with (
        late(900_000, scene, rows_max=2, now_s=now_s) as (_, api),
        asyncio.timeout(DEADLINE_S),
    ):
        found = api.past.past([ANNA], from_ms=AT_S * 1000, to_ms=now_s * 1000)
        async for thing in found:
            told.add(thing)

        assert {key[0] for key in told.sizes} == scene.hashes
        assert told.of(Asked) == [Asked((ANNA,))]


async def test_pages_that_make_no_sense_together_are_a_failure_of_the_version() -> None:
    """Version 2 answers every cursor with the first page."""
    scene = Late(AT_ONCE)
    scene.at_s = TRADES * APART_S
    scene.forgets_cursors = True
    async with late(900_000, scene, rows_max=25) as (_, api), hearing(api) as ear:
        api.poll.aim([ANNA])

        await ear.until(lambda told: "v1" in told.kinds)
        await ear.until(lambda told: {key[0] for key in told.sizes} == scene.hashes)
