"""Money and sizes are integers of a millionth: pUSD, shares and prices all have six decimals.

`size_micros` shares × 10⁶, `notional_micros` pUSD × 10⁶, `price_micros` pUSD a share × 10⁶.
Text from a wire is parsed as decimal text; a float never passes.
"""

from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum

MICROS = 1_000_000
LIMIT = 10**18
"""No amount is larger: whatever is added to it or taken from it still fits into 64 bits."""
_MAX_TEXT = 64
_EXACT = Context(prec=2 * _MAX_TEXT)  # Enough for every digit that a text may have.


class Side(StrEnum):
    """The venue's words."""

    BUY = "BUY"
    SELL = "SELL"


class Rounding(StrEnum):
    """What to do with digits beyond the sixth."""

    EXACT = "exact"
    DOWN = "down"
    HALF_EVEN = "half-even"


_MODES = {Rounding.DOWN: "ROUND_DOWN", Rounding.HALF_EVEN: "ROUND_HALF_EVEN"}


def micros(text: str, rounding: Rounding = Rounding.EXACT) -> int:
    """Decimal text to micros. ValueError: no finite number, too long, too large, or inexact.

    The venue's own numbers carry noise beyond the sixth decimal (`0.62000007`): callers that read
    them say which rounding they accept.
    """
    if len(text) > _MAX_TEXT:
        raise ValueError(f"a number of {len(text)} characters")
    if "_" in text or not text.isascii():  # Decimal takes both.
        raise ValueError(f"not a number: {text!r}")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {text!r}") from error
    if not number.is_finite():
        raise ValueError(f"not a finite number: {text!r}")
    if number and number.adjusted() > len(str(LIMIT)):
        raise ValueError(f"out of range: {text!r}")
    scaled = _EXACT.multiply(number, MICROS)
    whole = scaled.to_integral_value(rounding=_MODES.get(rounding, "ROUND_DOWN"))
    if rounding is Rounding.EXACT and whole != scaled:
        raise ValueError(f"more than six decimals: {text!r}")
    if abs(whole) > LIMIT:
        raise ValueError(f"out of range: {text!r}")
    return int(whole)


def decimal_text(value_micros: int) -> str:
    """Micros as the shortest decimal text: 1_500_000 → `1.5`."""
    sign = "-" if value_micros < 0 else ""
    whole, fraction = divmod(abs(value_micros), MICROS)
    if fraction == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:06d}".rstrip("0")


def notional_down(size_micros: int, price_micros: int) -> int:
    """Shares × price in pUSD micros, rounded towards zero: what a seller may count on."""
    return size_micros * price_micros // MICROS


def notional_up(size_micros: int, price_micros: int) -> int:
    """Shares × price in pUSD micros, rounded up: what a buyer must be ready to pay."""
    return -(-size_micros * price_micros // MICROS)
