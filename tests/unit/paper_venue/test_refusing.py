"""What the exchange refuses, in the venue's words."""

from typing import Any

import msgspec
import pytest

from polycopy.paper_venue.core.engine.orders import Asked, terms
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.schemas.ids import TokenId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import (
    ANNA,
    AT,
    MARKET,
    ONE,
    YES,
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
        (Side.BUY, 50, 5000, OrderType.GTC, {}, "is not enough -> balance: 1000"),
        (Side.SELL, 50, 10, OrderType.GTC, {}, "is not enough -> balance: 0, order amount: 10"),
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


def test_the_venue_names_the_sums_that_stand_in_the_way() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 50, 1000)

    said = text(play.place(ANNA, Side.BUY, 50, 1001))

    assert f"balance: {1000 * ONE}, sum of active orders: {500 * ONE}, " in said
    assert said.endswith(f"sum of matched orders: 0, order amount (inc. fees): {500_500_000}")


@pytest.mark.parametrize(
    ("side", "maker", "taker", "words"),
    [
        (Side.BUY, 5_005_000, 10_010_000, "market buy orders maker amount"),
        (Side.BUY, 5_000_000, 10_000_010, "taker amount a max of 4 decimals"),
        (Side.SELL, 10_005_000, 5_002_500, "the sell orders maker amount"),
    ],
)
def test_a_fak_with_more_decimals_than_the_matcher_takes_is_refused(
    side: Side, maker: int, taker: int, words: str
) -> None:
    asked = Asked(
        order_id=VenueOrderId("0x1"),
        owner="key",
        maker=ANNA,
        token_id=YES,
        side=side,
        order_type=OrderType.FAK,
        maker_amount_micros=maker,
        taker_amount_micros=taker,
    )

    refusal = terms(asked, MARKET, AT // ONE)

    assert isinstance(refusal, Refusal)
    assert words in refusal.text
    resting = msgspec.structs.replace(asked, order_type=OrderType.GTC)
    assert not isinstance(terms(resting, MARKET, AT // ONE), Refusal)


def test_a_gtc_buy_that_would_match_for_less_than_a_dollar_is_refused() -> None:
    play = Play()
    play.ladder([], [(10, 100)])

    assert "min size: $1" in text(play.place(ANNA, Side.BUY, 10, 9))


def test_an_order_of_a_token_that_nobody_knows_is_too_early() -> None:
    play = Play()

    assert "not yet ready" in text(play.place(ANNA, Side.BUY, 50, 10, token=TokenId("9")))
