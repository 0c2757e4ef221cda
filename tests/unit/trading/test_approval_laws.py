"""Whatever the account, the intent and the book: an approved order keeps every limit."""

from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderRefused
from polycopy.schemas.terms import FeeCurve
from polycopy.trading.account import fold
from polycopy.trading.account_state import Account
from polycopy.trading.approval import (
    Intent,
    approve,
    approved_again,
    decided_again,
    requested,
)
from polycopy.trading.orderbook import Book
from polycopy.trading.ticks import AMOUNT_UNITS
from tests.support.trading import (
    ACCOUNT,
    ONE,
    OPENING,
    TOKEN,
    WIDE,
    book,
    filled,
    intent,
    market,
    venue_id,
)
from tests.support.trading import requested as earlier

BOUGHT = (earlier("earlier"), filled("earlier"))  # 20 shares

amounts = st.integers(ONE, 2_000 * ONE) | st.integers(0, ONE)
prices = st.integers(1, 99).map(lambda tick: tick * 10_000)
sizes = st.integers(ONE, 500 * ONE) | st.integers(1, ONE)
sides = st.lists(st.tuples(prices, sizes), min_size=1, max_size=5)
accounts = st.builds(
    lambda spent, sold: fold(
        ACCOUNT,
        [
            *OPENING,
            *BOUGHT,
            earlier("big", notional=spent),
            earlier("sell", side=Side.SELL, size=sold),
        ],
    ),
    st.integers(0, 1_000 * ONE),
    st.integers(0, 20 * ONE),
)
intents = st.builds(  # Limits are generous more often than not.
    lambda side, amount, margin: intent(
        side, amount=amount, limit=MICROS - margin if side is Side.BUY else margin
    ),
    st.sampled_from(Side),
    amounts,
    st.integers(-10, 300_000) | st.integers(0, MICROS + 10),
)
books = st.builds(
    lambda bids, asks, tick: book(bids=bids, asks=asks, tick=tick),
    sides,
    sides,
    st.sampled_from(sorted(AMOUNT_UNITS)),
)
curves = st.builds(FeeCurve, rate_ppm=st.sampled_from((0, 40_000, 70_000)), exponent=st.just(1))


@forall(accounts, intents, books, curves)
def test_an_approved_order_keeps_every_limit_and_can_be_decided_again(
    account: Account, wanted: Intent, the_book: Book, curve: FeeCurve
) -> None:
    answer = approve(account, wanted, the_book, market(fee=curve), 1_000, limits=WIDE)
    if isinstance(answer, OrderRefused):
        assert answer.refusals
        return
    limit = answer.limit_price_micros
    if answer.side is Side.BUY:
        assert limit <= wanted.limit_price_micros
        assert ONE <= answer.notional_micros <= wanted.notional_micros
        assert answer.notional_micros <= answer.lock_micros <= account.free_micros
        assert answer.evidence.worst_price_micros <= limit
        assert answer.size_micros * limit <= answer.notional_micros * MICROS
        assert answer.evidence.fillable_size_micros >= answer.size_micros
    else:
        assert limit >= wanted.limit_price_micros
        held = account.positions[TOKEN]
        assert 0 < answer.size_micros <= min(wanted.size_micros, held.available_size_micros)
        assert answer.evidence.worst_price_micros >= limit
        assert answer.evidence.fillable_size_micros == answer.size_micros
    request = requested(answer, venue_order_id=venue_id("a"))
    assert decided_again(request) == approved_again(request) == answer
