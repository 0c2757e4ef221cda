"""A venue that wants to be left alone for a while."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from polycopy.runtime.errors import Transient
from polycopy.runtime.memory_log import MemoryLog
from polycopy.status_sync.adapters.rest import RETRY_AFTER_S_MAX, open_reports
from polycopy.status_sync.core.hearing import Connected
from polycopy.status_sync.service.status_sync import StatusSync
from tests.integration.status_sync.test_doubts import log_with
from tests.support.executing import account_of
from tests.support.hand_clock import HandClock
from tests.support.strange_venue import CREDENTIALS, Strange, strange_venue
from tests.support.syncing import Quiet
from tests.support.trading import ACCOUNT


class Busy:
    """Answers 429 as long as it is told to, with what is to be waited for; else it has nothing."""

    def __init__(self) -> None:
        self.retry_after: str | None = None
        self.status = 200

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.status != 200:
            told = {} if self.retry_after is None else {"Retry-After": self.retry_after}
            return web.json_response({"error": "slow down"}, status=self.status, headers=told)
        listed = request.path in ("/data/orders", "/data/trades")
        return web.json_response({"data": [], "next_cursor": "LTE="} if listed else None)


class Scene:
    """status-sync that was caught up, and the venue before it."""

    def __init__(self, sync: StatusSync, busy: Busy, venue: Strange, clock: HandClock) -> None:
        self.sync = sync
        self.busy = busy
        self.venue = venue
        self.clock = clock

    async def rounds(self, seconds: int) -> int:
        """A round each second; how many requests came in all."""
        before = len(self.venue.asked)
        for _ in range(seconds):
            self.clock.advance(1_000)
            try:
                await self.sync.ask()
            except Transient:
                continue
        return len(self.venue.asked) - before


@asynccontextmanager
async def caught_up(log: MemoryLog) -> AsyncIterator[Scene]:
    clock, busy = HandClock(), Busy()
    async with (
        strange_venue(busy.answer) as venue,
        open_reports(venue.url, CREDENTIALS, timeout_s=10, clock=clock) as reports,
    ):
        sync = StatusSync(log, ACCOUNT, asked=reports, told=Quiet(), clock=clock)
        await sync.start()
        await sync.heed(Connected())
        await sync.ask()
        yield Scene(sync, busy, venue, clock)


@pytest.mark.parametrize("status", [429, 503])
async def test_it_is_left_alone_for_as_long_as_it_wants(status: int) -> None:
    async with caught_up(await log_with()) as scene:
        scene.busy.status, scene.busy.retry_after = status, "30"
        assert await scene.rounds(1) == 1
        scene.busy.status = 200

        assert await scene.rounds(29) == 0

        assert await scene.rounds(1) > 1
        assert not scene.sync.blind


async def test_it_is_asked_again_after_a_minute_whatever_it_wants() -> None:
    async with caught_up(await log_with()) as scene:
        scene.busy.status, scene.busy.retry_after = 429, "86400"
        await scene.rounds(1)
        scene.busy.status = 200

        assert await scene.rounds(int(RETRY_AFTER_S_MAX) - 1) == 0
        assert await scene.rounds(1) > 1


@pytest.mark.parametrize("retry_after", [None, "0", "Mon, 30 Nov 2026 12:00:00 GMT"])
async def test_it_is_asked_as_ever_where_it_does_not_say_for_how_long(
    retry_after: str | None,
) -> None:
    async with caught_up(await log_with()) as scene:
        scene.busy.status, scene.busy.retry_after = 429, retry_after
        await scene.rounds(1)
        scene.busy.status = 200

        assert await scene.rounds(1) > 1


async def test_who_may_not_ask_is_behind_all_the_same() -> None:
    """Nobody trades on what was known half a minute ago."""
    log = await log_with()
    async with caught_up(log) as scene:
        assert (await account_of(log, ACCOUNT)).caught_up
        scene.busy.status, scene.busy.retry_after = 429, "30"

        await scene.rounds(12)

        account = await account_of(log, ACCOUNT)
        assert not account.caught_up
        assert "the venue wants no GET" in account.behind_reason
        scene.busy.status = 200
        await scene.rounds(19)
        assert (await account_of(log, ACCOUNT)).caught_up
