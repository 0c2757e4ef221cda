"""Ids as people type them: whole, or by their beginning."""

from collections.abc import Iterable

_BEGINNING_MIN = 4
"""Characters that an id must at least be named by."""


class Ambiguous(Exception):  # noqa: N818 - the word says it
    """Several ids are or may be meant. The text says in one line what to do."""


def completed(names: Iterable[str], wanted: str) -> str:
    """The one of `names` that begins so; `wanted` itself where it is one or nothing has it. Raises
    Ambiguous for a beginning that several have, and for one that is hardly meant."""
    if len(wanted.removeprefix("0x")) < _BEGINNING_MIN:
        raise Ambiguous(
            f"{wanted!r} is too short: give {_BEGINNING_MIN} characters of an id at least"
        )
    starts = (wanted, f"0x{wanted}")
    found = {name for name in names if name.startswith(starts)}
    if wanted in found or not found:
        return wanted
    if len(found) > 1:
        raise Ambiguous(f"{len(found)} ids begin with {wanted}: give more of it")
    return found.pop()
