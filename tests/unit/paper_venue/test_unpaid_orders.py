"""Orders that can no longer be paid for, and what the venue says of markets and delays."""

import msgspec

from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.accounts import CASH as CASH_KEY
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    TradeStatus,
    WalletMoved,
)
from polycopy.paper_venue.core.engine.orders import OrderStatus
from polycopy.paper_venue.core.engine.placing import Twist
from polycopy.paper_venue.core.protocol import wire
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import (
    ANNA,
    AT,
    CASH,
    CENT,
    DELAYED,
    FREE_OF_FEES,
    MARKET,
    NO_FEES,
    ONE,
    YES,
    Play,
    delayed_play,
    filled,
)


def gone_after(play: Play, facts: list[AnyFact]) -> None:
    """What a desk does: each fact, and the orders that it leaves unpaid."""
    for fact in facts:
        play.happen([fact])
        if isinstance(fact, clearing.TAKES_AWAY):
            play.happen(clearing.uncovered(play.exchange, fact, AT))


def test_a_ghost_fill_takes_the_order_with_it_that_sold_it_on() -> None:
    play = filled(credit_when_mined=False)
    (trade_id,) = play.exchange.trades
    play.place(ANNA, Side.SELL, 70, 10)

    gone_after(play, [clearing.advance(play.exchange, trade_id, TradeStatus.FAILED, AT)])

    assert play.status(2) is OrderStatus.CANCELED_NOT_ENOUGH_BALANCE
    assert play.exchange.accounts[ANNA].free_shares(YES) == 0


def test_money_that_leaves_takes_the_newest_orders_that_it_would_have_paid() -> None:
    play = Play()
    for cents in (50, 20, 10):
        play.place(ANNA, Side.BUY, cents, 1000)
    gone = WalletMoved(address=ANNA, cash_micros=-400 * ONE, at_us=AT)

    gone_after(play, [gone])

    assert [play.status(number) for number in (1, 2, 3)] == [
        OrderStatus.LIVE,
        OrderStatus.CANCELED_NOT_ENOUGH_BALANCE,
        OrderStatus.CANCELED_NOT_ENOUGH_BALANCE,
    ]


def test_an_allowance_that_is_taken_back_ends_what_it_allowed_and_falls_with_spending() -> None:
    play = Play(NO_FEES)
    play.ladder([(40, 50)], [(60, 20)])
    account = play.exchange.accounts[ANNA]
    play.happen([clearing.judged(account, AT, allowance_micros=10 * ONE)])
    play.place(ANNA, Side.BUY, 60, 10, OrderType.FAK)
    assert account.allowance_micros == 4 * ONE
    play.place(ANNA, Side.BUY, 30, 10)

    gone_after(play, [clearing.judged(account, AT, allowance_micros=0)])

    assert play.status(2) is OrderStatus.CANCELED_NOT_ENOUGH_BALANCE


def test_an_order_whose_time_ends_within_its_delay_is_not_booked() -> None:
    play = Play(DELAYED)
    play.ladder([(40, 50)], [(60, 20)])
    end_s = AT // ONE + 61
    play.place(ANNA, Side.BUY, 60, 10, OrderType.GTD, expiration_s=end_s)

    play.resume(1, AT + ONE)

    assert play.status(1) is OrderStatus.CANCELED_EXPIRED_ORDER


def test_an_order_may_be_answered_as_unmatched_and_rests_though_it_was_marketable() -> None:
    play = Play()
    play.ladder([(40, 50)], [(60, 20)])

    placed = play.place(ANNA, Side.BUY, 60, 10, twist=Twist(unmatched=True))

    assert wire.post_answer(placed, "0x1", Side.BUY)["status"] == "unmatched"
    assert play.status(1) is OrderStatus.LIVE
    assert play.exchange.books[MARKET.condition_id].bids.best_micros == 60 * CENT


def test_what_a_delayed_order_may_cost_is_reserved_with_its_fees() -> None:
    play, _ = delayed_play()
    account = play.exchange.accounts[ANNA]
    held = account.set_aside[CASH_KEY]

    play.resume(1)

    assert account.cash_micros == CASH - held


def test_a_market_says_what_is_true_of_it() -> None:
    told = wire.clob_market(
        msgspec.structs.replace(
            MARKET,
            taker_delay_ms=3000,
            version=2,
            accepting=False,
            game_starts_at_s=1_795_000_000,
            fee=FREE_OF_FEES,
        )
    )
    short = wire.clob_market(msgspec.structs.replace(MARKET, taker_delay_ms=150, itode=True))

    assert (told["sd"], told["itode"], told["ao"], told["v"]) == (3, False, False, "v2")
    assert (told["gst"], told["tbf"]) == ("2026-11-18T11:06:40Z", 0)
    assert (short["sd"], short["itode"], short["ao"], short["tbf"]) == (0, True, True, 1000)
    assert "gst" not in short
