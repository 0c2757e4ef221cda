"""Whom the operator means: a wallet by its address, or a trader by his name."""

import msgspec

from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.subjects import token

_DIGITS = 40
_HEX = frozenset("0123456789abcdef")
_HARDLY_A_NAME = 30
"""Who begins with 0x and goes on so long means a wallet."""
_NAME_LETTERS_MAX = 64
_POOL_LETTERS_MAX = 64
CATEGORIES = (
    *("overall", "politics", "sports", "crypto", "culture", "mentions", "weather", "economics"),
    *("tech", "finance", "combos", "esports"),
)
"""Of both versions of the venue's leaderboards."""


class ByName(msgspec.Struct, frozen=True):
    """A trader's name at the venue, on one line."""

    name: str


def meant(text: str) -> Wallet | ByName:
    """ValueError says what is wrong with it. A trader may be called 0xBob; who writes nothing but
    hex digits after 0x means a wallet."""
    lower = text.strip().lower()
    if lower.startswith("0x"):
        rest = lower.removeprefix("0x")
        is_hex = set(rest) <= _HEX
        if is_hex and len(rest) == _DIGITS and set(rest) != {"0"}:
            return Wallet(lower)
        if is_hex and len(rest) == _DIGITS:
            raise ValueError("not a wallet: nobody has the address of zeros")
        if is_hex:
            raise ValueError(f"not a wallet: 0x and {_DIGITS} hex digits, not {len(rest)}")
        if len(rest) >= _HARDLY_A_NAME:
            raise ValueError(f"not a wallet: 0x and {_DIGITS} hex digits, nothing else")
    if set(lower) <= _HEX and len(lower) == _DIGITS:
        raise ValueError(f"is that a wallet? Then write 0x{lower}")
    return ByName(_name(text))


def pool_named(text: str) -> PoolId:
    """ValueError for what cannot stand in the log."""
    try:
        name = token(text)
    except ValueError as error:
        raise ValueError("no name of a pool: letters, digits, - and _") from error
    if len(name) > _POOL_LETTERS_MAX:
        raise ValueError(f"no name of a pool: {_POOL_LETTERS_MAX} letters at the most")
    return PoolId(name)


def category_named(text: str) -> str:
    """The venue's word, in lower case. ValueError for what is none."""
    word = text.strip().lower()
    if word not in CATEGORIES:
        raise ValueError(f"no category of the venue's: {', '.join(CATEGORIES)}")
    return word


def _name(text: str) -> str:
    words = " ".join(text.split())
    if not words.isprintable() or not any(letter.isalnum() for letter in words):
        raise ValueError("neither a wallet (0x and 40 hex digits) nor a name")
    if len(words) > _NAME_LETTERS_MAX:
        raise ValueError(f"no name: it has more than {_NAME_LETTERS_MAX} letters")
    return words
