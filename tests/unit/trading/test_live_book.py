"""A book kept from a snapshot and changes, held against a plain dict."""

from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level
from polycopy.trading.live_book import LiveBook
from polycopy.trading.orderbook import book_from_levels
from tests.support.trading import ONE, TOKEN, levels

prices = st.integers(0, 100).map(lambda cents: cents * 10_000)
sizes = st.integers(0, 5).map(lambda shares: shares * ONE)
raw = st.lists(st.builds(Level, price_micros=prices, size_micros=sizes), max_size=8)
changes = st.tuples(st.just("change"), st.sampled_from(list(Side)), prices, sizes)
steps = st.lists(st.one_of(changes, st.tuples(st.just("put"), raw, raw)), max_size=30)
Model = dict[tuple[Side, int], int]


def live() -> LiveBook:
    return LiveBook(TOKEN, tick_size_micros=10_000, minimum_size_micros=5 * ONE)


def perform(book: LiveBook, model: Model, step: tuple[object, ...], at_ms: int) -> None:
    match step:
        case ("change", Side() as side, int() as price, int() as size):
            book.change(side, price, size, at_ms)
            model[side, price] = size
        case ("put", list() as bids, list() as asks):
            book.put(bids, asks, at_ms)
            model.clear()
            for side, listed in ((Side.BUY, bids), (Side.SELL, asks)):
                for level in listed:
                    price = level.price_micros
                    model[side, price] = model.get((side, price), 0) + level.size_micros


@forall(steps)
def test_it_holds_what_a_plain_dict_of_levels_holds(done: list[tuple[object, ...]]) -> None:
    book, model = live(), Model()
    for at_ms, step in enumerate(done):
        perform(book, model, step, at_ms)

        bids, asks = (
            [
                Level(price_micros=price, size_micros=size)
                for (of, price), size in model.items()
                if of is side
            ]
            for side in (Side.BUY, Side.SELL)
        )
        assert book.book() == book_from_levels(
            token_id=TOKEN,
            bids=bids,
            asks=asks,
            at_ms=at_ms,
            tick_size_micros=10_000,
            minimum_size_micros=5 * ONE,
        )
        bid, ask = book.best_micros(Side.BUY), book.best_micros(Side.SELL)
        frozen = book.book()
        assert bid == (frozen.bids[0].price_micros if frozen.bids else None)
        assert ask == (frozen.asks[0].price_micros if frozen.asks else None)
        assert book.crossed == (bid is not None and ask is not None and bid >= ask)


@forall(raw, raw)
def test_a_snapshot_reads_the_same_in_every_order(bids: list[Level], asks: list[Level]) -> None:
    best_first, worst_first = live(), live()
    best_first.put(sorted(bids, reverse=True, key=key), sorted(asks, key=key), 1)
    worst_first.put(sorted(bids, key=key), sorted(asks, reverse=True, key=key), 1)

    assert best_first.book() == worst_first.book()


def key(level: Level) -> int:
    return level.price_micros


@forall(steps, changes)
def test_a_change_told_twice_is_told_once(
    done: list[tuple[object, ...]], again: tuple[object, ...]
) -> None:
    once, twice = live(), live()
    for step in done:
        perform(once, Model(), step, 1)
        perform(twice, Model(), step, 1)

    for book, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            perform(book, Model(), again, 2)

    assert once.book() == twice.book()


def test_before_a_snapshot_a_book_is_not_known() -> None:
    book = live()
    book.change(Side.BUY, 400_000, ONE, 1)
    assert not book.known

    book.put(levels((390_000, ONE)), levels((600_000, ONE)), 2)

    assert book.known
    assert book.levels(Side.BUY) == levels((390_000, ONE))


def test_bids_that_meet_asks_are_crossed() -> None:
    book = live()
    book.put(levels((400_000, ONE)), levels((600_000, ONE)), 1)
    assert not book.crossed

    book.change(Side.BUY, 600_000, ONE, 2)

    assert book.crossed


def test_a_frozen_book_stays_as_it_was() -> None:
    book = live()
    book.put(levels((400_000, ONE)), (), 1)
    frozen = book.book()

    book.change(Side.BUY, 400_000, 0, 2)

    assert frozen.bids == levels((400_000, ONE))
    assert book.book().bids == ()


def test_a_new_tick_leaves_the_levels_and_no_message_sets_the_time_back() -> None:
    book = live()
    book.put(levels((400_000, ONE)), (), 9)

    book.change_tick(1_000, 8)
    book.change(Side.SELL, MICROS - 1_000, ONE, 7)

    assert (book.book().tick_size_micros, book.at_ms) == (1_000, 9)
    assert book.size_micros(Side.BUY, 400_000) == ONE
    assert book.size_micros(Side.SELL, 400_000) == 0
