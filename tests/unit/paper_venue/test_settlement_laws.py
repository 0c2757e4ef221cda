"""Whatever comes of the trades, in whatever order: money and shares are where the chain says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine.accounts import given_away
from polycopy.paper_venue.core.engine.exchange import Exchange, Trade, evolve, initial
from polycopy.paper_venue.core.engine.facts import Leg, TradeStatus
from polycopy.schemas.ids import TokenId, VenueTradeId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, BERT, CASH, MARKET, NO, YES, Play

NEXT = {
    TradeStatus.MATCHED: (TradeStatus.RETRYING, TradeStatus.MINED, TradeStatus.CONFIRMED),
    TradeStatus.RETRYING: (TradeStatus.RETRYING, TradeStatus.MINED, TradeStatus.FAILED),
    TradeStatus.MINED: (TradeStatus.CONFIRMED,),
    TradeStatus.CONFIRMED: (),
    TradeStatus.FAILED: (),
}
WAITING = (TradeStatus.MATCHED, TradeStatus.RETRYING)

STEP = st.one_of(
    st.tuples(
        st.just("place"),
        st.sampled_from((ANNA, BERT)),
        st.sampled_from(list(Side)),
        st.integers(20, 80),
        st.integers(5, 60),
        st.sampled_from((OrderType.GTC, OrderType.FAK)),
        st.sampled_from((YES, NO)),
    ),
    st.tuples(st.just("advance"), st.integers(0, 30), st.integers(0, 2)),
    st.tuples(st.just("ladder"), st.integers(30, 70), st.integers(1, 200)),
)


def perform(play: Play, step: tuple[object, ...]) -> None:
    match step:
        case ("place", str() as who, Side() as side, int() as cents, int() as shares, kind, token):
            play.place(Wallet(who), side, cents, shares, kind, token)  # type: ignore[arg-type]  # drawn
        case ("ladder", int() as cents, int() as size):
            play.ladder([(cents, size)], [(cents + 1, size)])
        case ("advance", int() as which, int() as way):
            trades = list(play.exchange.trades)
            if trades:
                advance(play, trades[which % len(trades)], way)


def advance(play: Play, trade_id: VenueTradeId, way: int) -> None:
    ways = NEXT[play.exchange.trades[trade_id].status]
    if ways:
        play.advance(trade_id, ways[way % len(ways)])


def legs(exchange: Exchange, who: Wallet) -> list[tuple[Trade, Leg]]:
    return [
        (trade, leg)
        for trade in exchange.trades.values()
        for leg in (trade.matched.taker, *trade.matched.makers)
        if leg.address == who and not leg.stranger
    ]


def there(exchange: Exchange, trade: Trade) -> bool:
    """Whether the wallets should have what the trade gave them."""
    if trade.status is TradeStatus.FAILED:
        return False
    return trade.status not in WAITING or not exchange.credit_when_mined


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40), st.booleans())
def test_a_wallet_has_what_its_settled_trades_gave_it_and_owes_what_is_on_its_way(
    steps: list[tuple[object, ...]],
    when_mined: bool,  # noqa: FBT001 - drawn
) -> None:
    play = Play(credit_when_mined=when_mined)
    for step in steps:
        perform(play, step)

    for who in (ANNA, BERT):
        account, cash, waiting = play.exchange.accounts[who], CASH, dict[TokenId, int]()
        shares = {YES: 0, NO: 0}
        for trade, leg in legs(play.exchange, who):
            if there(play.exchange, trade):
                sign = 1 if leg.side is Side.BUY else -1
                cash -= sign * leg.notional_micros + leg.fee_micros
                shares[leg.token_id] += sign * leg.size_micros
            elif trade.status in WAITING:
                what, amount = given_away(leg)
                waiting[what] = waiting.get(what, 0) + amount
        assert account.cash_micros == cash
        assert {token: account.shares.get(token, 0) for token in shares} == shares
        assert account.unsettled == {what: amount for what, amount in waiting.items() if amount}


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_nobody_spends_what_is_not_settled(steps: list[tuple[object, ...]]) -> None:
    play = Play(credit_when_mined=True)
    for step in steps:
        perform(play, step)
        for account in play.exchange.accounts.values():
            assert account.free_cash_micros >= 0
            assert min(account.free_shares(YES), account.free_shares(NO)) >= 0


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=30), st.booleans())
def test_the_same_facts_make_the_same_exchange(
    steps: list[tuple[object, ...]],
    when_mined: bool,  # noqa: FBT001 - drawn
) -> None:
    play = Play(credit_when_mined=when_mined)
    for step in steps:
        perform(play, step)
    again = initial("seed", (MARKET,), credit_when_mined=when_mined)

    for fact in play.facts:
        evolve(again, fact)

    assert again == play.exchange
