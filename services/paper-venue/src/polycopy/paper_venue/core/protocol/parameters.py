"""The query of a GET request: whole numbers, amounts, lists, and the API's own words for the rest.

Everything in it comes from a stranger: what does not read is a `BadParameterError`, which the API
that asked turns into its own answer.
"""

import re
from collections.abc import Callable

from polycopy.paper_venue.core.protocol.messages import Request
from polycopy.schemas.money import Rounding, micros

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,40})?")
_HUMP = re.compile(r"(?<=[a-z0-9])[A-Z]")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
INT64_MAX = 2**63 - 1


class BadParameterError(Exception):
    """`text` is what the API says; `parameter` the name that it blames, where it names one."""

    def __init__(self, parameter: str, text: str) -> None:
        super().__init__(text)
        self.parameter = parameter
        self.text = text


class Parameters:
    """The query by name. `words`: the API's text for a value that does not read, by its name.

    With `snake` both spellings of a name are one: `takerOnly` and `taker_only`.
    """

    def __init__(
        self, request: Request, *, words: Callable[[str], str], snake: bool = False
    ) -> None:
        self._words = words
        self._values: dict[str, list[str]] = {}
        for name, value in request.pairs or request.query.items():
            key = snake_case(name) if snake else name
            self._values.setdefault(key, []).append(clean(value))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, *names: str, default: str = "") -> str:
        """The first value of the first of the names that is there."""
        for name in names:
            if name in self._values:
                return self._values[name][0]
        return default

    def texts(self, *names: str) -> list[str]:
        """All values of all the names: repeated, or in one with commas; no empty ones."""
        given = [value for name in names for value in self._values.get(name, [])]
        return [part for value in given for part in value.split(",") if part]

    def whole(
        self, *names: str, default: int, least: int = -INT64_MAX, most: int = INT64_MAX
    ) -> int:
        """A whole number within bounds; an empty value counts as none."""
        text = self.text(*names)
        if not text:
            return default
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise self.bad(names[0])
        return int(text)

    def amount_micros(self, *names: str, default: int) -> int:
        """A decimal that is not negative."""
        text = self.text(*names)
        if not text:
            return default
        if not _AMOUNT.fullmatch(text):
            raise self.bad(names[0])
        try:
            return micros(text, Rounding.DOWN)
        except ValueError as error:
            raise self.bad(names[0]) from error

    def flag(self, *names: str) -> bool | None:
        """None where it was not said."""
        text = self.text(*names).lower()
        if not text:
            return None
        if text not in _FLAGS:
            raise self.bad(names[0])
        return _FLAGS[text]

    def one_of(self, name: str, known: tuple[str, ...], words: str) -> str:
        """One of the API's words in its own case; empty where it was not said."""
        text = self.text(name)
        if text and text not in known:
            raise BadParameterError(name, words)
        return text

    def bad(self, name: str) -> BadParameterError:
        return BadParameterError(name, self._words(name))


def clean(text: str) -> str:
    """Half characters of bytes that were no UTF-8 become `?`: they cannot be written again."""
    return text.encode(errors="replace").decode()


def snake_case(name: str) -> str:
    return _HUMP.sub(lambda hump: "_" + hump.group().lower(), name)
