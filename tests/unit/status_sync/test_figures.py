"""What of a match goes into the account: sizes, money, fees, and when it was."""

import msgspec
import pytest

from polycopy.schemas.ids import OrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderFilled, OrderPartiallyFilled
from polycopy.schemas.terms import FillRole
from polycopy.status_sync.core.endings import denied
from polycopy.status_sync.core.reconcile import reconcile
from polycopy.trading.fees import taker_fee_micros
from tests.support.trading import FEE, ONE, OPENING, placed, venue_id
from tests.unit.status_sync.test_reconcile import (
    BUY,
    OTHER_TOKEN,
    RESTING,
    after,
    hear,
    maker,
    trade,
)


def test_a_taker_pays_what_its_makers_get_also_where_tokens_are_minted() -> None:
    legs = (
        maker("x", 10 * ONE, 480_000),
        maker("y", 10 * ONE, 490_000, token=OTHER_TOKEN, side=Side.BUY),
    )

    _, [filled] = hear(after(*OPENING, BUY, placed()), trade(price=510_000, makers=legs))

    assert isinstance(filled, OrderPartiallyFilled | OrderFilled)
    assert filled.notional_micros == 4_800_000 + 5_100_000


def test_a_taker_pays_the_fee_of_each_price_that_it_was_matched_at() -> None:
    """The head has one price, of the worst or of the mean: the fee of neither is that of both."""
    legs = (
        maker("x", 10 * ONE, 100_000),
        maker("y", 9 * ONE, 500_000),
        maker("z", ONE, 500_000, token=OTHER_TOKEN, side=Side.BUY),
    )

    _, [filled] = hear(after(*OPENING, BUY, placed()), trade(makers=legs))

    assert isinstance(filled, OrderPartiallyFilled | OrderFilled)
    assert filled.fee_micros == 45_000 + 125_000
    assert taker_fee_micros(20 * ONE, 500_000, FEE) == 250_000


def test_makers_of_one_price_are_one_match_for_the_fee() -> None:
    """The venue cuts it to five decimals once."""
    legs = (maker("x", 10_000, 500_000), maker("y", 20 * ONE - 10_000, 500_000))

    _, [filled] = hear(after(*OPENING, BUY, placed()), trade(makers=legs))

    assert isinstance(filled, OrderFilled)
    assert filled.fee_micros == taker_fee_micros(20 * ONE, 500_000, FEE)


def test_where_not_all_makers_are_named_the_fee_is_that_of_the_head() -> None:
    legs = (maker("x", 10 * ONE, 100_000),)

    _, [filled] = hear(after(*OPENING, BUY, placed()), trade(makers=legs))

    assert isinstance(filled, OrderFilled)
    assert filled.fee_micros == taker_fee_micros(20 * ONE, 500_000, FEE)


def test_a_match_in_the_future_was_heard_of_now() -> None:
    """Else its order would look fresh until then: never overdue, never ended, never lost."""
    far = msgspec.structs.replace(trade(size=8 * ONE), matched_at_ms=10**15)
    held, [filled] = hear(after(*OPENING, BUY, placed()), far)

    assert isinstance(filled, OrderPartiallyFilled)
    assert filled.matched_at_ms == 5_000
    assert held.account.orders[OrderId("a")].heard_at_ms == 5_000
    [ended] = denied(held.account, [OrderId("a")], at_ms=5_000 + 60_000)
    assert isinstance(ended, OrderCancelled)


def test_when_a_match_was_is_the_venue_s_word() -> None:
    _, [filled] = hear(after(*OPENING, BUY, placed()), trade())

    assert isinstance(filled, OrderFilled)
    assert filled.matched_at_ms == 2_000


LATE = msgspec.structs.replace(BUY, requested_at_ms=10_000_000)


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        (0, 11_000_000),  # Missing, or unreadable: when it was heard of.
        (1, 9_940_000),
        (9_939_999, 9_940_000),
        (9_940_000, 9_940_000),
        (9_999_000, 9_999_000),
        (11_000_000, 11_000_000),
        (11_000_001, 11_000_000),
        (10**15, 11_000_000),
    ],
)
def test_a_match_is_not_before_its_order_and_not_after_now(told: int, taken: int) -> None:
    seen = msgspec.structs.replace(trade(), matched_at_ms=told)

    [filled] = reconcile(after(*OPENING, LATE), [seen], source="test", at_ms=11_000_000)

    assert isinstance(filled, OrderFilled)
    assert filled.matched_at_ms == taken


def test_a_match_of_an_order_whose_request_is_still_to_come_is_of_now() -> None:
    """The executor's clock was ahead."""
    [filled] = reconcile(after(*OPENING, LATE), [trade()], source="test", at_ms=5_000)

    assert isinstance(filled, OrderFilled)
    assert filled.matched_at_ms == 5_000


def test_our_makers_fill_leg_by_leg_without_a_fee() -> None:
    twice = after(
        *OPENING,
        RESTING,
        msgspec.structs.replace(RESTING, order_id=OrderId("b"), venue_order_id=venue_id("b")),
    )
    legs = (maker("a", 4 * ONE, 500_000), maker("b", 6 * ONE, 490_000), maker("x", ONE, 480_000))

    _, said = hear(twice, trade(taker="stranger", size=11 * ONE, makers=legs))

    fills = [event for event in said if isinstance(event, OrderPartiallyFilled)]
    assert [(fill.order_id, fill.size_micros, fill.price_micros) for fill in fills] == [
        ("a", 4 * ONE, 500_000),
        ("b", 6 * ONE, 490_000),
    ]
    assert {(fill.fee_micros, fill.role) for fill in fills} == {(0, FillRole.MAKER)}
