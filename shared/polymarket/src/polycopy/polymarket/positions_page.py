"""What a wallet holds and held, as the Data API lists it in both versions, and its trades.

Version 2: `/v2/positions?status=CLOSED` (gone) and `OPEN` (held; what is `redeemable` is held and
over), `/v2/activity?type=TRADE`. Version 1: `/closed-positions`, `/positions`, `/activity`. Gains
and costs are without fees in both: version 2 tells fees beside, version 1 not at all.
"""

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.data_page import DataPage, read_page
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash
from polycopy.schemas.money import MICROS, Side

_DOLLARS_MAX_MICROS = 10**14
"""A hundred million pUSD in one position: more is nobody's, and sums of it would not fit."""


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome's shares. `cost_micros` is what all that was ever bought of it cost,
    `gain_micros` what it brought beyond that so far, with what is left at today's price.

    Where shares were bought again after some were sold, the API has no average price of them all:
    that of those which are left stands for it, so `cost_micros` is near then and the gain exact.
    Nothing loses more than it cost, whatever was rounded.
    `over`: nothing of it is left to be decided. `last_event_ms`: the last trade, merge or
    redemption; 0 where the version does not say. `ends_at_ms`: the market's planned day.
    """

    token_id: TokenId
    condition_id: ConditionId
    bought_micros: int
    entry_price_micros: int
    cost_micros: int
    gain_micros: int
    over: bool
    held: bool
    last_event_ms: int = 0
    ends_at_ms: int = 0
    name: str = ""


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fill. Rows of one (transaction, token, side) are one trade."""

    transaction_hash: TransactionHash
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    size_micros: int
    notional_micros: int
    traded_at_ms: int
    name: str = ""


def parse_held(body: bytes) -> DataPage[PositionRow] | Unreadable:
    """`/v2/positions?status=OPEN` or `/positions`."""
    return read_page(body, lambda source: _position(source, held=True))


def parse_closed(body: bytes) -> DataPage[PositionRow] | Unreadable:
    """`/v2/positions?status=CLOSED` or `/closed-positions`."""
    return read_page(body, lambda source: _position(source, held=False))


def parse_trades(body: bytes) -> DataPage[TradeRow] | Unreadable:
    """`/v2/activity?type=TRADE` or `/activity?type=TRADE`."""
    return read_page(body, _trade)


def _position(source: wire.Object, *, held: bool) -> PositionRow:
    bought = wire.amount(source, "total_size", "totalBought")
    price = wire.price(source, "avg_price", "avgPrice")
    left = _signed(source, "unrealized_pnl", "cashPnl") if held else 0
    gain = _signed(source, "realized_pnl", "realizedPnl") + left
    cost = max(_cost(source, bought, price) if held else bought * price // MICROS, -gain)
    if max(cost, abs(gain)) > _DOLLARS_MAX_MICROS:
        raise wire.MisfitError(f"a position of {cost} micros that gained {gain}")
    return PositionRow(
        token_id=wire.token_id(source, "token_id", "asset"),
        condition_id=wire.condition_id(source, "condition_id", "conditionId"),
        bought_micros=bought,
        entry_price_micros=price,
        cost_micros=cost,
        gain_micros=gain,
        over=not held or wire.flag(source, "redeemable"),
        held=held,
        last_event_ms=wire.time_note_ms(source, "last_event_at", "timestamp"),
        ends_at_ms=wire.time_note_ms(source, "end_date", "endDate"),
        name=wire.note(source, "name"),
    )


def _cost(source: wire.Object, bought: int, price: int) -> int:
    """From what those shares cost that are left: it has more digits than their average price."""
    size = wire.amount(source, "current_size", "size")
    if not size:
        return bought * price // MICROS
    return bought * wire.amount(source, "entry_cost_usdc", "initialValue") // size


def _trade(source: wire.Object) -> TradeRow:
    size = wire.amount(source, "size")
    notional = wire.amount(source, "usdc_size", "usdcSize", default=-1)
    if notional < 0:
        notional = size * wire.price(source, "price") // MICROS
    if notional > _DOLLARS_MAX_MICROS:
        raise wire.MisfitError(f"a trade of {notional} micros")
    return TradeRow(
        transaction_hash=wire.transaction_hash(source, "transaction_hash", "transactionHash"),
        token_id=wire.token_id(source, "token_id", "asset"),
        condition_id=wire.condition_id(source, "condition_id", "conditionId"),
        side=wire.side(source),
        size_micros=size,
        notional_micros=notional,
        traded_at_ms=wire.time_ms(source, "timestamp"),
        name=wire.note(source, "name"),
    )


def _signed(source: wire.Object, *names: str) -> int:
    """A decimal number, which may be below 0, in micros."""
    written = wire.text(source, *names)
    size = wire.amount({names[0]: written.removeprefix("-")}, names[0])
    return -size if written.startswith("-") else size
