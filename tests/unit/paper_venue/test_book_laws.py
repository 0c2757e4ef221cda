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
    """`queue`: everybody's part in the order in which they came."""

    def __init__(self, *, bids: bool) -> None:
        self.bids = bids
        self.queue: list[Offer] = []

    @property
    def ours(self) -> list[Offer]:
        return [offer for offer in self.queue if offer.order_id]

    def strangers(self, price: int) -> int:
        theirs = (each for each in self.queue if each.price_micros == price and not each.order_id)
        return sum(each.size_micros for each in theirs)

    def stranger_prices(self) -> list[int]:
        return list(dict.fromkeys(each.price_micros for each in self.queue if not each.order_id))

    def lose(self, price: int, size: int, *, newest: bool) -> None:
        """Of the strangers at a price, from one end."""
        places = [
            place
            for place, each in enumerate(self.queue)
            if each.price_micros == price and not each.order_id
        ]
        for place in reversed(places) if newest else places:
            gone = min(size, self.queue[place].size_micros)
            size -= gone
            self.queue[place] = Offer(price, self.queue[place].size_micros - gone)
        self.queue = [each for each in self.queue if each.size_micros]

    def join(self, price: int, size: int) -> None:
        """Strangers come: to those of theirs who came last, if they were the last of all."""
        here = [place for place, each in enumerate(self.queue) if each.price_micros == price]
        last = self.queue[here[-1]] if here else None
        if last is not None and not last.order_id:
            self.queue[here[-1]] = Offer(price, last.size_micros + size)
        else:
            self.queue.append(Offer(price, size))

    def put(self, wanted: dict[int, int]) -> None:
        for price in dict.fromkeys([*self.stranger_prices(), *wanted]):
            change = wanted.get(price, 0) - self.strangers(price)
            if change < 0:
                self.lose(price, -change, newest=True)
            elif change:
                self.join(price, change)

    def offers(self) -> list[Offer]:
        # The sort is stable: at one price everybody stays in their order.
        return sorted(self.queue, key=lambda offer: offer.price_micros * (-1 if self.bids else 1))

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
                self.plain.queue.append(Offer(price, size, order_id))
            case ("fill", int() as place, int() as size) if self.plain.ours:
                offer = self.plain.ours[place % len(self.plain.ours)]
                filled = min(size, offer.size_micros)
                self.half.fill(offer.price_micros, offer.order_id, filled)
                left = Offer(offer.price_micros, offer.size_micros - filled, offer.order_id)
                at = self.plain.queue.index(offer)
                self.plain.queue[at : at + 1] = [left] if left.size_micros else []
            case ("remove", int() as place) if self.plain.ours:
                offer = self.plain.ours[place % len(self.plain.ours)]
                self.plain.queue.remove(offer)
                self.half.remove(offer.price_micros, offer.order_id)
            case ("consume", int() as place, int() as size):
                self.consume(place, size)
            case ("put", list() as levels):
                self.half.put(levels)
                wanted: dict[int, int] = {}
                for level in levels:
                    before = wanted.get(level.price_micros, 0)
                    wanted[level.price_micros] = before + level.size_micros
                self.plain.put(wanted)

    def consume(self, place: int, size: int) -> None:
        there = self.plain.stranger_prices()
        if there:
            price = there[place % len(there)]
            taken = min(size, self.plain.strangers(price))
            self.half.consume(price, taken)
            self.plain.lose(price, taken, newest=False)


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


def test_strangers_who_come_later_stand_behind_whoever_is_there() -> None:
    half = Half(bids=False)
    half.put([Level(price_micros=40 * CENT, size_micros=5)])
    ours = VenueOrderId("0x1")
    half.add(40 * CENT, ours, 10)

    half.put([Level(price_micros=40 * CENT, size_micros=30)])

    assert [(offer.order_id, offer.size_micros) for offer in half.offers()] == [
        ("", 5),
        (ours, 10),
        ("", 25),
    ]


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
