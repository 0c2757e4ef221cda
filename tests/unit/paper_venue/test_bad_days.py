"""Orders and trades on a bad day: delays, ghosts, answers that are not true."""

import pytest

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.accounts import CASH as CASH_KEY
from polycopy.paper_venue.core.engine.facts import (
    OrderBooked,
    OrderDelayed,
    TradeStatus,
)
from polycopy.paper_venue.core.engine.orders import OrderStatus
from polycopy.paper_venue.core.engine.placing import Twist
from polycopy.paper_venue.core.streams.notices import notices
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from polycopy.trading.fees import taker_fee_micros
from tests.support.exchange_play import (
    ANNA,
    AT,
    CASH,
    CENT,
    DELAYED,
    MARKET,
    ONE,
    YES,
    Play,
    delayed_play,
    filled,
    text,
)

FIRST = VenueOrderId("0x1")


def withdraw(play: Play) -> None:
    """Whom the first order would meet is gone."""
    terms = play.exchange.orders[FIRST].terms
    play.happen(clearing.withdraw(play.exchange, terms, AT))


def test_a_marketable_order_waits_out_the_market_s_taker_delay() -> None:
    play, placed = delayed_play()

    assert [type(fact) for fact in placed.facts] == [OrderDelayed]
    (waits,) = placed.facts
    assert isinstance(waits, OrderDelayed)
    assert waits.until_us == AT + 150_000
    assert play.status(1) is OrderStatus.DELAYED
    fee = taker_fee_micros(10 * ONE, 60 * CENT, DELAYED.fee)
    assert play.exchange.accounts[ANNA].set_aside[CASH_KEY] == 6 * ONE + fee

    play.resume(1, AT + 150_000)

    assert play.status(1) is OrderStatus.MATCHED
    assert play.exchange.accounts[ANNA].shares[YES] == 10 * ONE


def test_an_order_that_rests_is_not_delayed() -> None:
    play = Play(DELAYED)
    play.ladder([(40, 50)], [(60, 20)])

    assert play.place(ANNA, Side.BUY, 59, 10).delayed is False
    assert play.status(1) is OrderStatus.LIVE


def test_nobody_can_cancel_an_order_in_its_delay_and_nobody_sees_it_in_the_book() -> None:
    play, _ = delayed_play(OrderType.GTC)

    assert clearing.cancel(play.exchange, f"key-{ANNA}", FIRST, AT) == refusals.CANCEL_DELAYED
    assert play.exchange.books[MARKET.condition_id].bids.best_micros == 40 * CENT


def test_a_delayed_order_that_meets_nobody_any_more_goes_to_the_book() -> None:
    play, placed = delayed_play(OrderType.GTC)
    assert placed.delayed
    withdraw(play)

    facts = play.resume(1)

    assert [type(fact) for fact in facts] == [OrderBooked]
    assert play.status(1) is OrderStatus.LIVE
    assert play.exchange.books[MARKET.condition_id].bids.best_micros == 60 * CENT
    (told,) = notices(play.exchange, facts[0])
    assert told[2]["status"] == "UNMATCHED"


@pytest.mark.parametrize("kind", [OrderType.FAK, OrderType.FOK])
def test_a_delayed_fak_or_fok_that_meets_nobody_is_killed_with_the_venue_s_words(
    kind: OrderType,
) -> None:
    play, _ = delayed_play(kind)
    withdraw(play)

    (closed,) = play.resume(1)

    assert play.status(1) is OrderStatus.CANCELED
    (told,) = notices(play.exchange, closed)
    assert str(told[2]["status"]).startswith("CANCELED_")
    assert play.exchange.accounts[ANNA].free_cash_micros == CASH


def test_a_delayed_order_takes_what_is_left_of_the_book_at_its_end() -> None:
    play, _ = delayed_play(OrderType.GTC)
    play.ladder([(40, 50)], [(60, 4)])

    play.resume(1)

    order = play.exchange.orders[FIRST]
    assert (order.filled_size_micros, order.status) == (4 * ONE, OrderStatus.LIVE)
    assert play.exchange.books[MARKET.condition_id].bids.best_micros == 60 * CENT
    assert clearing.cancel(play.exchange, f"key-{ANNA}", FIRST, AT) not in (
        refusals.CANCEL_DELAYED,
        refusals.CANCEL_NOT_FOUND,
    )


def test_a_second_resume_changes_nothing() -> None:
    play, _ = delayed_play()
    play.resume(1)

    assert play.resume(1) == []


def test_an_order_may_be_answered_as_killed_with_a_real_fill() -> None:
    play = Play()
    play.ladder([(40, 50)], [(60, 20)])

    placed = play.place(ANNA, Side.BUY, 60, 10, OrderType.FOK, twist=Twist(fraction_ppm=400_000))

    assert text(placed) == refusals.FOK_KILLED.text
    assert play.exchange.accounts[ANNA].shares[YES] == 4 * ONE
    assert play.status(1) is OrderStatus.CANCELED
    assert CASH_KEY not in play.exchange.accounts[ANNA].set_aside


def test_an_order_may_be_taken_and_answered_as_a_duplicate() -> None:
    play = Play()
    play.ladder([(40, 50)], [(60, 20)])

    placed = play.place(ANNA, Side.BUY, 50, 10, twist=Twist(duplicated=True))

    assert "Duplicated" in text(placed)
    assert play.status(1) is OrderStatus.LIVE


def test_shares_come_with_the_chain_and_the_money_is_spoken_for_until_then() -> None:
    play = filled(credit_when_mined=True)
    (trade_id,) = play.exchange.trades
    account = play.exchange.accounts[ANNA]

    assert (account.cash_micros, account.free_cash_micros) == (CASH, CASH - 6 * ONE)
    assert account.shares.get(YES, 0) == 0
    assert "not enough balance" in text(play.place(ANNA, Side.SELL, 40, 10, OrderType.FAK))

    play.advance(trade_id, TradeStatus.MINED)

    assert (account.cash_micros, account.free_cash_micros) == (CASH - 6 * ONE, CASH - 6 * ONE)
    assert account.shares[YES] == 10 * ONE
    play.advance(trade_id, TradeStatus.CONFIRMED)
    assert account.shares[YES] == 10 * ONE


@pytest.mark.parametrize("credit_when_mined", [True, False])
def test_a_ghost_fill_leaves_nothing_behind(*, credit_when_mined: bool) -> None:
    play = filled(credit_when_mined=credit_when_mined)
    (trade_id,) = play.exchange.trades

    play.advance(trade_id, TradeStatus.RETRYING)
    play.advance(trade_id, TradeStatus.FAILED)

    account = play.exchange.accounts[ANNA]
    assert (account.cash_micros, account.free_cash_micros) == (CASH, CASH)
    assert account.free_shares(YES) == 0
    assert play.status(1) is OrderStatus.MATCHED


def test_a_trade_that_is_tried_again_has_another_hash() -> None:
    play = filled(credit_when_mined=True)
    (trade_id,) = play.exchange.trades

    first = play.advance(trade_id, TradeStatus.RETRYING).transaction_hash
    second = play.advance(trade_id, TradeStatus.MINED).transaction_hash
    last = play.advance(trade_id, TradeStatus.CONFIRMED).transaction_hash

    assert first != second == last


def test_a_stale_sum_holds_money_back_until_the_balance_is_read_anew() -> None:
    play = filled(credit_when_mined=False)
    (trade,) = (each.matched for each in play.exchange.trades.values())
    play.happen(clearing.left_stale([trade], AT))

    assert "not enough balance" in text(play.place(ANNA, Side.BUY, 50, 1977))

    play.happen(clearing.refreshed(ANNA, CASH_KEY, AT))

    assert play.place(ANNA, Side.BUY, 50, 1977).refusal is None


def test_the_venue_deals_with_a_wallet_as_far_as_it_likes() -> None:
    play = filled(credit_when_mined=False)

    play.happen([clearing.judged(play.exchange.accounts[ANNA], AT, closed_only=True)])
    assert "closed only mode" in text(play.place(ANNA, Side.BUY, 50, 10))
    assert play.place(ANNA, Side.SELL, 50, 5).refusal is None
    play.happen([clearing.judged(play.exchange.accounts[ANNA], AT, banned=True)])
    assert "banned" in text(play.place(ANNA, Side.SELL, 50, 5))
    play.happen([clearing.judged(play.exchange.accounts[ANNA], AT, banned=False, legacy=False)])
    assert text(play.place(ANNA, Side.SELL, 50, 5)) == refusals.DEPOSIT_WALLET_ONLY.text


def test_an_allowance_is_as_hard_a_limit_as_the_balance() -> None:
    play = Play()
    play.happen([clearing.judged(play.exchange.accounts[ANNA], AT, allowance_micros=3 * ONE)])

    assert "not enough balance / allowance" in text(play.place(ANNA, Side.BUY, 50, 10))
    assert play.place(ANNA, Side.BUY, 50, 5).refusal is None
