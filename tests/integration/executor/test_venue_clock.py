"""A machine whose clock is wrong trades all the same, and a connection stays warm."""

import asyncio
from pathlib import Path

import pytest

from polycopy.executor.adapters.clob import open_clob
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.adapters.warmth import WARM_S, keep_warm
from polycopy.executor.core.answers import Placed
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.metrics import exposition
from polycopy.schemas.control import VenueName
from tests.support.directing import STANDING, START_US, directing
from tests.support.executing import venues_at
from tests.support.hand_clock import HandClock
from tests.support.live_orders import prepared
from tests.support.paper_venue import Running
from tests.support.raw_clob import access
from tests.support.strange_venue import answers, shows, strange_venue

HOUR_MS = 3_600_000


class Settable(HandClock):
    """A clock that somebody sets while time goes on."""

    set_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.set_ms


class Nights:
    """Sleeps so many times at once, and then never wakes up."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.slept_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        if len(self.slept_s) > self.left:
            raise asyncio.CancelledError


@pytest.mark.parametrize("off_ms", [-HOUR_MS, HOUR_MS], ids=["slow", "fast"])
async def test_a_clock_that_is_an_hour_off_places_an_order(
    off_ms: int, venue: Running, keys: Path
) -> None:
    clock = HandClock(SystemClock().now_ms() + off_ms)
    async with venues_at(venue.urls["clob"], keys, clock=clock) as opened:
        live = opened.by_name[VenueName.POLYMARKET]
        request = await prepared(live, opened.markets, venue.script.markets[0])

        assert isinstance(await live.send(request), Placed)


async def test_the_offset_is_a_figure() -> None:
    async with directing(STANDING) as control:
        clock = VenueClock(HandClock(START_US // 1_000 - 10_000))
        async with open_clob(control.running.urls["clob"], access(clock)) as clob:
            await clob.time_s()

    assert b"polycopy_venue_clock_offset_seconds 10.5\n" in exposition()


def test_what_was_measured_before_our_clock_was_set_is_forgotten() -> None:
    ours = Settable()
    clock = VenueClock(ours)
    venue_s = ours.now_ms() // 1_000 - 300
    for _ in range(5):
        clock.heard(venue_s, round_trip_s=0.1)
    assert abs(clock.venue_s() - venue_s) <= 1

    ours.set_ms = -300_000  # Somebody looked at it.

    assert abs(clock.venue_s() - venue_s) <= 1
    assert clock.offset.samples_ms == ()


async def test_the_venue_is_asked_again_and_again_also_where_it_does_not_tell() -> None:
    nights = Nights(2)
    async with strange_venue(shows("<html>", 502)) as strange:
        async with open_clob(strange.url, access()) as clob:
            with pytest.raises(asyncio.CancelledError):
                await keep_warm(clob, nights.sleep)

        assert strange.asked == ["GET /time"] * 3
    assert nights.slept_s == [WARM_S] * 3


@pytest.mark.parametrize("told", [{"time": 1}, "soon", None, -1, 1.5])
async def test_what_is_no_time_is_not_taken_for_one(told: object) -> None:
    clock = VenueClock(SystemClock())
    async with (
        strange_venue(answers(told)) as strange,
        open_clob(strange.url, access(clock)) as clob,
    ):
        with pytest.raises(Transient, match="does not tell its time"):
            await clob.time_s()

    assert clock.offset.samples_ms == ()
