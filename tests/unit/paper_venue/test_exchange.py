"""The exchange core, driven by its decisions and folded by its facts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polycopy.paper_venue.core import clearing
from polycopy.paper_venue.core.exchange import Exchange, evolve, initial, ladder_of
from polycopy.paper_venue.core.facts import AccountOpened, AnyFact, TradeMatched
from polycopy.paper_venue.core.market import Ladder, Market, Token
from polycopy.paper_venue.core.orders import Asked, OrderStatus
from polycopy.paper_venue.core.placing import Placed, place
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.orders import Level, OrderType

ONE = 1_000_000
CENT = 10_000
YES, NO = TokenId("111"), TokenId("222")
MARKET = Market(
    condition_id=ConditionId("0xc0"),
    tokens=(Token(token_id=YES, outcome="Yes"), Token(token_id=NO, outcome="No")),
)
ANNA, BERT = Wallet("0xa"), Wallet("0xb")
AT = 1_795_000_000 * ONE
CASH = 1_000 * ONE


class Play:
    """An exchange with two rich wallets; keeps every fact, so that it can be folded again."""

    def __init__(self) -> None:
        self.exchange = initial("seed", (MARKET,))
        self.facts: list[AnyFact] = []
        self.orders = 0
        for address in (ANNA, BERT):
            opened = AccountOpened(address=address, holder=address, cash_micros=CASH)
            self.happen([opened])

    def happen(self, facts: list[AnyFact]) -> None:
        for fact in facts:
            evolve(self.exchange, fact)
            self.facts.append(fact)

    def ladder(self, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> list[AnyFact]:
        """Prices in cents, sizes in shares."""
        ladder = Ladder(bids=_levels(bids), asks=_levels(asks))
        facts = clearing.put_ladder(self.exchange, MARKET.condition_id, ladder, AT)
        self.happen(facts)
        return facts

    def place(  # noqa: PLR0913 - an order has this many sides
        self,
        who: Wallet,
        side: Side,
        cents: int,
        shares: int,
        kind: OrderType = OrderType.GTC,
        token: TokenId = YES,
        *,
        expiration_s: int = 0,
        post_only: bool = False,
    ) -> Placed:
        self.orders += 1
        amount = cents * CENT * shares
        placed = place(
            self.exchange,
            Asked(
                order_id=VenueOrderId(f"0x{self.orders}"),
                owner=f"key-{who}",
                maker=who,
                token_id=token,
                side=side,
                order_type=kind,
                maker_amount_micros=amount if side is Side.BUY else shares * ONE,
                taker_amount_micros=shares * ONE if side is Side.BUY else amount,
                expiration_s=expiration_s,
                post_only=post_only,
            ),
            AT,
        )
        self.happen(list(placed.facts))
        return placed

    def status(self, number: int) -> OrderStatus:
        return self.exchange.orders[VenueOrderId(f"0x{number}")].status


def _levels(pairs: list[tuple[int, int]]) -> tuple[Level, ...]:
    return tuple(
        Level(price_micros=cents * CENT, size_micros=shares * ONE) for cents, shares in pairs
    )


def text(placed: Placed) -> str:
    assert placed.refusal is not None
    return placed.refusal.text


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
    assert account.reserved_cash_micros == 0
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
    assert play.exchange.accounts[ANNA].reserved_cash_micros == 0


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


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("place"),
            st.sampled_from((ANNA, BERT)),
            st.sampled_from(list(Side)),
            st.integers(1, 99),
            st.integers(1, 300),
            st.sampled_from((OrderType.GTC, OrderType.FAK, OrderType.FOK)),
            st.sampled_from((YES, NO)),
        ),
        st.tuples(st.just("cancel"), st.sampled_from((ANNA, BERT)), st.integers(1, 20)),
        st.tuples(st.just("ladder"), st.integers(2, 97), st.integers(1, 200), st.integers(1, 200)),
    ),
    max_size=25,
)


def perform(play: Play, step: tuple[object, ...]) -> None:
    match step:
        case ("place", str() as who, Side() as side, int() as cents, int() as shares, kind, token):
            play.place(Wallet(who), side, cents, shares, kind, token)  # type: ignore[arg-type]  # drawn
        case ("cancel", str() as who, int() as number):
            done = clearing.cancel(play.exchange, f"key-{who}", VenueOrderId(f"0x{number}"), AT)
            play.happen([] if isinstance(done, str) else [done])
        case ("ladder", int() as cents, int() as bid, int() as ask):
            play.ladder([(cents, bid), (cents - 1, ask)], [(cents + 1, ask), (cents + 2, bid)])


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_history_makes_money_or_shares_out_of_nothing(steps: list[tuple[object, ...]]) -> None:
    play = Play()
    for step in steps:
        perform(play, step)
        check(play.exchange)

    trades = [fact for fact in play.facts if isinstance(fact, TradeMatched)]
    for trade in trades:
        same = [leg for leg in trade.makers if leg.token_id == trade.taker.token_id]
        others = [leg for leg in trade.makers if leg.token_id != trade.taker.token_id]
        dollars = sum(leg.size_micros for leg in others)
        paid = sum(leg.notional_micros for leg in (*same, *others))
        mirrored = sum(leg.notional_micros for leg in others)
        assert trade.taker.notional_micros == (paid - mirrored) + (dollars - mirrored)
        assert trade.taker.size_micros == sum(leg.size_micros for leg in trade.makers)


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_folding_the_facts_again_gives_the_same_exchange(steps: list[tuple[object, ...]]) -> None:
    play = Play()
    for step in steps:
        perform(play, step)
    again = initial("seed", (MARKET,))

    for fact in play.facts:
        evolve(again, fact)

    assert again == play.exchange


def check(exchange: Exchange) -> None:
    """What holds after every fact."""
    for account in exchange.accounts.values():
        live = [order for order in exchange.orders.values() if order.terms.maker == account.address]
        assert account.free_cash_micros >= 0
        assert all(size >= 0 for size in account.shares.values())
        for token in (YES, NO):
            assert account.free_shares(token) >= 0
        open_ids = {o.terms.order_id for o in live if o.status is OrderStatus.LIVE}
        assert set(account.reserved) == open_ids
    for order in exchange.orders.values():
        if not order.terms.budget_micros:
            assert order.filled_size_micros <= order.terms.size_micros
        assert order.filled_notional_micros <= order.terms.notional_micros or (
            order.terms.side is Side.SELL
        )
    shown = ladder_of(exchange, YES)
    assert shown is not None
    if shown.bids and shown.asks:
        assert shown.bids[0].price_micros < shown.asks[0].price_micros
