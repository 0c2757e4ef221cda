"""What JSON documents have in common beside their values: keys, types, the order of keys."""

from collections.abc import Mapping, Sequence
from typing import Any

ABSENT = "absent"
Shape = dict[str, str]
"""Path to JSON type: `bids[].price` → `string`. All items of a list count as one."""


def shape(document: Any, path: str = "") -> Shape:
    """Every path in a document. A null says nothing about its type and is `null`."""
    found: Shape = {path: kind(document)} if path else {}
    if isinstance(document, Mapping):
        for name, value in document.items():
            found.update(shape(value, f"{path}.{name}" if path else name))
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for item in document:
            found.update(shape(item, f"{path}[]"))
    return found


def kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
        case _:
            return "array"


def unlike(ours: Any, recorded: Any) -> dict[str, tuple[str, str]]:
    """Paths at which the two differ: (ours, recorded). Empty where they are alike. A null, and an
    empty list, is like everything of its place."""
    own, theirs = shape(ours), shape(recorded)
    both = {path: (own.get(path, ABSENT), theirs.get(path, ABSENT)) for path in {**own, **theirs}}
    silent = [path for path, kinds in both.items() if "null" in kinds]
    silent += [path for path, kinds in both.items() if path.endswith("[]") and ABSENT in kinds]
    return {
        path: kinds
        for path, kinds in both.items()
        if kinds[0] != kinds[1] and not any(_within(path, place) for place in silent)
    }


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def in_order(ours: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    """Whether the keys that both have follow each other alike."""
    return [key for key in ours if key in recorded] == [key for key in recorded if key in ours]
