"""What the venue says about our orders and trades: one vocabulary for REST and the user channel.

The two disagree in small ways (prefixes of status words, seconds or milliseconds, empty texts for
0); after this module they do not. What counts (ids, token, side, size, price) is read strictly,
what only decorates is not worth losing a fill for.
"""

from enum import StrEnum

import msgspec

from polycopy.polymarket import wire
from polycopy.schemas.ids import (
    ConditionId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
)
from polycopy.schemas.money import Side
from polycopy.schemas.terms import FillRole


class OrderStatus(StrEnum):
    """The venue's words, without prefix. UNKNOWN: a word that we do not know; it proves nothing."""

    LIVE = "LIVE"
    MATCHED = "MATCHED"
    DELAYED = "DELAYED"
    UNMATCHED = "UNMATCHED"
    INVALID = "INVALID"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


class ReportKind(StrEnum):
    """Why the user channel speaks of an order; SNAPSHOT where we asked by REST."""

    PLACEMENT = "PLACEMENT"
    UPDATE = "UPDATE"
    CANCELLATION = "CANCELLATION"
    SNAPSHOT = "SNAPSHOT"


class TradeStatus(StrEnum):
    """MATCHED_NOT_BROADCASTED reads as MATCHED. Final: CONFIRMED and FAILED."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the venue sees it. `status_text` is the venue's whole word, with its reason.

    `at_ms` is the time of the report, 0 where REST gives none; `expires_at_ms` 0 means never.
    `matched_size_micros` is None where the venue does not tell, which is not 0.
    """

    kind: ReportKind
    venue_order_id: VenueOrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    status: OrderStatus
    status_text: str
    original_size_micros: int
    matched_size_micros: int | None
    price_micros: int
    order_type: str
    created_at_ms: int = 0
    expires_at_ms: int = 0
    at_ms: int = 0
    outcome: str = ""
    owner: str = ""
    maker_address: str = ""
    associate_trades: tuple[VenueTradeId, ...] = ()


class MakerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A maker's part in a trade. Token and side may be the opposite of the trade's (a mint)."""

    venue_order_id: VenueOrderId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int
    owner: str = ""
    maker_address: str = ""


class TradeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A trade in which one of our orders took part; the fields of the head are the taker's.

    `trader_side` is our part in it. The transaction hash may be empty, and may change before the
    trade is CONFIRMED. `unread_makers`: the orders of makers whose part could not be read, "" where
    not even the order could be: it may be one of ours.
    """

    venue_trade_id: VenueTradeId
    taker_order_id: VenueOrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int
    status: TradeStatus
    status_text: str
    trader_side: FillRole
    matched_at_ms: int
    updated_at_ms: int = 0
    transaction_hash: TransactionHash = TransactionHash("")
    outcome: str = ""
    owner: str = ""
    maker_address: str = ""
    maker_orders: tuple[MakerOrder, ...] = ()
    unread_makers: tuple[VenueOrderId, ...] = ()
    error: str = ""


class ReportedFill(msgspec.Struct, frozen=True, kw_only=True):
    """One order's part in a trade; key (venue_trade_id, venue_order_id)."""

    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int
    role: FillRole


def fills(trade: TradeReport) -> tuple[ReportedFill, ...]:
    """Every order's part in the trade, the taker's first. Ours are those whose order we know.

    One trade can hold several of our own maker orders.
    """
    taker = ReportedFill(
        venue_trade_id=trade.venue_trade_id,
        venue_order_id=trade.taker_order_id,
        token_id=trade.token_id,
        side=trade.side,
        size_micros=trade.size_micros,
        price_micros=trade.price_micros,
        role=FillRole.TAKER,
    )
    makers = (
        ReportedFill(
            venue_trade_id=trade.venue_trade_id,
            venue_order_id=maker.venue_order_id,
            token_id=maker.token_id,
            side=maker.side,
            size_micros=maker.size_micros,
            price_micros=maker.price_micros,
            role=FillRole.MAKER,
        )
        for maker in trade.maker_orders
    )
    return (taker, *makers)


def order_report(source: wire.Object) -> OrderReport:
    """Raises wire.MisfitError."""
    status_text = wire.text(source, "status", default="")
    return OrderReport(
        kind=_kind(source),
        venue_order_id=wire.venue_order_id(source, "id"),
        condition_id=wire.condition_id(source, "market"),
        token_id=wire.token_id(source, "asset_id"),
        side=wire.side(source),
        status=order_status(status_text),
        status_text=status_text,
        original_size_micros=wire.amount(source, "original_size"),
        matched_size_micros=_matched_size(source, status_text),
        price_micros=wire.price(source, "price"),
        order_type=wire.note(source, "order_type"),
        created_at_ms=wire.time_note_ms(source, "created_at"),
        expires_at_ms=wire.time_note_ms(source, "expiration"),
        at_ms=wire.time_note_ms(source, "timestamp"),
        outcome=wire.note(source, "outcome"),
        owner=wire.note(source, "owner"),
        maker_address=wire.note(source, "maker_address").lower(),
        associate_trades=_trade_ids(source, "associate_trades"),
    )


def trade_report(source: wire.Object) -> TradeReport:
    """Raises wire.MisfitError."""
    status_text = wire.text(source, "status", default="")
    token_id = wire.token_id(source, "asset_id")
    side = wire.side(source)
    makers, unread = _makers(source, token_id, side)
    return TradeReport(
        venue_trade_id=_trade_id(wire.text(source, "id")),
        taker_order_id=wire.venue_order_id(source, "taker_order_id"),
        condition_id=wire.condition_id(source, "market"),
        token_id=token_id,
        side=side,
        size_micros=wire.above_0(wire.amount(source, "size"), "size"),
        price_micros=wire.above_0(wire.price(source, "price"), "price"),
        status=trade_status(status_text),
        status_text=status_text,
        trader_side=_role(source),
        matched_at_ms=wire.time_note_ms(source, "match_time", "matchtime", "timestamp"),
        updated_at_ms=wire.time_note_ms(source, "last_update"),
        transaction_hash=TransactionHash(wire.note(source, "transaction_hash").lower()),
        outcome=wire.note(source, "outcome"),
        owner=wire.note(source, "owner"),
        maker_address=wire.note(source, "maker_address").lower(),
        maker_orders=makers,
        unread_makers=unread,
        error=wire.note(source, "err_msg"),
    )


def order_status(status_text: str) -> OrderStatus:
    """`ORDER_STATUS_LIVE` and `LIVE` are LIVE; `CANCELED_<anything>` is CANCELED.

    Only the venue's own word for it is EXPIRED.
    """
    word = status_text.upper().removeprefix("ORDER_STATUS_")
    if word == "CANCELED_EXPIRED_ORDER":
        return OrderStatus.EXPIRED
    if word.startswith(("CANCELED", "CANCELLED")):
        return OrderStatus.CANCELED
    return OrderStatus(word) if word in OrderStatus.__members__ else OrderStatus.UNKNOWN


def trade_status(status_text: str) -> TradeStatus:
    word = status_text.upper().removeprefix("TRADE_STATUS_")
    if word == "MATCHED_NOT_BROADCASTED":
        return TradeStatus.MATCHED
    return TradeStatus(word) if word in TradeStatus.__members__ else TradeStatus.UNKNOWN


def _makers(
    source: wire.Object, taker_token: TokenId, taker_side: Side
) -> tuple[tuple[MakerOrder, ...], tuple[VenueOrderId, ...]]:
    makers, unread = list[MakerOrder](), list[VenueOrderId]()
    for maker in wire.a_list(source.get("maker_orders"), "maker_orders"):
        try:
            makers.append(_maker_order(wire.an_object(maker), taker_token, taker_side))
        except wire.MisfitError:
            name = wire.note(maker, "order_id") if isinstance(maker, dict) else ""
            unread.append(VenueOrderId(name.lower()))
    return tuple(makers), tuple(unread)


def _maker_order(source: wire.Object, taker_token: TokenId, taker_side: Side) -> MakerOrder:
    token_id = wire.token_id(source, "asset_id")
    if wire.text(source, "side", default=""):
        side = wire.side(source)
    elif token_id == taker_token:
        side = Side.SELL if taker_side is Side.BUY else Side.BUY
    else:
        side = taker_side  # Two buyers of opposite tokens mint, two sellers merge.
    return MakerOrder(
        venue_order_id=wire.venue_order_id(source, "order_id"),
        token_id=token_id,
        side=side,
        size_micros=wire.above_0(wire.amount(source, "matched_amount"), "matched_amount"),
        price_micros=wire.above_0(wire.price(source, "price"), "price"),
        owner=wire.note(source, "owner"),
        maker_address=wire.note(source, "maker_address").lower(),
    )


def _matched_size(source: wire.Object, status_text: str) -> int | None:
    """The venue leaves it empty for what it killed, of which nothing was matched."""
    told = wire.amount_if_told(source, "size_matched")
    killed = "filled or killed" in status_text or wire.note(source, "order_type") == "FOK"
    canceled = order_status(status_text) is OrderStatus.CANCELED
    return 0 if told is None and killed and canceled else told


def _kind(source: wire.Object) -> ReportKind:
    word = wire.text(source, "type", default="").upper()
    return ReportKind(word) if word in ReportKind.__members__ else ReportKind.SNAPSHOT


def _role(source: wire.Object) -> FillRole:
    is_maker = wire.text(source, "trader_side", default="").upper() == "MAKER"
    return FillRole.MAKER if is_maker else FillRole.TAKER


def _trade_ids(source: wire.Object, name: str) -> tuple[VenueTradeId, ...]:
    listed = source.get(name)
    if not isinstance(listed, list):
        return ()
    return tuple(VenueTradeId(trade) for trade in listed if isinstance(trade, str))


def _trade_id(written: str) -> VenueTradeId:
    if not written:
        raise wire.MisfitError("no trade id")
    return VenueTradeId(written)
