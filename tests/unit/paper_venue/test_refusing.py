"""What the exchange refuses, in the venue's words."""

from typing import Any

import pytest

from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import (
    ANNA,
    AT,
    ONE,
    Play,
    text,
)


@pytest.mark.parametrize(
    ("side", "cents", "shares", "kind", "more", "words"),
    [
        (Side.BUY, 50, 4, OrderType.GTC, {}, "Size (4) lower than the minimum: 5"),
        (Side.BUY, 5, 15, OrderType.FAK, {}, "marketable BUY order ($0.75), min size: $1"),
        (Side.BUY, 100, 10, OrderType.GTC, {}, "breaks minimum tick size rule: 0.01"),
        (Side.BUY, 60, 10, OrderType.GTC, {"post_only": True}, "order crosses book"),
        (Side.BUY, 50, 5000, OrderType.GTC, {}, "not enough balance / allowance: balance: 1000"),
        (Side.SELL, 50, 10, OrderType.GTC, {}, "not enough balance / allowance: balance: 0"),
        (Side.BUY, 50, 10, OrderType.GTC, {"expiration_s": AT // ONE}, "invalid expiration"),
        (Side.BUY, 50, 10, OrderType.GTD, {"expiration_s": AT // ONE + 60}, "invalid expiration"),
        (Side.BUY, 50, 10, OrderType.FAK, {"post_only": True}, "Invalid order payload"),
    ],
)
def test_the_venue_says_no_in_its_own_words(
    side: Side, cents: int, shares: int, kind: OrderType, more: dict[str, Any], words: str
) -> None:
    play = Play()
    play.ladder([(40, 100)], [(60, 100)])

    placed = play.place(ANNA, side, cents, shares, kind, **more)

    assert words in text(placed)
    assert placed.facts == ()


def test_a_gtc_buy_that_would_match_for_less_than_a_dollar_is_refused() -> None:
    play = Play()
    play.ladder([], [(10, 100)])

    assert "min size: $1" in text(play.place(ANNA, Side.BUY, 10, 9))


def test_an_order_of_a_token_that_nobody_knows_is_too_early() -> None:
    play = Play()

    assert "not yet ready" in text(play.place(ANNA, Side.BUY, 50, 10, token=TokenId("9")))
