"""Which parts of a trade nobody can believe, and that no sum of an account leaves 64 bits by it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.reports import MakerOrder, TradeReport, TradeStatus
from polycopy.schemas.money import LIMIT, MICROS, Side
from polycopy.schemas.orders import Fill, FillConfirmed, OrderRequested
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core import matches
from polycopy.status_sync.core.reconcile import sighted
from polycopy.status_sync.core.rows import parts_unread
from polycopy.trading.account_snapshot import encode
from tests.support.trading import FEE, ONE, OPENING, TOKEN, filled, placed, requested
from tests.unit.status_sync.test_reconcile import BUY, OTHER_TOKEN, after, hear, maker, trade

SELL = requested(side=Side.SELL, lock=0)
RESTING = requested("b", order_type=OrderType.GTC, lock=10 * ONE)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (BUY, trade(size=21 * ONE)),
        (BUY, trade(size=900 * ONE, price=10_000)),  # For nine dollars: a better price.
        (BUY, trade(size=40 * ONE)),
        (SELL, trade(size=40 * ONE)),
        (RESTING, trade(taker="x", size=50 * ONE, makers=(maker("b", 40 * ONE, 500_000),))),
    ],
)
def test_an_overfill_counts(order: OrderRequested, told: TradeReport) -> None:
    held, [said] = hear(after(*OPENING, order, placed(order.order_id)), told)

    assert isinstance(said, Fill)
    assert said.order_id == order.order_id
    assert parts_unread(held.account, [told]) == []


@pytest.mark.parametrize(
    ("order", "told", "why"),
    [
        (BUY, trade(size=41 * ONE), "20.5 pUSD of order a, which asked for 10"),
        (SELL, trade(size=41 * ONE), "41 shares of order a, which asked for 20"),
        (RESTING, trade(taker="b", size=41 * ONE), "41 shares of order b, which asked for 20"),
        (
            RESTING,
            trade(taker="x", size=LIMIT, makers=(maker("b", LIMIT, 500_000),)),
            "1000000000000 shares of order b, which asked for 20",
        ),
        (
            BUY,
            trade(size=LIMIT, makers=(maker("x", LIMIT, MICROS, token=OTHER_TOKEN),)),
            "shares of order a for nothing",
        ),
    ],
)
def test_what_no_order_can_be_matched_to_is_no_fill(
    order: OrderRequested, told: TradeReport, why: str
) -> None:
    before = after(*OPENING, order, placed(order.order_id))

    held, said = hear(before, told)

    assert (said, held.account) == ([], before.account)
    assert [row.why for row in parts_unread(held.account, [told])] == [why]
    assert sighted(held.account, [told]) == set()


def test_the_other_parts_of_such_a_trade_count() -> None:
    told = trade(size=20 * ONE, makers=(maker("b", LIMIT, 500_000),))

    _, said = hear(after(*OPENING, BUY, RESTING), told)

    assert [event.order_id for event in said if isinstance(event, Fill)] == ["a"]


def test_a_part_that_the_account_holds_is_believed_whatever_its_size() -> None:
    """An older build took it."""
    huge = filled(size=100 * ONE, notional=50 * ONE)
    told = trade(huge.venue_trade_id, size=100 * ONE, status=TradeStatus.CONFIRMED)

    held, [said] = hear(after(*OPENING, BUY, placed(), huge), told)

    assert isinstance(said, FillConfirmed)
    assert parts_unread(held.account, [told]) == []


amounts = st.sampled_from([1, 20 * ONE, 40 * ONE, LIMIT - 1, LIMIT]) | st.integers(1, LIMIT)
prices = st.integers(1, MICROS)


@st.composite
def trades(draw: st.DrawFn) -> TradeReport:
    legs: list[MakerOrder] = [
        maker(name, draw(amounts), draw(prices), token=draw(st.sampled_from([TOKEN, OTHER_TOKEN])))
        for name in draw(st.lists(st.sampled_from("bxy"), max_size=3, unique=True))
    ]
    return msgspec.structs.replace(
        trade(draw(st.sampled_from(["t1", "t2", "t3"])), taker=draw(st.sampled_from("ax"))),
        size_micros=draw(amounts | st.just(sum(leg.size_micros for leg in legs) or 1)),
        price_micros=draw(prices),
        maker_orders=tuple(legs),
    )


@given(st.lists(trades(), max_size=20))
def test_whatever_the_venue_tells_each_part_is_bounded_or_in_doubt(told: list[TradeReport]) -> None:
    held = after(*OPENING, BUY, RESTING)

    for one in told:
        held, _ = hear(held, one)
        for part in matches.believed(held.account, one):
            order = held.account.order_by_venue_id(part.venue_order_id)
            assert order is None or matches.is_known(order, part)

    for order in held.account.orders.values():
        for fill in order.fills.values():
            bound = 2 * (order.notional_micros if order.by_notional else order.size_micros)
            found = fill.notional_micros if order.by_notional else fill.size_micros
            assert found <= bound + 10_000
            assert fill.size_micros <= (bound + 10_000) * MICROS  # At the lowest of all prices.
            assert fill.fee_micros <= fill.size_micros * FEE.rate_ppm
    assert b"".join(encode(held.account))  # Every sum of it fits.
