"""The messages of the market channel, key by key as they were recorded. Numbers are texts; a side
of the book that is empty has the best price 0 (bids) or 1 (asks)."""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import Leg, StrangersTraded, TradeMatched
from polycopy.paper_venue.core.engine.market import Market, own_price
from polycopy.paper_venue.core.protocol.instants import spaced
from polycopy.paper_venue.core.protocol.wire import Body, milliseconds
from polycopy.paper_venue.core.streams.told_book import Best, Change
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import MICROS, Side, decimal_text

_DUMPED = ("market", "asset_id", "timestamp", "hash", "bids", "asks", "tick_size")
_TRADED = ("market", "asset_id", "bids", "asks", "hash", "timestamp")


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A message and who hears it: listeners of any of `tokens` (none: everybody); with `custom`
    only those who asked for `custom_feature_enabled`."""

    body: Body
    tokens: tuple[TokenId, ...] = ()
    custom: bool = False


def dump(full: Body) -> Body:
    """The `book` that a subscription is answered with; dumps come as an array. What `GET /book`
    says besides (minimum size, neg-risk) is not in it, though it is in the hash."""
    kept = {name: full[name] for name in _DUMPED}
    return {**kept, "event_type": "book", "last_trade_price": full["last_trade_price"]}


def traded_book(full: Body) -> Body:
    """The `book` that follows a trade, as an object."""
    return {**{name: full[name] for name in _TRADED}, "event_type": "book"}


def price_change(token_id: TokenId, index: int, change: Change, book_hash: str, best: Best) -> Body:
    """One level of one token; hash and best prices are those after the whole message."""
    buys = change.bids == (index == 0)
    bid, ask = _shown(best)
    return {
        "asset_id": token_id,
        "price": decimal_text(own_price(index, change.price_micros)),
        "size": decimal_text(change.size_micros),
        "side": (Side.BUY if buys else Side.SELL).value,
        "hash": book_hash,
        "best_bid": decimal_text(bid),
        "best_ask": decimal_text(ask),
    }


def price_changes(market: Market, rows: list[Body], at_us: int) -> Body:
    return {
        "market": market.condition_id,
        "price_changes": rows,
        "timestamp": milliseconds(at_us),
        "event_type": "price_change",
    }


def last_trade_price(exchange: Exchange, trade: TradeMatched | StrangersTraded) -> Note:
    """Nobody is named. The transaction is: the venue knows its hash before the block is made."""
    market = exchange.books[trade.condition_id].market
    if isinstance(trade, TradeMatched):
        taken: Leg | StrangersTraded = trade.taker
        transaction_hash = identity.transaction_hash(exchange.seed, trade.batch)
    else:
        taken, transaction_hash = trade, trade.transaction_hash
    return Note(
        body={
            "market": market.condition_id,
            "asset_id": taken.token_id,
            "price": decimal_text(taken.price_micros),
            "size": decimal_text(taken.size_micros),
            "fee_rate_bps": str(market.base_fee_bps),
            "side": taken.side.value,
            "timestamp": milliseconds(trade.at_us),
            "event_type": "last_trade_price",
            "transaction_hash": transaction_hash,
        },
        tokens=(taken.token_id,),
    )


def best_bid_ask(market: Market, index: int, best: Best, at_us: int) -> Note:
    bid, ask = _shown(best)
    token_id = market.tokens[index].token_id
    return Note(
        body={
            "market": market.condition_id,
            "asset_id": token_id,
            "best_bid": decimal_text(bid),
            "best_ask": decimal_text(ask),
            "spread": decimal_text(ask - bid),
            "timestamp": milliseconds(at_us),
            "event_type": "best_bid_ask",
        },
        tokens=(token_id,),
        custom=True,
    )


def tick_size_changes(market: Market, old_tick_size_micros: int, at_us: int) -> list[Note]:
    """One for each token."""
    return [
        Note(
            body={
                "market": market.condition_id,
                "asset_id": token.token_id,
                "old_tick_size": decimal_text(old_tick_size_micros),
                "new_tick_size": decimal_text(market.tick_size_micros),
                "timestamp": milliseconds(at_us),
                "event_type": "tick_size_change",
            },
            tokens=(token.token_id,),
        )
        for token in market.tokens
    ]


def new_market(market: Market, market_id: int, event_id: int, at_us: int) -> Note:
    """Told to everybody who asked for custom features, whatever they listen to. The ids are
    Gamma's."""
    tokens = [token.token_id for token in market.tokens]
    return Note(
        body={
            "id": str(market_id),
            "question": market.title,
            "market": market.condition_id,
            "slug": market.slug,
            "description": "",
            "assets_ids": tokens,
            "outcomes": [token.outcome for token in market.tokens],
            "event_message": _event(market, event_id),
            "timestamp": milliseconds(at_us),
            "event_type": "new_market",
            "tags": list(market.tags),
            "condition_id": market.condition_id,
            "active": True,
            "clob_token_ids": tokens,
            "sports_market_type": "",
            "line": "",
            "game_start_time": _game_start(market),
            "order_price_min_tick_size": decimal_text(market.tick_size_micros),
            "group_item_title": "",
        },
        custom=True,
    )


def market_resolved(market: Market, market_id: int, event_id: int, at_us: int) -> Note:
    """As `new_market`. The outcome that pays most has won; the first where both pay the same."""
    won = max(market.tokens, key=lambda token: token.payout_micros or 0)
    return Note(
        body={
            "id": str(market_id),
            "market": market.condition_id,
            "assets_ids": [token.token_id for token in market.tokens],
            "winning_asset_id": won.token_id,
            "winning_outcome": won.outcome,
            "event_message": _event(market, event_id),
            "timestamp": milliseconds(at_us),
            "event_type": "market_resolved",
            "tags": list(market.tags),
        },
        custom=True,
    )


def _event(market: Market, event_id: int) -> Body:
    return {
        "id": str(event_id),
        "ticker": market.event_slug,
        "slug": market.event_slug,
        "title": market.title,
        "description": "",
    }


def _game_start(market: Market) -> str:
    return spaced(market.game_starts_at_s) if market.game_starts_at_s else ""


def _shown(best: Best) -> tuple[int, int]:
    bid, ask = best
    return 0 if bid is None else bid, MICROS if ask is None else ask
