"""How far back trades are read."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderCancelAnswered, OrderEvent, OrderLost
from polycopy.schemas.terms import CancelVerdict, OrderType
from polycopy.status_sync.core import reach
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.account_state import KEPT_MS, lost_orders
from tests.support.trading import ONE, OPENING, confirmed, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after

A = OrderId("a")
RULES = Rules(overlap_ms=100, blind_overlap_ms=500)
TAKING: list[OrderEvent] = [*OPENING, requested(lock=11 * ONE)]
RESTING: list[OrderEvent] = [
    *OPENING,
    requested(order_type=OrderType.GTC, lock=10 * ONE),
    placed(),
]
DONE: list[OrderEvent] = [*TAKING, placed(), filled(), confirmed()]
LOST = OrderLost(order_id=A, findings=(), denials=3, denied_since_ms=4_000, lost_at_ms=5_000)
CANCELLED = OrderCancelAnswered(
    order_id=A, verdict=CancelVerdict.CANCELLED, cancel_answered_at_ms=1_500
)
AT_MS = 9_000


def from_ms(history: list[OrderEvent], mark_ms: int, *doubted: OrderId, blind: bool = False) -> int:
    return reach.from_ms(after(*history), mark_ms, RULES, doubted=doubted, blind=blind, at_ms=AT_MS)


def test_a_process_that_has_read_nothing_begins_at_the_last_match_or_the_oldest_thing_owed() -> (
    None
):
    assert reach.first_ms(after(*OPENING), AT_MS) == AT_MS
    assert reach.first_ms(after(*DONE), AT_MS) == 1_002
    assert reach.first_ms(after(*TAKING), AT_MS) == 1_000
    assert reach.first_ms(after(*TAKING, LOST), AT_MS) == 5_000


def test_trades_are_read_since_the_newest_match_less_an_overlap() -> None:
    assert from_ms(DONE, 8_000) == 7_900
    assert from_ms(DONE, 8_000, blind=True) == 7_500
    assert from_ms(DONE, 400, blind=True) == 0


def test_a_fill_that_is_to_settle_is_read_again() -> None:
    assert from_ms([*TAKING, placed(), filled()], 8_000) == 1_002 - 100


def test_trades_are_read_since_the_request_of_an_order_in_doubt() -> None:
    assert from_ms(TAKING, 8_000) == 900
    assert from_ms([*TAKING, placed()], 8_000) == 900
    assert from_ms(RESTING, 8_000) == 7_900
    assert from_ms(RESTING, 8_000, A) == 900
    assert from_ms([*RESTING, CANCELLED], 8_000) == 900


def test_the_trades_of_a_lost_order_are_read_since_its_request_where_it_is_looked_for() -> None:
    held = after(*TAKING, LOST)
    orders = lost_orders(held.account)
    read = partial(reach.from_ms, held, 8_000, RULES, doubted=(), blind=False)
    assert read(at_ms=AT_MS) == 7_900
    assert read(at_ms=AT_MS, lost=orders) == 900
    late_ms = 1_000 + KEPT_MS + 5_000
    assert read(at_ms=late_ms, lost=orders) == 1_000 + 5_000 - 100


@given(st.integers(0, 10_000), st.integers(0, 20_000))
def test_the_mark_only_moves_forward_and_never_into_the_future(mark: int, newest: int) -> None:
    after_it = reach.marked_ms(mark, newest, AT_MS)

    assert after_it >= mark
    assert after_it in {mark, newest, AT_MS}
    assert after_it <= max(mark, AT_MS)


@given(
    history=st.sampled_from([TAKING, RESTING, DONE, [*TAKING, LOST]]),
    mark_ms=st.integers(0, AT_MS),
    blind=st.booleans(),
    doubted=st.booleans(),
)
def test_it_always_reaches_back_by_an_overlap(
    *, history: list[OrderEvent], mark_ms: int, blind: bool, doubted: bool
) -> None:
    since_ms = from_ms(history, mark_ms, *([A] if doubted else []), blind=blind)

    assert since_ms <= max(0, mark_ms - RULES.overlap_ms)
