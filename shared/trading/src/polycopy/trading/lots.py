"""What an account holds, by the BUY that it came from.

A lot is the shares of one BUY order: one leader trade, one strategy. A SELL is allotted its lots
when it is requested: first those of the leader whose exit it copies, then those of its own
strategy, then the rest, the oldest first. So what an order does to the lots is a function of its
own fills, and the account is a sum over its orders: in whatever order the venue's messages come,
and whatever is taken back, the same fills leave the same lots, costs and profits.

  lot size == bought − sold − settled        realised == got + paid out − (paid − cost)
"""

from collections.abc import Iterable

import msgspec
from immutables import Map

from polycopy.schemas.ids import ConditionId, EventId, OrderId, StrategyId, TokenId, Wallet
from polycopy.schemas.markets import Payout
from polycopy.schemas.money import MICROS, Side
from polycopy.trading.order_life import UNLOCKED
from polycopy.trading.order_state import Allotment, Order


class Lot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The shares of one BUY. Below zero only where the venue took back shares that were sold since,
    or matched more of a SELL than was asked: such a lot has no cost, all it got is realised."""

    lot_id: OrderId
    token_id: TokenId
    condition_id: ConditionId
    strategy_id: StrategyId
    trade_id: EventId
    leader: Wallet
    number: int
    bought_size_micros: int = 0
    paid_micros: int = 0
    sold_size_micros: int = 0
    got_micros: int = 0
    settled_size_micros: int = 0
    paid_out_micros: int = 0
    locked_size_micros: int = 0
    """Allotted to open SELLs and not sold yet."""

    @property
    def size_micros(self) -> int:
        return self.bought_size_micros - self.sold_size_micros - self.settled_size_micros

    @property
    def cost_micros(self) -> int:
        """What was paid for the shares that are left. What a sale costs is rounded down, so a
        rounded-off micro stays with the rest."""
        size = self.size_micros
        if size <= 0 or not self.bought_size_micros:
            return 0
        gone = self.bought_size_micros - size
        return self.paid_micros - self.paid_micros * gone // self.bought_size_micros

    @property
    def realised_micros(self) -> int:
        return self.got_micros + self.paid_out_micros - self.paid_micros + self.cost_micros

    @property
    def untouched(self) -> bool:
        """Whether nothing ever happened to it, or all of it was taken back."""
        return not (
            self.bought_size_micros
            or self.sold_size_micros
            or self.settled_size_micros
            or self.locked_size_micros
        )

    @property
    def closed(self) -> bool:
        return not self.size_micros and not self.locked_size_micros


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Shares of one token: the sum of its lots. `open_lots`: those that hold or lock something."""

    token_id: TokenId
    condition_id: ConditionId
    size_micros: int = 0
    cost_micros: int = 0
    locked_size_micros: int = 0
    open_lots: Map[OrderId, None] = Map()

    @property
    def available_size_micros(self) -> int:
        """What a new SELL may sell."""
        return max(0, self.size_micros - self.locked_size_micros)


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one order has done to one lot."""

    bought_size_micros: int = 0
    paid_micros: int = 0
    sold_size_micros: int = 0
    got_micros: int = 0
    locked_size_micros: int = 0


NO_PART = Part()


def allot(order: Order, lots: Iterable[Lot]) -> tuple[Allotment, ...]:
    """Which of the lots a new SELL sells. What none of them has is its own affair: a lot without
    shares, named after the order."""
    chosen: list[Allotment] = []
    left = order.size_micros
    for lot in sorted(lots, key=lambda lot: _rank(order, lot)):
        size = min(left, lot.size_micros - lot.locked_size_micros)
        if size > 0:
            chosen.append(Allotment(lot_id=lot.lot_id, size_micros=size))
            left -= size
    if left > 0:
        chosen.append(Allotment(lot_id=order.order_id, size_micros=left))
    return tuple(chosen)


def parts(order: Order) -> dict[OrderId, Part]:
    """What the order has done to each lot, from its fills that count and from nothing else."""
    if order.side is Side.BUY:
        bought = Part(
            bought_size_micros=order.filled_size_micros, paid_micros=order.filled_notional_micros
        )
        return {order.order_id: bought} if order.filled_size_micros else {}
    return _sold(order)


def _sold(order: Order) -> dict[OrderId, Part]:
    """Its allotments one after the other; the last takes what is sold beyond them."""
    found: dict[OrderId, Part] = {}
    sold = got = 0
    for place, allotment in enumerate(order.allotments, start=1):
        left = order.filled_size_micros - sold
        size = left if place == len(order.allotments) else min(left, allotment.size_micros)
        sold += size
        so_far = order.filled_notional_micros * sold // max(1, order.filled_size_micros)
        rest = 0 if order.state in UNLOCKED else max(0, allotment.size_micros - size)
        found[allotment.lot_id] = Part(
            sold_size_micros=size, got_micros=so_far - got, locked_size_micros=rest
        )
        got = so_far
    return found


def changed(lot: Lot, before: Part, after: Part) -> Lot:
    """The lot with one order's part in it as it now is."""
    return msgspec.structs.replace(
        lot,
        bought_size_micros=lot.bought_size_micros
        + after.bought_size_micros
        - before.bought_size_micros,
        paid_micros=lot.paid_micros + after.paid_micros - before.paid_micros,
        sold_size_micros=lot.sold_size_micros + after.sold_size_micros - before.sold_size_micros,
        got_micros=lot.got_micros + after.got_micros - before.got_micros,
        locked_size_micros=lot.locked_size_micros
        + after.locked_size_micros
        - before.locked_size_micros,
    )


def settled(lot: Lot, payout_micros: int) -> Lot:
    """The lot after its market paid for all of it."""
    return msgspec.structs.replace(
        lot,
        settled_size_micros=lot.settled_size_micros + lot.size_micros,
        paid_out_micros=lot.paid_out_micros + payout_micros,
    )


def new_lot(order: Order) -> Lot:
    """Nothing yet, named after the order."""
    return Lot(
        lot_id=order.order_id,
        token_id=order.token_id,
        condition_id=order.condition_id,
        strategy_id=order.strategy_id,
        trade_id=order.trade_id,
        leader=order.leader,
        number=order.number,
    )


def with_lot(held: Position, before: Lot | None, after: Lot) -> Position:
    """The position with a lot as it now is."""
    size, cost, locked = (0, 0, 0)
    if before is not None:
        size, cost = before.size_micros, before.cost_micros
        locked = before.locked_size_micros
    open_lots = held.open_lots
    if not after.closed:
        open_lots = open_lots if after.lot_id in open_lots else open_lots.set(after.lot_id, None)
    elif after.lot_id in open_lots:
        open_lots = open_lots.delete(after.lot_id)
    return msgspec.structs.replace(
        held,
        size_micros=held.size_micros + after.size_micros - size,
        cost_micros=held.cost_micros + after.cost_micros - cost,
        locked_size_micros=held.locked_size_micros + after.locked_size_micros - locked,
        open_lots=open_lots,
    )


def payout_micros(held: Position, payout: Payout) -> int:
    """What the position pays when its market is resolved; owed where it is negative."""
    return held.size_micros * payout.price_micros // MICROS


def _rank(order: Order, lot: Lot) -> tuple[bool, bool, int, OrderId]:
    return (
        not order.leader or lot.leader != order.leader,
        lot.strategy_id != order.strategy_id,
        lot.number,
        lot.lot_id,
    )
