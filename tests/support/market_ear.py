"""A client of the market channel that knows nothing but what it is sent."""

import hashlib
import json
from typing import Any

from polycopy.polymarket import market_channel
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.market_channel import PriceChanged, TickSizeChanged
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side, micros
from polycopy.trading.live_book import LiveBook

Ladder = tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


class MarketEar:
    """Keeps the books of the tokens that it was sent one of, with the project's own reader and its
    own book; best prices and hashes that come with a change are kept beside them."""

    def __init__(self) -> None:
        self.books: dict[TokenId, LiveBook] = {}
        self.told: list[dict[str, Any]] = []
        self.kinds: list[str] = []
        self.last_trade_price = ""

    def hear(self, text: str) -> None:
        document = json.loads(text)
        messages = document if isinstance(document, list) else [document]
        for message in messages:
            self.kinds.append(message["event_type"])
            self.told.append(message)
            if "last_trade_price" in message:
                self.last_trade_price = message["last_trade_price"]
            if message["event_type"] == "last_trade_price":
                self.last_trade_price = padded(message["price"])
        for said in market_channel.feed(text):
            assert not isinstance(said, Unreadable)
            self._apply(said)

    def _apply(self, said: market_channel.MarketMessage) -> None:
        match said:
            case BookAnswer():
                book = self.books.setdefault(said.token_id, LiveBook(said.token_id))
                book.put(said.bids, said.asks, said.at_ms)
                book.tick_size_micros = said.tick_size_micros or book.tick_size_micros
            case PriceChanged() if said.token_id in self.books:
                book = self.books[said.token_id]
                book.change(said.side, said.price_micros, said.size_micros, said.at_ms)
            case TickSizeChanged():
                self.books[said.token_id].change_tick(said.new_tick_size_micros, said.at_ms)
            case _:
                pass
        assert not any(book.crossed for book in self.books.values())

    def ladder(self, token_id: TokenId) -> Ladder:
        """Bids and asks, best first."""
        book = self.books[token_id].book()
        bids, asks = (
            tuple((level.price_micros, level.size_micros) for level in levels)
            for levels in (book.bids, book.asks)
        )
        return bids, asks

    def best(self, token_id: TokenId) -> tuple[int, int]:
        """As the venue writes it: 0 and 1 where nobody is."""
        book = self.books[token_id]
        bid, ask = book.best_micros(Side.BUY), book.best_micros(Side.SELL)
        return bid or 0, 1_000_000 if ask is None else ask

    def hash_of(self, token_id: TokenId, rest: dict[str, Any], timestamp: str) -> str:
        """The venue's hash of the book that this client has. What a socket does not tell (minimum
        size, neg-risk) is from `GET /book`."""
        book = self.books[token_id]
        bids, asks = book.levels(Side.BUY), book.levels(Side.SELL)
        body = {
            "market": rest["market"],
            "asset_id": token_id,
            "timestamp": timestamp,
            "hash": "",
            "bids": [written(*level_of(level)) for level in reversed(bids)],
            "asks": [written(*level_of(level)) for level in reversed(asks)],
            "min_order_size": rest["min_order_size"],
            "tick_size": plain(book.tick_size_micros),
            "neg_risk": rest["neg_risk"],
            "last_trade_price": self.last_trade_price,
        }
        compact = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha1(compact.encode(), usedforsecurity=False).hexdigest()


def level_of(level: Any) -> tuple[int, int]:
    return level.price_micros, level.size_micros


def written(price_micros: int, size_micros: int) -> dict[str, str]:
    return {"price": plain(price_micros), "size": plain(size_micros)}


def plain(value_micros: int) -> str:
    """Shortest decimals, written apart from the project's own."""
    text = f"{value_micros // 1_000_000}.{value_micros % 1_000_000:06d}"
    return text.rstrip("0").removesuffix(".")


def padded(price: str) -> str:
    value = micros(price)
    return f"0.{value // 1000:03d}" if value % 1000 == 0 else plain(value)
