"""The newest of many entries, each with its number for good, so that a reader can go on."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Numbers begin with 0. Beyond `most` entries the oldest go first, and their numbers with
    them."""

    def __init__(self, most: int) -> None:
        self._entries: deque[T] = deque(maxlen=most)
        self.total = 0

    def append(self, entry: T) -> None:
        self._entries.append(entry)
        self.total += 1

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first(self) -> int:
        """The number of the oldest that is still there."""
        return self.total - len(self._entries)

    def since(self, number: int, limit: int) -> list[T]:
        """Up to `limit` entries from that number on; those that are gone are left out."""
        start = max(number - self.first, 0)
        return list(islice(self._entries, start, start + limit))
