"""The socket that tells about books. No sequence numbers; a `book` frame follows every trade."""

import msgspec

from polycopy.polymarket import clob, wire
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import Side

PING = "PING"
PING_EVERY_S = 10


class PriceChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A level of a book has this size from now on (0: it is gone). BUY is the bid side."""

    condition_id: ConditionId
    token_id: TokenId
    side: Side
    price_micros: int
    size_micros: int
    at_ms: int


class LastTradePrice(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody traded; nobody says who."""

    condition_id: ConditionId
    token_id: TokenId
    side: Side
    price_micros: int
    size_micros: int
    at_ms: int
    transaction_hash: str = ""


class TickSizeChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Prices of this token move on another grid from now on."""

    condition_id: ConditionId
    token_id: TokenId
    old_tick_size_micros: int
    new_tick_size_micros: int
    at_ms: int


class ResolvedMarket(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says which token won. Reported as not always sent."""

    condition_id: ConditionId
    winning_token_id: TokenId
    winning_outcome: str
    at_ms: int


MarketMessage = (
    BookAnswer | PriceChanged | LastTradePrice | TickSizeChanged | ResolvedMarket | Unreadable
)


def subscribe_message(token_ids: list[TokenId]) -> str:
    message = {"type": "market", "assets_ids": token_ids, "custom_feature_enabled": True}
    return msgspec.json.encode(message).decode()


def feed(raw: str | bytes) -> list[MarketMessage]:
    """What a frame says, an object or a list of them. Never raises; message types that nobody here
    uses say nothing."""
    if not raw.strip() or raw in ("PONG", b"PONG"):
        return []
    try:
        parsed = wire.document(raw)
        messages = [parsed] if isinstance(parsed, dict) else wire.a_list(parsed)
    except wire.MisfitError as error:
        return [wire.unreadable(error, raw)]
    return [said for message in messages for said in _message(message)]


def _message(message: wire.Json) -> list[MarketMessage]:
    try:
        source = wire.an_object(message, "the message")
        match wire.text(source, "event_type"):
            case "book":
                return [clob.book(source)]
            case "price_change":
                return list(_price_changes(source))
            case "last_trade_price":
                return [_last_trade_price(source)]
            case "tick_size_change":
                return [_tick_size_change(source)]
            case "market_resolved":
                return [_resolved(source)]
            case _:
                return []
    except wire.MisfitError as error:
        return [wire.unreadable(error, wire.compact(message))]


def _price_changes(source: wire.Object) -> list[PriceChanged]:
    listed = wire.a_list(source.get("price_changes"), "price_changes")
    changes = [wire.an_object(change, "a price change") for change in listed]
    if not changes and "price" in source:
        changes = [source]  # The form of before September 2025.
    return [
        PriceChanged(
            condition_id=wire.condition_id(source, "market"),
            token_id=wire.token_id(change, "asset_id"),
            side=wire.side(change),
            price_micros=wire.price(change, "price"),
            size_micros=wire.amount(change, "size"),
            at_ms=wire.time_ms(source, "timestamp"),
        )
        for change in changes
    ]


def _last_trade_price(source: wire.Object) -> LastTradePrice:
    return LastTradePrice(
        condition_id=wire.condition_id(source, "market"),
        token_id=wire.token_id(source, "asset_id"),
        side=wire.side(source),
        price_micros=wire.price(source, "price"),
        size_micros=wire.amount(source, "size"),
        at_ms=wire.time_ms(source, "timestamp"),
        transaction_hash=wire.text(source, "transaction_hash", default="").lower(),
    )


def _tick_size_change(source: wire.Object) -> TickSizeChanged:
    return TickSizeChanged(
        condition_id=wire.condition_id(source, "market"),
        token_id=wire.token_id(source, "asset_id"),
        old_tick_size_micros=wire.amount(source, "old_tick_size"),
        new_tick_size_micros=wire.amount(source, "new_tick_size"),
        at_ms=wire.time_ms(source, "timestamp"),
    )


def _resolved(source: wire.Object) -> ResolvedMarket:
    return ResolvedMarket(
        condition_id=wire.condition_id(source, "market"),
        winning_token_id=wire.token_id(source, "winning_asset_id"),
        winning_outcome=wire.text(source, "winning_outcome", default=""),
        at_ms=wire.time_ms(source, "timestamp"),
    )
