"""What the exchange does with orders, cancels and snapshots."""

from polycopy.paper_venue.core.engine import accounts, clearing
from polycopy.paper_venue.core.engine.exchange import ladder_of
from polycopy.paper_venue.core.engine.facts import TradeMatched
from polycopy.paper_venue.core.engine.orders import Asked, OrderStatus
from polycopy.paper_venue.core.engine.placing import place
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import (
    ANNA,
    AT,
    BERT,
    CASH,
    CENT,
    NO,
    ONE,
    YES,
    Play,
    text,
)


def test_a_fak_buy_spends_its_dollars_and_not_its_shares() -> None:
    play = Play()
    play.ladder([], [(40, 10), (50, 100)])

    placed = play.place(ANNA, Side.BUY, 50, 20, OrderType.FAK)

    first, second = placed.trades
    assert (first.taker.price_micros, first.taker.size_micros) == (40 * CENT, 10 * ONE)
    assert (second.taker.price_micros, second.taker.size_micros) == (50 * CENT, 12 * ONE)
    assert sum(trade.taker.notional_micros for trade in placed.trades) == 10 * ONE
    assert play.status(1) is OrderStatus.MATCHED


def test_a_fak_that_finds_too_little_takes_it_and_drops_the_rest() -> None:
    play = Play()
    play.ladder([], [(40, 10)])

    placed = play.place(ANNA, Side.BUY, 50, 20, OrderType.FAK)

    assert [trade.taker.size_micros for trade in placed.trades] == [10 * ONE]
    assert play.status(1) is OrderStatus.CANCELED
    account = play.exchange.accounts[ANNA]
    assert accounts.CASH not in account.set_aside
    assert account.shares == {YES: 10 * ONE}


def test_a_fak_that_finds_nothing_and_a_fok_that_finds_too_little_are_killed() -> None:
    play = Play()
    play.ladder([], [(40, 10)])

    assert "FAK orders are partially filled or killed" in text(
        play.place(ANNA, Side.BUY, 30, 20, OrderType.FAK)
    )
    assert "FOK orders are fully filled or killed" in text(
        play.place(ANNA, Side.BUY, 50, 20, OrderType.FOK)
    )
    assert play.exchange.accounts[ANNA].cash_micros == CASH
    assert not play.exchange.trades


def test_what_was_taken_is_gone_until_the_next_snapshot() -> None:
    play = Play()
    play.ladder([], [(40, 10)])
    play.place(ANNA, Side.BUY, 40, 10, OrderType.FAK)

    assert "no orders found" in text(play.place(BERT, Side.BUY, 40, 10, OrderType.FAK))
    play.ladder([], [(40, 10)])
    assert play.place(BERT, Side.BUY, 40, 10, OrderType.FAK).trades


def test_at_one_price_strangers_come_first_and_then_the_older_order() -> None:
    play = Play()
    play.ladder([(40, 5)], [(60, 100)])
    play.place(ANNA, Side.BUY, 40, 10)
    play.place(BERT, Side.BUY, 40, 10)
    play.place(BERT, Side.BUY, 60, 30, OrderType.FAK)

    (trade,) = play.place(BERT, Side.SELL, 40, 18, OrderType.FAK).trades

    assert [(leg.order_id, leg.size_micros) for leg in trade.makers if not leg.stranger] == [
        ("0x1", 10 * ONE),
        ("0x2", 3 * ONE),
    ]
    assert [leg.size_micros for leg in trade.makers if leg.stranger] == [5 * ONE]


def test_buying_both_tokens_mints_them_for_one_dollar_together() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 48, 10, token=NO)

    (trade,) = play.place(BERT, Side.BUY, 52, 10, token=YES).trades

    (maker,) = trade.makers
    assert (maker.token_id, maker.side, maker.price_micros) == (NO, Side.BUY, 48 * CENT)
    assert trade.taker.notional_micros + maker.notional_micros == 10 * ONE
    assert play.exchange.accounts[ANNA].shares == {NO: 10 * ONE}
    assert play.exchange.accounts[BERT].shares == {YES: 10 * ONE}


def test_only_the_taker_pays_the_fee_of_the_curve() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 50, 100)
    play.ladder([(50, 10)], [(60, 100)])
    play.place(BERT, Side.BUY, 60, 100, OrderType.FAK)

    (trade,) = play.place(BERT, Side.SELL, 50, 100, OrderType.FAK).trades

    assert trade.taker.fee_micros == 1_750_000
    assert all(leg.fee_micros == 0 for leg in trade.makers)


def test_a_snapshot_that_crosses_a_resting_order_fills_it_at_its_own_price() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 50, 100)

    facts = play.ladder([(44, 10)], [(45, 30), (55, 10)])

    trade = facts[0]
    assert isinstance(trade, TradeMatched)
    assert (trade.makers[0].price_micros, trade.makers[0].size_micros) == (50 * CENT, 30 * ONE)
    shown = ladder_of(play.exchange, YES)
    assert shown is not None
    assert [level.price_micros for level in shown.asks] == [55 * CENT]
    assert shown.bids[0].size_micros == 70 * ONE


def test_the_other_token_shows_the_same_book_mirrored() -> None:
    play = Play()
    play.ladder([(40, 5)], [(60, 7)])

    shown = ladder_of(play.exchange, NO)

    assert shown is not None
    assert [(level.price_micros, level.size_micros) for level in shown.bids] == [
        (40 * CENT, 7 * ONE)
    ]
    assert [(level.price_micros, level.size_micros) for level in shown.asks] == [
        (60 * CENT, 5 * ONE)
    ]


def test_amounts_a_client_rounded_still_mean_their_tick() -> None:
    """5 dollars at 0.37 are 13.5135 shares: the implied price is not exactly 0.37."""
    play = Play()
    play.ladder([], [(37, 100)])
    asked = Asked(
        order_id=VenueOrderId("0xf"),
        owner="key",
        maker=ANNA,
        token_id=YES,
        side=Side.BUY,
        order_type=OrderType.FAK,
        maker_amount_micros=5 * ONE,
        taker_amount_micros=13_513_500,
    )

    placed = place(play.exchange, asked, AT)

    assert placed.refusal is None
    assert placed.trades[0].taker.price_micros == 37 * CENT


def test_a_cancel_answers_with_the_venue_s_reasons() -> None:
    play = Play()
    play.ladder([], [(60, 100)])
    play.place(ANNA, Side.BUY, 50, 10)
    play.place(ANNA, Side.BUY, 60, 10, OrderType.FAK)

    def cancel(owner: str, number: int) -> str:
        done = clearing.cancel(play.exchange, owner, VenueOrderId(f"0x{number}"), AT)
        if isinstance(done, str):
            return done
        play.happen([done])
        return "done"

    assert cancel("somebody", 1) == "Order not found or already canceled"
    assert cancel(f"key-{ANNA}", 1) == "done"
    assert cancel(f"key-{ANNA}", 1) == "Order not found or already canceled"
    assert cancel(f"key-{ANNA}", 2) == "Order already matched"
    assert accounts.CASH not in play.exchange.accounts[ANNA].set_aside


def test_a_gtd_order_ends_a_minute_before_its_expiration() -> None:
    play = Play()
    end_s = AT // ONE + 300
    play.place(ANNA, Side.BUY, 50, 10, OrderType.GTD, expiration_s=end_s)
    order = VenueOrderId("0x1")

    assert clearing.expire(play.exchange, order, (end_s - 61) * ONE) == []
    play.happen(clearing.expire(play.exchange, order, (end_s - 60) * ONE))

    assert play.status(1) is OrderStatus.CANCELED_EXPIRED_ORDER


def test_a_known_hash_is_a_duplicate_even_if_it_was_killed() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 50, 10, OrderType.FAK)
    play.orders = 0

    assert text(play.place(ANNA, Side.BUY, 50, 10, OrderType.FAK)).endswith("Duplicated.")
