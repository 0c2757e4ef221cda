from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level
from polycopy.trading.orderbook import (
    Depth,
    book_from_levels,
    largest_size_within,
    price_for_notional,
    price_for_volume,
    volume_for_price,
    vwap_for_volume,
)
from tests.support.trading import ONE, TOKEN, book, levels

ASKS = levels((510_000, 120 * ONE), (530_000, 90 * ONE))
NOTHING = Depth(
    filled_size_micros=0, notional_micros=0, vwap_micros=None, worst_price_micros=None, levels=()
)

prices = st.integers(1, 999).map(lambda tick: tick * 1_000)
sizes = st.integers(1, 10**12)
raw_levels = st.lists(st.builds(Level, price_micros=prices, size_micros=sizes), max_size=12)


def asks_of(raw: list[Level]) -> tuple[Level, ...]:
    return book_from_levels(
        token_id=TOKEN, bids=raw, asks=raw, at_ms=0, tick_size_micros=1_000, minimum_size_micros=0
    ).asks


def test_a_book_is_sorted_best_price_first_whatever_the_venue_sends() -> None:
    made = book()
    assert [level.price_micros for level in made.asks] == [510_000, 530_000]
    assert [level.price_micros for level in made.bids] == [490_000, 480_000]
    assert made.taken_by(Side.BUY) == made.asks
    assert made.taken_by(Side.SELL) == made.bids


def test_equal_prices_add_up_and_what_is_no_offer_is_left_out() -> None:
    made = book(asks=((500_000, 1), (500_000, 2), (600_000, 0), (0, 5), (ONE, 5)), bids=())
    assert made.asks == levels((500_000, 3))
    assert made.bids == ()


def test_the_volume_at_a_price_counts_better_prices_too() -> None:
    assert volume_for_price(ASKS, 520_000, Side.BUY) == 120 * ONE
    assert volume_for_price(ASKS, 510_000, Side.BUY) == 120 * ONE
    assert volume_for_price(ASKS, 509_999, Side.BUY) == 0
    assert volume_for_price(book().bids, 480_000, Side.SELL) == 150 * ONE
    assert volume_for_price(book().bids, 480_001, Side.SELL) == 50 * ONE


def test_what_a_thin_book_cannot_fill_is_said() -> None:
    """Where a library would average what is there (0.51857) and say nothing."""
    depth = vwap_for_volume(ASKS, 500 * ONE)
    assert depth.filled_size_micros == 210 * ONE
    assert depth.remaining_size_micros == 290 * ONE
    assert depth.vwap_micros == 518_571
    assert depth.worst_price_micros == 530_000


def test_the_price_for_a_volume_is_the_worst_one_touched() -> None:
    depth = price_for_volume(ASKS, 121 * ONE)
    assert (depth.worst_price_micros, depth.remaining_size_micros) == (530_000, 0)
    assert depth.levels == ASKS
    assert price_for_volume(ASKS, 120 * ONE).levels == ASKS[:1]


def test_asking_for_nothing_or_in_an_empty_book_gives_nothing() -> None:
    assert vwap_for_volume(ASKS, 0) == NOTHING
    assert price_for_notional(ASKS, 0) == NOTHING
    assert vwap_for_volume((), 5).remaining_size_micros == 5
    assert price_for_notional((), 5).remaining_notional_micros == 5
    assert price_for_volume(ASKS, -1).filled_size_micros == 0


def test_dollars_buy_until_they_are_used() -> None:
    depth = price_for_notional(ASKS, 100 * ONE)
    assert depth.levels == ASKS
    assert depth.notional_micros == 100 * ONE
    assert depth.filled_size_micros == 120 * ONE + (100 * ONE - 61_200_000) * ONE // 530_000
    assert depth.remaining_notional_micros == 0


def test_the_largest_size_keeps_the_limit_and_the_budget() -> None:
    assert largest_size_within(ASKS, Side.BUY, 529_999).filled_size_micros == 120 * ONE
    assert largest_size_within(ASKS, Side.BUY, ONE).filled_size_micros == 210 * ONE
    within = largest_size_within(ASKS, Side.BUY, 520_000, 100 * ONE)
    assert within.notional_micros == 61_200_000
    assert within.remaining_notional_micros == 38_800_000
    assert largest_size_within(book().bids, Side.SELL, 490_000).filled_size_micros == 50 * ONE


@forall(raw_levels, st.integers(0, 10**13))
def test_filled_and_remaining_are_what_was_asked_for(raw: list[Level], size: int) -> None:
    depth = vwap_for_volume(asks_of(raw), size)
    assert depth.filled_size_micros + depth.remaining_size_micros == size
    assert depth.filled_size_micros <= sum(level.size_micros for level in depth.levels)
    paid = price_for_notional(asks_of(raw), size)
    assert paid.notional_micros + paid.remaining_notional_micros == size


@forall(raw_levels, st.integers(1, 10**13))
def test_the_average_lies_between_the_best_and_the_worst_price(raw: list[Level], size: int) -> None:
    asks = asks_of(raw)
    for depth in (vwap_for_volume(asks, size), price_for_notional(asks, size)):
        if depth.vwap_micros is not None:
            assert depth.worst_price_micros is not None
            assert asks[0].price_micros <= depth.vwap_micros <= depth.worst_price_micros
    bids = asks[::-1]
    depth = vwap_for_volume(bids, size)
    if depth.vwap_micros is not None:
        assert depth.worst_price_micros is not None
        assert depth.worst_price_micros <= depth.vwap_micros <= bids[0].price_micros


@forall(raw_levels, prices, prices)
def test_a_worse_limit_never_offers_less(raw: list[Level], one: int, other: int) -> None:
    asks = asks_of(raw)
    low, high = sorted((one, other))
    assert volume_for_price(asks, low, Side.BUY) <= volume_for_price(asks, high, Side.BUY)
    assert volume_for_price(asks, high, Side.SELL) <= volume_for_price(asks, low, Side.SELL)


@forall(raw_levels, sizes, sizes)
def test_more_shares_never_cost_less(raw: list[Level], one: int, other: int) -> None:
    asks = asks_of(raw)
    low, high = sorted((one, other))
    assert vwap_for_volume(asks, low).notional_micros <= vwap_for_volume(asks, high).notional_micros
    less, more = price_for_volume(asks, low), price_for_volume(asks, high)
    assert (less.worst_price_micros or 0) <= (more.worst_price_micros or 0)


@forall(raw_levels, prices, st.integers(0, 10**12))
def test_the_largest_size_is_within_both_limits(raw: list[Level], limit: int, budget: int) -> None:
    asks = asks_of(raw)
    depth = largest_size_within(asks, Side.BUY, limit, budget)
    assert depth.notional_micros <= budget
    assert (depth.worst_price_micros or 0) <= limit
    assert depth.filled_size_micros <= volume_for_price(asks, limit, Side.BUY)
    if depth.remaining_notional_micros:
        assert depth.filled_size_micros == volume_for_price(asks, limit, Side.BUY)


@forall(raw_levels, st.integers(1, 10**12))
def test_the_levels_used_are_enough_to_walk_again(raw: list[Level], budget: int) -> None:
    depth = price_for_notional(asks_of(raw), budget)
    assert price_for_notional(depth.levels, depth.notional_micros).levels == depth.levels
    assert depth.notional_micros <= MICROS * MICROS * budget
    again = price_for_notional(depth.levels, budget)
    assert again.filled_size_micros == depth.filled_size_micros
