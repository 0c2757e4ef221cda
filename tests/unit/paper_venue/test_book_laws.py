"""A half of the book against one that is a plain list, sorted whenever it is read."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine.book import Half, Offer, empty
from polycopy.paper_venue.core.engine.market import Ladder, mirrored
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import Level
from tests.support.exchange_play import CENT, MARKET

PRICES = st.integers(1, 9).map(lambda cents: cents * CENT)
SIZES = st.integers(1, 50)
PLACES = st.integers(0, 99)
"""Which of those that are there, counted around."""
LEVELS = st.lists(
    # A ladder may name a price twice, and a price at which nothing is.
    st.builds(Level, price_micros=PRICES, size_micros=st.integers(0, 50)),
    max_size=6,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), PRICES, SIZES),
        st.tuples(st.just("fill"), PLACES, SIZES),
        st.tuples(st.just("remove"), PLACES),
        st.tuples(st.just("consume"), PLACES, SIZES),
        st.tuples(st.just("put"), LEVELS),
    ),
    max_size=60,
)


class PlainHalf:
    """`ours` in the order in which they came, `strangers` by price."""

    def __init__(self, *, bids: bool) -> None:
        self.bids = bids
        self.ours: list[Offer] = []
        self.strangers: dict[int, int] = {}

    def offers(self) -> list[Offer]:
        strangers = [Offer(price, size) for price, size in self.strangers.items() if size]
        # The sort is stable: at one price strangers stay before ours, and ours in their order.
        every = [*strangers, *self.ours]
        return sorted(every, key=lambda offer: offer.price_micros * (-1 if self.bids else 1))

    def levels(self) -> list[Level]:
        by_price = groupby(self.offers(), key=lambda offer: offer.price_micros)
        return [
            Level(price_micros=price, size_micros=sum(offer.size_micros for offer in group))
            for price, group in by_price
        ]


class Both:
    """The same done to the two of them."""

    def __init__(self, *, bids: bool) -> None:
        self.half = Half(bids=bids)
        self.plain = PlainHalf(bids=bids)
        self.count = 0

    def perform(self, step: tuple[object, ...]) -> None:
        match step:
            case ("add", int() as price, int() as size):
                self.count += 1
                order_id = VenueOrderId(f"0x{self.count}")
                self.half.add(price, order_id, size)
                self.plain.ours.append(Offer(price, size, order_id))
            case ("fill", int() as place, int() as size) if self.plain.ours:
                at = place % len(self.plain.ours)
                offer = self.plain.ours[at]
                filled = min(size, offer.size_micros)
                self.half.fill(offer.price_micros, offer.order_id, filled)
                left = Offer(offer.price_micros, offer.size_micros - filled, offer.order_id)
                self.plain.ours[at : at + 1] = [left] if left.size_micros else []
            case ("remove", int() as place) if self.plain.ours:
                offer = self.plain.ours.pop(place % len(self.plain.ours))
                self.half.remove(offer.price_micros, offer.order_id)
            case ("consume", int() as place, int() as size):
                self.consume(place, size)
            case ("put", list() as levels):
                self.half.put(levels)
                self.plain.strangers = {}
                for level in levels:
                    before = self.plain.strangers.get(level.price_micros, 0)
                    self.plain.strangers[level.price_micros] = before + level.size_micros

    def consume(self, place: int, size: int) -> None:
        there = [price for price, left in self.plain.strangers.items() if left]
        if there:
            price = there[place % len(there)]
            taken = min(size, self.plain.strangers[price])
            self.half.consume(price, taken)
            self.plain.strangers[price] -= taken


@pytest.mark.parametrize("bids", [True, False])
@given(steps=STEPS)
def test_any_history_leaves_the_priority_the_totals_and_the_best_of_a_sorted_list(
    steps: list[tuple[object, ...]],
    *,
    bids: bool,
) -> None:
    both = Both(bids=bids)
    for step in steps:
        both.perform(step)

        offers, levels = both.plain.offers(), both.plain.levels()
        assert list(both.half.offers()) == offers
        assert list(both.half.levels()) == levels
        assert both.half.best_micros == (offers[0].price_micros if offers else None)


@given(LEVELS, LEVELS)
def test_the_best_prices_of_either_token_are_the_first_of_the_ladder_that_it_shows(
    bids: list[Level], asks: list[Level]
) -> None:
    book = empty(MARKET)
    book.put(Ladder(bids=tuple(bids), asks=tuple(asks)), at_us=1)
    shown = Ladder(bids=book.bids.levels(), asks=book.asks.levels())

    for index, ladder in enumerate((shown, mirrored(shown))):
        firsts = [side[0].price_micros if side else None for side in (ladder.bids, ladder.asks)]
        assert list(book.best(index)) == firsts


def test_an_order_that_is_filled_in_part_keeps_its_place() -> None:
    half = Half(bids=True)
    first, second = VenueOrderId("0x1"), VenueOrderId("0x2")
    half.add(40 * CENT, first, 10)
    half.add(40 * CENT, second, 10)

    half.fill(40 * CENT, first, 3)

    assert [(offer.order_id, offer.size_micros) for offer in half.offers()] == [
        (first, 7),
        (second, 10),
    ]


def test_an_order_that_does_not_rest_is_not_removed() -> None:
    half = Half(bids=False)
    half.add(40 * CENT, VenueOrderId("0x1"), 10)

    with pytest.raises(KeyError):
        half.remove(40 * CENT, VenueOrderId("0x2"))
