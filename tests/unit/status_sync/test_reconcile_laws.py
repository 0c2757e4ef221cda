"""Whatever the order of the venue's messages, and however often they come: the same account."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.reports import OrderStatus, TradeReport, TradeStatus
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.reconcile import Report, reconcile
from polycopy.trading.invariants import check
from tests.support.trading import ACCOUNT, ONE, OPENING, essence, placed, requested, venue_id
from tests.unit.status_sync.test_reconcile import after, hear, learn, maker, report, trade

TAKING = requested(lock=11 * ONE)
RESTING = msgspec.structs.replace(
    requested("b", order_type=OrderType.GTC, lock=10 * ONE), venue_order_id=venue_id("b")
)
HISTORY: list[OrderEvent] = [*OPENING, TAKING, RESTING]
FINAL = st.sampled_from([TradeStatus.CONFIRMED, TradeStatus.FAILED])


@st.composite
def stories(draw: st.DrawFn) -> list[Report]:
    """A play of the venue: what happened to one taker and one maker, told once in its order."""
    told: list[Report] = []
    matched = {"a": 0, "b": 0}
    for number in range(draw(st.integers(0, 4))):
        size = draw(st.integers(1, 5)) * ONE
        ours = draw(st.booleans())
        legs = (maker("b", size, 500_000),) if ours and matched["b"] + size <= 20 * ONE else ()
        taker = "x" if legs else "a"
        matched["b" if legs else "a"] += size
        first = trade(f"t{number}", taker=taker, size=size, makers=legs)
        told.append(first)
        if draw(st.booleans()):
            told.append(msgspec.structs.replace(first, status=TradeStatus.MINED))
        if draw(st.booleans()):
            told.append(msgspec.structs.replace(first, status=draw(FINAL)))
    if draw(st.booleans()):
        told.append(report(OrderStatus.MATCHED, draw(st.sampled_from([matched["a"], None])), "a"))
    if draw(st.booleans()):
        told.append(report(OrderStatus.CANCELED, draw(st.sampled_from([matched["b"], None])), "b"))
    told.append(report(OrderStatus.LIVE, 0, "b"))
    return told


def played(reports: list[Report]) -> tuple[Ledger, list[OrderEvent]]:
    held, events = after(*HISTORY), list[OrderEvent](HISTORY)
    for one in reports:
        held, said = hear(held, one)
        events += said
    return held, events


@given(stories(), st.data())
def test_any_order_and_repetition_ends_in_the_same_account(
    story: list[Report], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(story))
    repeated = data.draw(st.lists(st.sampled_from(story), max_size=4))

    straight, _ = played(story)
    mixed, _ = played([*shuffled, *repeated])

    assert essence(mixed.account) == essence(straight.account)
    assert mixed.unsettled == straight.unsettled


@given(stories())
def test_reconciling_again_says_nothing(story: list[Report]) -> None:
    held, _ = played(story)

    assert hear(held, *story)[1] == []


@given(stories())
def test_all_at_once_is_the_same_as_one_after_the_other(story: list[Report]) -> None:
    together, _ = hear(after(*HISTORY), *story)

    assert essence(together.account) == essence(played(story)[0].account)


@given(stories(), st.data())
def test_the_account_s_laws_hold_after_every_event(
    story: list[Report], data: st.DataObject
) -> None:
    _, events = played(data.draw(st.permutations(story)))

    assert check(ACCOUNT, events) == []


@given(stories())
def test_every_trade_of_ours_is_in_the_account_once(story: list[Report]) -> None:
    held, _ = played(story)

    keys = {
        (one.venue_trade_id, order.venue_order_id)
        for one in story
        if isinstance(one, TradeReport)
        for order in held.account.orders.values()
        if order.venue_order_id
        in {one.taker_order_id, *(leg.venue_order_id for leg in one.maker_orders)}
    }
    known = {key for order in held.account.orders.values() for key in order.fills}
    assert known == keys


def test_the_answer_to_our_own_post_may_come_last() -> None:
    story: list[Report] = [trade(status=TradeStatus.CONFIRMED)]
    held, _ = played(story)

    late = learn(held, [placed()])

    before, after = (one.account.orders[OrderId("a")] for one in (held, late))
    assert after == msgspec.structs.replace(before, answered=True)
    assert reconcile(late, [trade()], source="test", at_ms=1) == []
