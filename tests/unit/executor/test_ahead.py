"""Looks that are taken ahead of their need, and when they are no good any more."""

import asyncio

from polycopy.executor.service.ahead import Ahead
from polycopy.executor.service.looks import Looks, Seen
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import EventId
from tests.support.hand_clock import HandClock

TRADE = EventId("0c" * 16)
MONEY, PAPER = VenueName.POLYMARKET, VenueName.PAPER


class Eyes:
    """Sees something else each time."""

    def __init__(self, *, blind: int = 0) -> None:
        self.looked = 0
        self._blind = blind

    async def look(self) -> Seen:
        self.looked += 1
        if self.looked <= self._blind:
            raise Transient("the venue is away")
        return Seen(blind=f"look {self.looked}")


async def begun(eyes: Eyes) -> tuple[Ahead, HandClock]:
    clock = HandClock()
    ahead = Ahead(clock=clock)
    ahead.begin(TRADE, eyes.look)
    await asyncio.sleep(0)
    return ahead, clock


async def test_money_decides_on_the_early_look_and_looks_anew_after_that() -> None:
    eyes = Eyes()
    ahead, _ = await begun(eyes)
    looks = Looks(eyes.look, early=ahead.take(TRADE))
    assert (await looks.take(MONEY)).blind == "look 1"
    assert (await looks.take(MONEY)).blind == "look 2"
    assert (await looks.take(PAPER)).blind == "look 1"


async def test_an_early_look_is_no_good_once_an_order_left() -> None:
    eyes = Eyes()
    ahead, _ = await begun(eyes)
    looks = Looks(eyes.look, early=ahead.take(TRADE))
    with ahead.departure():
        pass
    assert (await looks.take(MONEY)).blind == "look 2"


async def test_nobody_looks_ahead_while_an_order_is_under_way() -> None:
    eyes = Eyes()
    ahead = Ahead(clock=HandClock())
    with ahead.departure():
        ahead.begin(TRADE, eyes.look)
    assert ahead.take(TRADE) is None


async def test_an_early_look_is_no_good_after_half_a_second() -> None:
    eyes = Eyes()
    ahead, clock = await begun(eyes)
    clock.advance(501)
    assert (await Looks(eyes.look, early=ahead.take(TRADE)).take(MONEY)).blind == "look 2"


async def test_an_early_look_that_failed_is_taken_again() -> None:
    eyes = Eyes(blind=1)
    ahead, _ = await begun(eyes)
    await asyncio.sleep(0)
    assert (await Looks(eyes.look, early=ahead.take(TRADE)).take(MONEY)).blind == "look 2"


async def test_an_early_look_is_for_one_signal_and_no_more_than_two_hundred_are_kept() -> None:
    eyes = Eyes()
    ahead = Ahead(clock=HandClock())
    for number in range(201):
        ahead.begin(EventId(f"{number:032x}"), eyes.look)
    assert ahead.take(EventId(f"{0:032x}")) is None
    assert ahead.take(EventId(f"{1:032x}")) is not None
    assert ahead.take(EventId(f"{1:032x}")) is None
