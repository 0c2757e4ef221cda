"""How large a copy is."""

from typing import assert_never

from polycopy.schemas.control import FixedSizing, ProportionalSizing, Sizing
from polycopy.schemas.money import MICROS

CAPPED_BY_MAXIMUM = "order_notional_max"


def copy_notional(
    sizing: Sizing, leader_notional_micros: int, notional_min_micros: int, notional_max_micros: int
) -> tuple[int, str]:
    """pUSD micros to copy with, and the limit that made it smaller ("" for none).

    Below the minimum it is (0, ""): a copy that is too small is left out, never rounded up.
    """
    match sizing:
        case FixedSizing():
            notional = sizing.notional_micros
        case ProportionalSizing():
            notional = leader_notional_micros * sizing.ratio_ppm // MICROS
        case _:
            assert_never(sizing)
    if notional < notional_min_micros:
        return 0, ""
    if notional > notional_max_micros:
        return notional_max_micros, CAPPED_BY_MAXIMUM
    return notional, ""
