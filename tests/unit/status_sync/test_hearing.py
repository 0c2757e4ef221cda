"""Whether the user socket hears, by what it tells."""

import pytest

from polycopy.polymarket.reports import OrderStatus
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core import hearing
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.reconcile import Report
from polycopy.status_sync.core.rules import Rules
from tests.support.trading import ONE, OPENING, placed, requested, venue_id
from tests.unit.status_sync.test_reconcile import after, hear, report, trade

RULES = Rules()
TAKING: list[OrderEvent] = [*OPENING, requested(lock=11 * ONE), placed()]
RESTING: list[OrderEvent] = [
    *OPENING,
    requested(order_type=OrderType.GTC, lock=10 * ONE),
    placed(),
]
AT_MS = 100_000
LATE_MS = AT_MS + RULES.deaf_ms + 1


def listening(*, whole: bool = True) -> Hearing:
    connected = hearing.connected(Hearing(), 50_000)
    return hearing.read_whole(connected, connected.connection) if whole else connected


def fault(heard: Hearing, at_ms: int, owed_since_ms: int | None = None) -> str:
    return hearing.fault(heard, owed_since_ms, at_ms, RULES)


@pytest.mark.parametrize(
    ("history", "found"),
    [(TAKING, trade()), (RESTING, trade()), (RESTING, report(OrderStatus.CANCELED, 0))],
    ids=["fill", "maker's fill", "end"],
)
def test_it_is_deaf_where_it_does_not_tell_what_was_found_by_asking(
    history: list[OrderEvent], found: Report
) -> None:
    heard = hearing.found(listening(), after(*history), [found], AT_MS)

    assert fault(heard, AT_MS + RULES.deaf_ms) == ""
    assert fault(heard, LATE_MS).startswith("deaf: did not tell what was found by asking 15001 ms")


def test_it_may_tell_a_little_later_than_it_was_found() -> None:
    held = after(*TAKING)
    heard = hearing.found(listening(), held, [trade()], AT_MS)
    held, _ = hear(held, trade())

    heard = hearing.heard(heard, held, [trade()], AT_MS + 1_000)

    assert fault(heard, LATE_MS) == ""


def test_an_end_is_told_by_a_last_word_and_not_by_any_word() -> None:
    held = after(*RESTING)
    heard = hearing.found(listening(), held, [report(OrderStatus.CANCELED, 0)], AT_MS)

    told = hearing.heard(heard, held, [report(OrderStatus.LIVE)], AT_MS + 1)
    assert fault(told, LATE_MS)
    told = hearing.heard(heard, held, [report(OrderStatus.CANCELED, 0)], AT_MS + 1)
    assert fault(told, LATE_MS) == ""


def test_what_it_told_before_it_was_asked_for_is_no_news() -> None:
    told, _ = hear(after(*TAKING), trade())
    assert not hearing.found(listening(), told, [trade()], AT_MS).untold

    waiting, _ = hear(after(*RESTING), report(OrderStatus.CANCELED, 8 * ONE))
    found = hearing.found(listening(), waiting, [report(OrderStatus.CANCELED, 8 * ONE)], AT_MS)
    assert not found.untold


def test_the_venue_does_not_tell_of_a_killed_fak() -> None:
    heard = hearing.found(listening(), after(*TAKING), [report(OrderStatus.CANCELED, 0)], AT_MS)

    assert not heard.untold


def test_what_happened_before_it_was_connected_is_not_its_to_tell() -> None:
    before = listening(whole=False)

    assert not hearing.found(before, after(*TAKING), [trade()], AT_MS).untold


def test_what_a_lost_connection_did_not_tell_is_not_held_against_the_next() -> None:
    heard = hearing.found(listening(), after(*TAKING), [trade()], AT_MS)

    lost = hearing.lost(heard)
    again = hearing.connected(lost, AT_MS + 1)

    assert fault(lost, LATE_MS) == fault(again, LATE_MS) == ""
    assert not again.read_whole


def test_a_reading_that_began_on_another_connection_is_not_whole_for_this_one() -> None:
    first = listening(whole=False)
    second = hearing.connected(hearing.lost(first), AT_MS)

    assert not hearing.read_whole(second, first.connection).read_whole
    assert not hearing.read_whole(hearing.lost(first), first.connection).read_whole


def test_it_is_silent_where_it_brings_no_data_while_something_is_owed() -> None:
    heard = listening()
    limit_ms = 50_000 + RULES.dataless_ms

    assert fault(heard, limit_ms, owed_since_ms=0) == ""
    assert fault(heard, limit_ms + 1, owed_since_ms=0).startswith("silent: no data for 300001 ms")
    assert fault(heard, limit_ms + 1) == ""
    assert fault(heard, limit_ms + 1, owed_since_ms=limit_ms) == ""


def test_data_that_cannot_be_read_is_data() -> None:
    heard = hearing.heard(listening(), after(*TAKING), [], AT_MS)

    assert fault(heard, AT_MS + RULES.dataless_ms, owed_since_ms=0) == ""


def test_what_is_not_connected_has_no_fault() -> None:
    assert fault(Hearing(), 10**9, owed_since_ms=0) == ""


def test_it_is_remembered_of_which_waiting_orders_it_spoke() -> None:
    held = after(*TAKING)
    words = [report(OrderStatus.LIVE), report(OrderStatus.LIVE, name="z")]
    heard = hearing.heard(listening(), held, words, AT_MS)
    assert dict(heard.told) == {venue_id("a"): AT_MS}

    ended, _ = hear(held, report(OrderStatus.CANCELED, 0))
    assert hearing.forget(heard, held).told == heard.told
    assert not hearing.forget(heard, ended).told


def test_after_our_clock_was_set_back_it_is_deaf_and_silent_as_soon_as_ever() -> None:
    heard = hearing.found(listening(), after(*TAKING), [trade()], AT_MS)
    back_ms = 10_000

    heard = hearing.set_back(heard, back_ms)

    assert fault(heard, back_ms + RULES.deaf_ms, 0) == ""
    assert fault(heard, back_ms + RULES.deaf_ms + 1).startswith("deaf")
    told = hearing.heard(heard, after(*TAKING), [trade()], back_ms)
    assert fault(told, back_ms + RULES.dataless_ms, 0) == ""
    assert fault(told, back_ms + RULES.dataless_ms + 1, 0) == "silent: no data for 300001 ms"
    assert hearing.set_back(told, back_ms) is told
