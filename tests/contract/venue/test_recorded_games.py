"""Books rebuilt from recorded changes, held against every snapshot that the venue sent meanwhile.

The source says what a difference means (the figures there are those of 27 games, 13 are here): a
snapshot is sent for a trade, so most differ in one level, at the touch, by a decrease.
"""

import sys
from collections import Counter

import pytest

from polycopy.schemas.money import MICROS, Side
from polycopy.trading.live_book import LiveBook
from tests.support.recorded_games import Rebuilt, games


@pytest.fixture(scope="module")
def rebuilt() -> dict[str, Rebuilt]:
    return {slug: Rebuilt(slug) for slug in games()}


@pytest.fixture(scope="module")
def kinds(rebuilt: dict[str, Rebuilt]) -> Counter[str]:
    """All games together; printed with `-s`."""
    kinds: Counter[str] = Counter()
    for slug, game in rebuilt.items():
        sys.stdout.write(f"{slug} {dict(game.kinds)}\n")
        kinds.update(game.kinds)
    sys.stdout.write(f"{len(rebuilt)} games {dict(kinds)}\n")
    return kinds


def test_nearly_every_snapshot_tells_of_something_that_no_change_told(
    rebuilt: dict[str, Rebuilt], kinds: Counter[str]
) -> None:
    assert len(rebuilt) == 13
    assert kinds["snapshots"] > 1_500
    assert kinds["same"] < 0.01 * kinds["snapshots"]


def test_most_snapshots_differ_in_one_level_which_is_the_trade_itself(kinds: Counter[str]) -> None:
    assert 0.70 < kinds["one level"] / kinds["snapshots"] < 0.75
    assert kinds["one level at the touch"] > 0.99 * kinds["one level"]
    assert kinds["one level at the touch, decreased"] > 0.99 * kinds["one level"]


def test_a_taker_that_walks_the_book_and_rests_explains_most_of_the_others(
    kinds: Counter[str],
) -> None:
    assert kinds["one taker"] > 0.85 * kinds["snapshots"]


def test_a_snapshot_heals_a_book_that_had_missed_a_message(
    rebuilt: dict[str, Rebuilt], kinds: Counter[str]
) -> None:
    assert 0 < kinds["crossed before"] < 0.01 * kinds["snapshots"]
    assert kinds["crossed"] == 0
    assert sum(game.steps_back for game in rebuilt.values()) == 2


def test_both_tokens_of_a_game_mirror_each_other(rebuilt: dict[str, Rebuilt]) -> None:
    for game in rebuilt.values():
        first, second = game.books.values()
        assert mirrored(first, Side.BUY) == plain(second, Side.SELL)
        assert mirrored(first, Side.SELL) == plain(second, Side.BUY)
        for side, mirror in ((Side.BUY, Side.SELL), (Side.SELL, Side.BUY)):
            own, twin = game.changes[first.token_id, side], game.changes[second.token_id, mirror]
            assert own > 0
            assert abs(own - twin) <= 1  # One recording ends between the two.


def mirrored(book: LiveBook, side: Side) -> list[tuple[int, int]]:
    return [(MICROS - level.price_micros, level.size_micros) for level in book.levels(side)]


def plain(book: LiveBook, side: Side) -> list[tuple[int, int]]:
    return [(level.price_micros, level.size_micros) for level in book.levels(side)]
