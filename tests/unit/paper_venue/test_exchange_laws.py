"""Laws of the exchange after any history."""

from hypothesis import given, settings
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.book import STRANGER
from polycopy.paper_venue.core.engine.exchange import Exchange, evolve, initial, ladder_of
from polycopy.paper_venue.core.engine.facts import TradeMatched
from polycopy.paper_venue.core.engine.orders import OrderStatus
from polycopy.schemas.ids import VenueOrderId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import (
    ANNA,
    AT,
    BERT,
    MARKET,
    NO,
    YES,
    Play,
)

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
    check_what_rests(exchange)
    shown = ladder_of(exchange, YES)
    assert shown is not None
    if shown.bids and shown.asks:
        assert shown.bids[0].price_micros < shown.asks[0].price_micros


def check_what_rests(exchange: Exchange) -> None:
    """The book and the lists of open orders have the live orders, as much as is open, no others."""
    live = [order for order in exchange.orders.values() if order.status is OrderStatus.LIVE]
    book = exchange.books[MARKET.condition_id]
    offers = [*book.bids.offers(), *book.asks.offers()]
    resting = {o.order_id: o.size_micros for o in offers if o.order_id != STRANGER}
    assert resting == {order.terms.order_id: order.open_size_micros for order in live}
    for owner, open_ids in exchange.orders_of.items():
        assert list(open_ids) == [o.terms.order_id for o in live if o.terms.owner == owner]
    assert sum(map(len, exchange.orders_of.values())) == len(live)
