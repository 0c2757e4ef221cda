"""What is shown: text for people, values for programs. How it is drawn is the terminal's matter."""

from enum import StrEnum

import msgspec


class Fit(StrEnum):
    """What happens to the texts of a column where the page is too narrow for all."""

    FOLD = "fold"
    """They go on in the next line."""
    KEEP = "keep"
    """Nothing: the others make room."""
    CUT = "cut"
    """The ends of their later lines are left out, never of the first."""


class Tone(StrEnum):
    """How much a row wants to be seen. Its words must say it as well: a file has no colours."""

    PLAIN = "plain"
    WARN = "warn"
    BAD = "bad"


class Column(msgspec.Struct, frozen=True):
    """`right`: figures, aligned at their last digit and never folded."""

    title: str
    right: bool = False
    fit: Fit = Fit.FOLD


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Every row has one text for each column."""

    title: str = ""
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[Tone, ...] = ()
    """One for each row; none: all are plain."""
    empty: str = "nothing yet"
    """What to say where there are no rows."""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A line with what follows from it."""

    label: str
    branches: tuple["Branch", ...] = ()


Page = Table | Branch | str
