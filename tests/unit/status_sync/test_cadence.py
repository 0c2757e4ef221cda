"""How soon the venue is asked again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.reports import OrderStatus
from polycopy.schemas.orders import OrderEvent, OrderLost
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core import hearing
from polycopy.status_sync.core.cadence import every_ms
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.rules import Rules
from tests.support.trading import ONE, OPENING, confirmed, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after, report

RULES = Rules()
AT_MS = 3_000
TAKING: list[OrderEvent] = [*OPENING, requested(lock=11 * ONE)]
RESTING: list[OrderEvent] = [
    *OPENING,
    requested(order_type=OrderType.GTC, lock=10 * ONE),
    placed(),
]
LOST = OrderLost(
    order_id=requested().order_id, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2
)
HISTORIES: list[list[OrderEvent]] = [
    [*OPENING],
    TAKING,
    [*TAKING, placed()],
    [*TAKING, filled()],
    [*TAKING, filled(), confirmed()],
    [*TAKING, LOST],
    RESTING,
]
CONNECTED = hearing.connected(Hearing(), 1_000)


def every(
    history: list[OrderEvent],
    heard: Hearing = CONNECTED,
    *,
    at_ms: int = AT_MS,
    blind: bool = False,
    doubted: bool = False,
    rules: Rules = RULES,
) -> int:
    return every_ms(after(*history), heard, rules, blind=blind, doubted=doubted, at_ms=at_ms)


def test_where_nothing_is_owed_the_venue_is_swept_each_minute() -> None:
    assert every([*OPENING]) == RULES.sweep_ms
    assert every([*TAKING, filled(), confirmed()]) == RULES.sweep_ms


def test_where_something_is_owed_and_the_socket_works_it_is_asked_now_and_then() -> None:
    assert every([*TAKING, placed()]) == RULES.poll_fresh_ms
    assert every([*TAKING, filled()]) == RULES.poll_fresh_ms
    assert every(RESTING, at_ms=10**9) == RULES.poll_fresh_ms


@pytest.mark.parametrize("history", HISTORIES)
def test_where_something_may_have_been_missed_it_is_asked_fast(history: list[OrderEvent]) -> None:
    assert every(history, blind=True) == RULES.poll_ms
    assert every(history, doubted=True) == RULES.poll_ms
    assert every(history, Hearing()) == RULES.poll_ms


def test_where_an_outcome_is_unknown_it_is_asked_fast() -> None:
    assert every(TAKING) == RULES.poll_ms


@pytest.mark.parametrize("event", [placed(), filled()], ids=["taken", "matched"])
def test_where_the_socket_is_silent_of_what_should_move_it_is_asked_fast(
    event: OrderEvent,
) -> None:
    history = [*TAKING, event]
    late_ms = 1_002 + RULES.silent_ms + 1
    told = hearing.heard(CONNECTED, after(*history), [report(OrderStatus.LIVE)], late_ms - 1)

    assert every(history, at_ms=late_ms) == RULES.poll_ms
    assert every(history, told, at_ms=late_ms) == RULES.poll_fresh_ms


def test_what_does_not_move_at_all_is_not_hurried_for_ever() -> None:
    assert every([*TAKING, filled()], at_ms=1_002 + 600_001) == RULES.poll_fresh_ms


def test_lost_orders_are_watched_slowly() -> None:
    often = msgspec.structs.replace(RULES, lost_watch_ms=30_000)

    assert every([*TAKING, LOST], rules=often) == 30_000
    assert every([*TAKING, LOST]) == RULES.sweep_ms


@given(
    history=st.sampled_from(HISTORIES),
    heard=st.booleans(),
    blind=st.booleans(),
    doubted=st.booleans(),
    at_ms=st.integers(0, 10**7),
)
def test_it_is_never_asked_faster_nor_slower_than_the_rules_say(
    *, history: list[OrderEvent], heard: bool, blind: bool, doubted: bool, at_ms: int
) -> None:
    found = every(
        history, CONNECTED if heard else Hearing(), blind=blind, doubted=doubted, at_ms=at_ms
    )

    assert found in {RULES.poll_ms, RULES.poll_fresh_ms, RULES.sweep_ms}
    if blind or doubted or not heard:
        assert found == RULES.poll_ms
