"""Tables that forget what was put longest ago. Plain dicts, which need half the memory of ordered
ones; so that each eviction costs O(1) over time, a tenth of a full table goes at once."""

from itertools import islice
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def put(table: dict[Key, Value], key: Key, value: Value, at_most: int) -> list[Key]:
    """`key` is the newest from now on. Returns the keys that made room."""
    table.pop(key, None)
    table[key] = value
    if len(table) <= at_most:
        return []
    gone = list(islice(table, max(at_most // 10, 1)))
    for each in gone:
        del table[each]
    return gone
