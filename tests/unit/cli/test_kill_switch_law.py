"""V4: nothing reaches the venue against the kill switch, and what arrives against it is noticed."""

from collections.abc import Callable

import msgspec
import pytest

from polycopy.cli.core import invariants
from polycopy.cli.core.venue import Journal
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRequested
from tests.unit.cli.makers import (
    NOW_MS,
    VENUE_ORDER,
    copied_trade,
)
from tests.unit.cli.test_invariants import ORDER

replace = msgspec.structs.replace


def switched(
    *told: tuple[TradingState, str, int], side: Side = Side.BUY
) -> tuple[list[Recorded], Callable[[int], Journal]]:
    """A log in which these states were set, each for an account ("" for all) at its second; and a
    venue that received our order at a second."""
    log = copied_trade()
    for state, account, _ in told:
        log.say(TradingStateSet(account=AccountId(account), state=state, operator="ann"))
    seconds = [second for *_, second in told]
    events = [
        replace(one, event=replace(one.event, side=side))
        if isinstance(one.event, OrderRequested)
        else one
        for one in log.events
    ]
    events[-len(told) :] = [
        replace(one, envelope=replace(one.envelope, time_ms=NOW_MS + second * 1_000))
        for one, second in zip(events[-len(told) :], seconds, strict=True)
    ]

    def received(second: int) -> Journal:
        at_us = (NOW_MS + second * 1_000) * 1_000
        return Journal(orders=(replace(ORDER, received_at_us=at_us, accepted=False),))

    return events, received


HALT_FOR_ALL = ((TradingState.HALTED, "", 10), (TradingState.ACTIVE, "", 20))
HALT_OF_MAIN = ((TradingState.HALTED, "main", 10), (TradingState.ACTIVE, "main", 20))
HALT_SAID_AGAIN = (*HALT_FOR_ALL[:1], (TradingState.HALTED, "", 15), (TradingState.ACTIVE, "", 20))
HALT_AFTER_REDUCING = ((TradingState.REDUCING, "", 10), (TradingState.HALTED, "", 15))
OTHER_RESUMED = (*HALT_FOR_ALL[:1], (TradingState.ACTIVE, "main", 15))


@pytest.mark.parametrize(
    ("told", "side", "allowed", "forbidden"),
    [
        (HALT_FOR_ALL, Side.BUY, (9, 11, 20, 30), (12, 19)),
        (HALT_FOR_ALL, Side.SELL, (9, 11, 20, 30), (12, 19)),
        (HALT_OF_MAIN, Side.BUY, (9, 11, 20, 30), (12, 19)),
        (HALT_SAID_AGAIN, Side.SELL, (9, 11, 20), (12, 16, 19)),
        (((TradingState.HALTED, "", 10),), Side.SELL, (9, 11), (12, 1_000)),
        (((TradingState.HALTED, "other", 10),), Side.BUY, (9, 12, 1_000), ()),
        (((TradingState.REDUCING, "main", 10),), Side.BUY, (9, 11), (12, 1_000)),
        (((TradingState.REDUCING, "main", 10),), Side.SELL, (9, 12, 1_000), ()),
        (HALT_AFTER_REDUCING, Side.BUY, (11,), (12, 16, 30)),
        (HALT_AFTER_REDUCING, Side.SELL, (11, 12, 16), (17, 30)),
        (OTHER_RESUMED, Side.BUY, (11,), (12, 30)),
    ],
)
def test_v4_notices_what_arrives_against_the_switch(
    told: tuple[tuple[TradingState, str, int], ...],
    side: Side,
    allowed: tuple[int, ...],
    forbidden: tuple[int, ...],
) -> None:
    events, received = switched(*told, side=side)
    notice = invariants.nothing_arrives_against_the_switch
    for second in allowed:
        assert notice(events, received(second)) == [], second
    for second in forbidden:
        [fault] = notice(events, received(second))
        assert fault.startswith(f"{side} {VENUE_ORDER} of main arrived ")


def test_v4_says_nothing_of_an_order_that_nobody_requested() -> None:
    events, received = switched(*HALT_FOR_ALL)
    stranger = replace(received(15).orders[0], venue_order_id=VenueOrderId("0xstranger"))
    assert invariants.nothing_arrives_against_the_switch(events, Journal(orders=(stranger,))) == []
