"""What is shown: text for people, values for programs. How it is drawn is the terminal's matter."""

import msgspec


class Column(msgspec.Struct, frozen=True):
    """`right`: figures, aligned at their last digit."""

    title: str
    right: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Every row has one text for each column."""

    title: str = ""
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing yet"
    """What to say where there are no rows."""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A line with what follows from it."""

    label: str
    branches: tuple["Branch", ...] = ()


Page = Table | Branch | str
