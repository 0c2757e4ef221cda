"""An order that the venue denies, and whose sending tells nothing either."""

from typing import Any, cast

import msgspec

from polycopy.executor.core.answers import Answer, Unknown
from polycopy.executor.core.limits import Wait, denied_again
from polycopy.executor.ports import Venue
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import VenueName
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import UncertainCode
from polycopy.trading.order_life import OrderState
from tests.support.executing import Venues, account_of, act, started
from tests.support.hand_clock import HandClock
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

COPY = strategy("copy", LIVE, VenueName.POLYMARKET)


class Mute:
    """A venue that answers nothing to a sending and denies all when asked. Keeps when it was."""

    def __init__(self, inner: Venue, clock: HandClock) -> None:
        self._inner = inner
        self._clock = clock
        self.sent_ms: list[int] = []
        self.asked_ms: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, request: OrderRequested, *_: Any) -> Answer:
        self.sent_ms.append(self._clock.now_ms() - request.requested_at_ms)
        return Unknown(code=UncertainCode.SERVER_ERROR, http_status=502)

    async def find(self, request: OrderRequested) -> None:
        self.asked_ms.append(self._clock.now_ms() - request.requested_at_ms)


def test_who_is_denied_waits_twice_as_long_and_ten_seconds_at_the_most() -> None:
    wait, waits = Wait(), []
    for _ in range(30):
        wait = denied_again(wait, 5_000)
        waits.append(wait.until_ms - 5_000)
    assert waits[:5] == [1_000, 2_000, 4_000, 8_000, 10_000]
    assert set(waits[4:]) == {10_000}


async def test_it_is_sent_again_less_and_less_often_and_keeps_its_lock(
    venue: Running, venues: Venues
) -> None:
    log = MemoryLog()
    clock = HandClock(SystemClock().now_ms())
    mute = Mute(venues.by_name[VenueName.POLYMARKET], clock)
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, mute)}
    await create(log, COPY)
    executor = await started(log, msgspec.structs.replace(venues, by_name=by_name), clock=clock)
    await act(executor, await signal(log, venue, decision(COPY)))

    for _ in range(120):
        clock.advance(1_000)
        await executor.settle()

    assert mute.sent_ms == [0, 1_000, 2_000, 4_000, 8_000, 16_000, 26_000, 36_000, 46_000, 56_000]
    assert mute.asked_ms[: len(mute.sent_ms) - 1] == mute.sent_ms[1:]
    later = [
        after - before for before, after in zip(mute.asked_ms[8:], mute.asked_ms[9:], strict=False)
    ]
    assert set(later) == {10_000}
    account = await account_of(log, LIVE)
    assert [order.state for order in account.orders.values()] == [OrderState.UNCERTAIN]
    assert account.locked_micros > 0
