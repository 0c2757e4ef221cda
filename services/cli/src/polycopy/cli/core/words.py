"""Figures and moments as people read them."""

from datetime import UTC, datetime, timedelta

from polycopy.schemas.money import MICROS, decimal_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_800_000
_SHORT = 12
_HANDLE = 10


def money(value_micros: int) -> str:
    """`$1.5`, `-$0.25`."""
    sign = "-" if value_micros < 0 else ""
    return f"{sign}${decimal_text(abs(value_micros))}"


def cents(value_micros: int) -> str:
    """`$1.50`: for columns; halves go to the even cent."""
    hundredths = round(value_micros * 100 / MICROS)
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{sign}${whole:,}.{rest:02d}"


def shares(size_micros: int) -> str:
    """`12.5 shares`."""
    return f"{decimal_text(size_micros)} shares"


def counted(number: int, noun: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def moment(time_ms: int) -> str:
    """UTC to the millisecond; the number itself where no calendar reaches."""
    if not 0 <= time_ms < _LAST_MS:
        return f"{time_ms} ms"
    when = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{when:%Y-%m-%d %H:%M:%S}.{time_ms % 1000:03d}Z"


def handle(identifier: str) -> str:
    """The beginning of an id, which every command that takes the id takes as well."""
    return identifier[:_HANDLE]


def plain(text: str) -> str:
    """A stranger's text on one line: what would move a cursor, start a line, or turn the direction
    of writing is shown by its number."""
    return "".join(
        f"\\u{ord(letter):04x}" if not letter.isprintable() else letter for letter in text
    )


def short(identifier: str) -> str:
    """Enough of a long id to tell it from the others on a page."""
    if len(identifier) <= _SHORT:
        return identifier
    return f"{identifier[: _SHORT - 5]}…{identifier[-4:]}"
