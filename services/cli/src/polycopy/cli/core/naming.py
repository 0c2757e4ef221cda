"""Ids as people type them: whole, or by their beginning."""

from collections.abc import Iterable

_BEGINNING_MIN = 4
"""Characters that an id must at least be named by."""


class No(Exception):  # noqa: N818 - the word says it
    """The answer is no: nobody has the name, or several have it. `hint` says what to do."""

    def __init__(self, error: str, hint: str = "") -> None:
        super().__init__(": ".join(filter(None, (error, hint))))
        self.error = error
        self.hint = hint


def completed(names: Iterable[str], wanted: str) -> str:
    """The one of `names` that begins so; `wanted` itself where it is one or nothing has it. Raises
    No for a beginning that several have, and for one that is hardly meant."""
    if len(wanted.removeprefix("0x")) < _BEGINNING_MIN:
        error = f"{wanted!r} is too short"
        raise No(error, f"give {_BEGINNING_MIN} characters of an id at least")
    starts = (wanted, f"0x{wanted}")
    found = {name for name in names if name.startswith(starts)}
    if wanted in found or not found:
        return wanted
    if len(found) > 1:
        raise No(f"{len(found)} ids begin with {wanted}", "give more of it")
    return found.pop()
