"""What a taker pays: shares × rate × (p(1−p))^exponent, in pUSD. Makers pay nothing.

Source: the venue's fee page and `fd` of `/clob-markets`. The fee of a fill is the venue's word;
these figures are for paper fills and for what must be set aside.
"""

from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import FeeCurve
from polycopy.trading.ticks import FINEST_TICK_MICROS

_CUT_MICROS = 10
"""The venue keeps five decimals; less than 0.00001 is nothing."""


def taker_fee_micros(size_micros: int, price_micros: int, curve: FeeCurve) -> int:
    """The fee of one match, cut to five decimals."""
    spread: int = (price_micros * (MICROS - price_micros)) ** curve.exponent
    scale: int = MICROS * MICROS ** (2 * curve.exponent)
    return size_micros * curve.rate_ppm * spread // (scale * _CUT_MICROS) * _CUT_MICROS


def highest_fee_micros(notional_micros: int, limit_price_micros: int, curve: FeeCurve) -> int:
    """No way of spending `notional_micros` at `limit_price_micros` or less costs more in fees."""
    rate, scale = _highest_rate(limit_price_micros, curve)
    return -(-notional_micros * rate // scale)


def affordable_notional_micros(free_micros: int, limit_price_micros: int, curve: FeeCurve) -> int:
    """The largest notional that `free_micros` pays for together with its highest fee."""
    rate, scale = _highest_rate(limit_price_micros, curve)
    return max(0, free_micros) * scale // (scale + rate)


def _highest_rate(limit_price_micros: int, curve: FeeCurve) -> tuple[int, int]:
    """The highest fee on a dollar at any price up to the limit, as numerator and denominator.

    A dollar buys 1/p shares, so its fee is  rate × (1−p) × (p(1−p))^(exponent−1).  The first factor
    is at most 1 (a better price than the limit may be dearer in fees), the second grows up to 1/2.
    """
    if curve.exponent == 0:
        return curve.rate_ppm, FINEST_TICK_MICROS  # rate / p, and no price is lower than this.
    price = min(limit_price_micros, MICROS // 2)
    steps = curve.exponent - 1
    return curve.rate_ppm * (price * (MICROS - price)) ** steps, MICROS * MICROS ** (2 * steps)
