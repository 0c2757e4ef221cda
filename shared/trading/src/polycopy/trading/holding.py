"""What a fill does to a position, and how it is undone.

Sizes and values are signed: a BUY of s shares for n is (s, n), a SELL (−s, −n). Trading away from
zero adds to the cost. Trading towards zero takes out the average cost and realises the rest. In
every function  cost change == value + realised,  so cash, cost and profit always add up.
"""

import msgspec

from polycopy.schemas.markets import Payout
from polycopy.schemas.money import MICROS
from polycopy.trading.account_state import Position


def traded(held: Position, size_micros: int, value_micros: int) -> tuple[Position, int]:
    """The position after a trade, and the profit it realised.

    A sale costs  cost × size // position size;  a rounded-off micro stays with the rest.
    """
    towards_zero = held.size_micros * size_micros < 0
    closed = min(abs(size_micros), abs(held.size_micros)) if towards_zero else 0
    closed_cost = held.cost_micros * closed // abs(held.size_micros) if closed else 0
    closed_value = value_micros * closed // abs(size_micros)
    after = msgspec.structs.replace(
        held,
        size_micros=held.size_micros + size_micros,
        cost_micros=held.cost_micros - closed_cost + value_micros - closed_value,
    )
    return after, -closed_value - closed_cost


def undone(
    held: Position, size_micros: int, value_micros: int, realised_micros: int
) -> tuple[Position, int]:
    """The position without a trade that it holds, and the change of the realised profit.

    Later sales have used the average cost with this trade in it. What that leaves over, cost
    without shares or of the wrong sign, is profit or loss.
    """
    size = held.size_micros - size_micros
    cost = held.cost_micros - value_micros - realised_micros
    left_over = cost if size == 0 or size * cost < 0 else 0
    after = msgspec.structs.replace(held, size_micros=size, cost_micros=cost - left_over)
    return after, -realised_micros - left_over


def payout_micros(held: Position, payout: Payout) -> int:
    """What the position pays when its market is resolved; owed where it is negative."""
    return held.size_micros * payout.price_micros // MICROS
