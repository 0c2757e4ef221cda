"""What a tester writes: numbers in the field's units, as types with their bounds.

Prices are dollars a share, sizes are shares, amounts are dollars: decimals of at most six places.
Times and delays are whole milliseconds where the name says `ms`. The rules are those of
`tables.Reader`; whoever makes such a value in code is trusted.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from polycopy.paper_venue.core.limits import signer_limits
from polycopy.schemas.money import MICROS, decimal_text, micros

TICKS_MICROS = (100, 1_000, 2_500, 5_000, 10_000, 100_000)
TIERS = tuple(tier.name for tier in signer_limits.TIERS)
AMOUNT_MAX = 10**9
MS_MAX = 10**10
"""About 115 days."""
COUNT_MAX = 1_000_000
EXPONENT_MAX = 4
TICKS_MAX = 9_999
"""So many prices are there on the finest tick."""
SECONDS_MAX = 10**10
_HEX = frozenset("0123456789abcdef")
_WALLET = len("0x") + 40

Rule = Callable[[Any], None]
Span = int | tuple[int, int]
"""A duration in milliseconds, or its two bounds."""
Moment = int | datetime
"""A date, or whole seconds after the start of the venue."""


def in_micros(value: Decimal) -> int:
    """The exact integer. ValueError: no number, too large, or more than six decimals."""
    return micros(str(value))


def bounds(span: Span) -> tuple[int, int]:
    """The least and the most milliseconds of a span."""
    return (span, span) if isinstance(span, int) else span


def _an_amount(value: Decimal) -> None:
    if not 0 <= in_micros(value) <= AMOUNT_MAX * MICROS:
        raise ValueError(f"must be from 0 to {AMOUNT_MAX}")


def _a_size(value: Decimal) -> None:
    _an_amount(value)
    if not value:
        raise ValueError("must be more than 0")


def _a_price(value: Decimal) -> None:
    if not 0 < in_micros(value) < MICROS:
        raise ValueError("a price lies between 0 and 1")


def _a_payout(value: Decimal) -> None:
    if not 0 <= in_micros(value) <= MICROS:
        raise ValueError("must be from 0 to 1")


def _a_share(value: Decimal) -> None:
    if not (value.is_finite() and 0 <= value <= 1):
        raise ValueError("a share is from 0 to 1: 0.02 is 2 %")


def _a_tick(value: Decimal) -> None:
    if in_micros(value) not in TICKS_MICROS:
        raise ValueError(f"it is one of {', '.join(map(decimal_text, TICKS_MICROS))}")


def _a_rate(value: Decimal) -> None:
    if not 0 <= in_micros(value) <= MICROS:
        raise ValueError("must be from 0 to 1: 0.07 is the rate of crypto markets")


def _a_span(value: Span) -> None:
    least, most = bounds(value)
    if not 0 <= least <= most <= MS_MAX:
        raise ValueError(f"must be from 0 to {MS_MAX} ms, the smaller bound first")


def _a_moment(value: Moment) -> None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a date with time needs its offset: 2026-12-01T18:00:00Z")
    elif not 0 <= value <= SECONDS_MAX:
        raise ValueError(f"must be from 0 to {SECONDS_MAX} seconds after the start")


def is_wallet(value: str) -> bool:
    text = value.lower()
    return len(text) == _WALLET and text.startswith("0x") and _HEX.issuperset(text[2:])


def _a_wallet(value: str) -> None:
    if not is_wallet(value):
        raise ValueError("not a wallet: 0x and 40 hex digits")


def _levels(value: tuple[tuple[Decimal, Decimal], ...]) -> None:
    """All that is wrong with a side of a book, in one complaint."""
    wrong = []
    for number, (price, size) in enumerate(value, start=1):
        for rule, one in ((_a_price, price), (_a_size, size)):
            try:
                rule(one)
            except ValueError as error:
                wrong.append(f"level {number}: {error}")
    counts = Counter(price for price, _ in value)
    wrong += [f"price {price} is there twice" for price, count in counts.items() if count > 1]
    if wrong:
        raise ValueError(", ".join(wrong))


def one_of(*words: str) -> Rule:
    """The text is one of these words."""

    def rule(value: str) -> None:
        if value not in words:
            raise ValueError(f"it is one of {', '.join(words)}")

    return rule


Amount = Annotated[Decimal, _an_amount]
"""Dollars or shares, 0 too."""
Size = Annotated[Decimal, _a_size]
"""Shares or dollars, more than 0."""
Price = Annotated[Decimal, _a_price]
Payout = Annotated[Decimal, _a_payout]
Share = Annotated[Decimal, _a_share]
Tick = Annotated[Decimal, _a_tick]
FeeRate = Annotated[Decimal, _a_rate]
Levels = Annotated[tuple[tuple[Decimal, Decimal], ...], _levels]
"""`[price, size]` of one side of a book, in any order."""
Ms = Annotated[int, msgspec.Meta(ge=0, le=MS_MAX)]
SpanMs = Annotated[Span, _a_span]
When = Annotated[Moment, _a_moment]
Count = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=COUNT_MAX)]
Exponent = Annotated[int, msgspec.Meta(ge=0, le=EXPONENT_MAX)]
"""Of the fee curve: a fee costs time by its square."""
Ticks = Annotated[int, msgspec.Meta(ge=1, le=TICKS_MAX)]
Outcome = Annotated[int, msgspec.Meta(ge=0, le=1)]
Address = Annotated[str, _a_wallet]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Tier = Annotated[str, one_of(*TIERS)]
