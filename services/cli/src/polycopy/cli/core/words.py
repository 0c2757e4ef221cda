"""Figures and names as people read them."""

import shlex
from collections.abc import Iterable

from polycopy.schemas.money import MICROS, decimal_text

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


def market(outcome: str, title: str, token_id: str) -> str:
    """What a token is called: `Yes · Will it rain?`, or its number where nobody said."""
    return plain(" · ".join(filter(None, (outcome, title)))) or f"token {short(token_id)}"


def shares(size_micros: int) -> str:
    """`12.5 shares`."""
    return f"{decimal_text(size_micros)} shares"


def filled_of(filled_micros: int, asked_micros: int, *, pusd: bool) -> str:
    """`12.5 of 20 filled`, in shares, or `$3.00 of $5.00 filled`."""
    figure = cents if pusd else decimal_text
    return f"{figure(filled_micros)} of {figure(asked_micros)} filled"


def command(words: str, stack: str = "") -> str:
    """What to type, where `stack` is the folder that the operator named with --stack."""
    return f"polycopy {words}{f' --stack {shlex.quote(stack)}' if stack else ''}"


def there_are(names: Iterable[str]) -> str:
    """What exists, for whoever named something that does not."""
    known = sorted(names)
    return f"there are {', '.join(known)}" if known else "there is none yet"


def counted(number: int, noun: str) -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


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
