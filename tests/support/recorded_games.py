"""Recorded market frames of 13 baseball games, played through the project's own reader and book.

Each game is a snapshot and then changes of both tokens; the snapshots in between are what the venue
sends for a trade, so that one of them differs from the book kept until then by the trade itself.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from polycopy.polymarket import market_channel
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.market_channel import PriceChanged
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.trading.live_book import LiveBook
from polycopy.trading.orderbook import Book, Levels
from tests.support.recordings import json_lines, recording

FOLDER = "ws_market/mlb_2025"
_NO_MARKET = "0x0"  # The recorder left the market out.
_SIDES = {"BID": "BUY", "BUY": "BUY", "ASK": "SELL", "SELL": "SELL"}
Difference = tuple[Side, int, int, int]
"""Side, price, size before, size in the snapshot."""


def games() -> list[str]:
    return [game["slug"] for game in json.loads(recording(f"{FOLDER}/INDEX.json"))]


def frames(slug: str) -> list[dict[str, Any]]:
    return json_lines(f"{FOLDER}/{slug}.jsonl.gz")


class Rebuilt:
    """A game's books, and what was found on the way. `kinds` counts the in-stream snapshots by
    what is different in them, `changes` the changes by token and side."""

    def __init__(self, slug: str) -> None:
        self.kinds: Counter[str] = Counter()
        self.changes: Counter[tuple[TokenId, Side]] = Counter()
        self.books: dict[TokenId, LiveBook] = {}
        self.steps_back = 0
        at_ms = 0
        for frame in frames(slug):
            self.steps_back += int(frame["timestamp"]) < at_ms
            at_ms = int(frame["timestamp"])
            for said in market_channel.feed(json.dumps(_as_today(frame))):
                assert isinstance(said, BookAnswer | PriceChanged), said
                self._apply(said)

    def _apply(self, said: BookAnswer | PriceChanged) -> None:
        book = self.books.setdefault(said.token_id, LiveBook(said.token_id))
        if isinstance(said, PriceChanged):
            self.changes[said.token_id, said.side] += 1
            book.change(said.side, said.price_micros, said.size_micros, said.at_ms)
            return
        before, known = book.book(), book.known
        self.kinds["crossed before"] += book.crossed
        book.put(said.bids, said.asks, said.at_ms)
        self.kinds["crossed"] += book.crossed
        assert said.bids == book.levels(Side.BUY)[::-1], "bids come worst price first"
        assert said.asks == book.levels(Side.SELL)[::-1], "asks come worst price first"
        if known:
            self.kinds["snapshots"] += 1
            self.kinds.update(kinds_of(before, book.book()))


def kinds_of(before: Book, after: Book) -> Iterator[str]:
    """What a snapshot says about the time since the last message."""
    found = list(differences(before, after))
    if not found:
        yield "same"
        return
    if len(found) == 1:
        ((side, price, old, new),) = found
        touch = before.taken_by(other(side))[0].price_micros == price
        yield "one level"
        yield from ["one level at the touch"] * touch
        yield from ["one level at the touch, decreased"] * (touch and new < old)
    if is_a_taker(before, found):
        yield "one taker"


def differences(before: Book, after: Book) -> Iterator[Difference]:
    for side in Side:
        old, new = sizes(before.taken_by(other(side))), sizes(after.taken_by(other(side)))
        for price in sorted(old.keys() | new.keys()):
            if old.get(price, 0) != new.get(price, 0):
                yield side, price, old.get(price, 0), new.get(price, 0)


def is_a_taker(before: Book, found: list[Difference]) -> bool:
    """One order took from the best levels of one side, all of each but the last; at most its own
    rest is new on the other side."""
    for side in Side:
        taken = {price: (old, new) for of, price, old, new in found if of is side}
        rest = [new - old for of, _, old, new in found if of is not side]
        if not taken or len(rest) > 1 or any(change < 0 for change in rest):
            continue
        best = [level.price_micros for level in before.taken_by(other(side))[: len(taken)]]
        whole = all(price in taken for price in best)
        if whole and all(taken[price][1] == 0 for price in best[:-1]):
            old, new = taken[best[-1]]
            return new < old
    return False


def other(side: Side) -> Side:
    """`taken_by` a SELL are the bids."""
    return Side.SELL if side is Side.BUY else Side.BUY


def sizes(levels: Levels) -> dict[int, int]:
    return {level.price_micros: level.size_micros for level in levels}


def _as_today(frame: dict[str, Any]) -> dict[str, Any]:
    """The form of before September 2025 in today's: nothing but names differs."""
    if frame["event_type"] == "book":
        return {**frame, "market": _NO_MARKET}
    return {
        "market": _NO_MARKET,
        "price_changes": [
            {**change, "side": _SIDES[change["side"]], "asset_id": frame["asset_id"]}
            for change in frame["changes"]
        ],
        "timestamp": frame["timestamp"],
        "event_type": frame["event_type"],
    }
