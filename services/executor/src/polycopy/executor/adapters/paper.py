"""A venue on paper: an order takes the book that it was decided on, at once, with the taker's fee.

What it fills is a function of the request alone, and the request is in the log with the levels it
was decided on. So after a crash the same order fills the same way, and nothing has to be kept.
"""

from collections.abc import Mapping, Sequence

from polycopy.executor.core.answers import Placed
from polycopy.executor.ports import MayLeave, always
from polycopy.polymarket.cancel_answer import CancelAnswer
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import (
    ConditionId,
    TokenId,
    VenueOrderId,
    VenueTradeId,
    derive,
)
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import CancelVerdict, FillRole, VenueAccount
from polycopy.trading.account_reports import SeenFill
from polycopy.trading.approval import ApprovedOrder
from polycopy.trading.fees import taker_fee_micros


class PaperVenue:
    """A market order (FAK) for as much as the levels within its limit hold. `host`: whose books
    they are."""

    def __init__(self, *, host: str) -> None:
        self.account = VenueAccount(venue=VenueName.PAPER, host=host)

    async def warm(self, condition_id: ConditionId, token_id: TokenId) -> None:
        """Nothing to read."""

    async def prepare(self, order: ApprovedOrder) -> tuple[VenueOrderId, str]:
        return VenueOrderId(f"0x{derive('paper', order.order_id)}{'0' * 32}"), ""

    async def send(self, request: OrderRequested, may_leave: MayLeave = always) -> Placed:
        """A paper order leaves nothing and nobody: it is filled where it stands."""
        del may_leave
        return await self.find(request)

    async def find(self, request: OrderRequested) -> Placed:
        fills = fill(request)
        return Placed(status="matched" if fills else "unmatched", fills=fills, done=True)

    async def cancel(self, orders: Sequence[VenueOrderId]) -> Mapping[VenueOrderId, CancelAnswer]:
        nothing_rests = CancelAnswer(verdict=CancelVerdict.NOT_FOUND, answer="nothing rests here")
        return dict.fromkeys(orders, nothing_rests)

    async def refresh_balance(self, token_id: TokenId | None) -> None:
        """Nothing is set aside."""


def fill(request: OrderRequested) -> tuple[SeenFill, ...]:
    """One fill for each level taken, best first, until the order or the limit is reached."""
    fills: list[SeenFill] = []
    left = request.notional_micros if request.side is Side.BUY else request.size_micros
    for level in request.evidence.levels:
        size, notional = _take(request, left, level.price_micros, level.size_micros)
        if size <= 0 or not _within(request, level.price_micros):
            break
        left -= notional if request.side is Side.BUY else size
        fills.append(_seen(request, len(fills), size, level.price_micros, notional))
    return tuple(fills)


def _take(
    request: OrderRequested, left: int, price_micros: int, size_micros: int
) -> tuple[int, int]:
    """(shares, pUSD) of a level; what a BUY pays is rounded up, what a SELL gets down."""
    if request.side is Side.SELL:
        size = min(left, size_micros)
        return size, size * price_micros // MICROS
    size = min(left * MICROS // price_micros, size_micros)
    return size, -(-size * price_micros // MICROS)


def _within(request: OrderRequested, price_micros: int) -> bool:
    if request.side is Side.BUY:
        return price_micros <= request.limit_price_micros
    return price_micros >= request.limit_price_micros


def _seen(
    request: OrderRequested, number: int, size: int, price_micros: int, notional: int
) -> SeenFill:
    return SeenFill(
        venue_trade_id=VenueTradeId(derive("paper-trade", request.order_id, str(number))),
        venue_order_id=request.venue_order_id,
        size_micros=size,
        price_micros=price_micros,
        notional_micros=notional,
        fee_micros=taker_fee_micros(size, price_micros, request.fee),
        role=FillRole.TAKER,
        source="paper",
        matched_at_ms=request.requested_at_ms,
    )
