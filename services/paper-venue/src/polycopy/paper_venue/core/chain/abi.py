"""Contract ABI by hand: event topics and the data of a log. Only what our events need: numbers,
addresses, 32-byte values and lists of numbers."""

from collections.abc import Sequence

import msgspec
from eth_hash.auto import keccak

_WORD = 32

Word = int | str
Value = Word | Sequence[int]


class Emitted(msgspec.Struct, frozen=True):
    """What a contract wrote, before it has a place on the chain. Lower-case hex with 0x."""

    address: str
    topics: tuple[str, ...]
    data: str


class Event:
    """An event of a contract, by its signature."""

    def __init__(self, signature: str) -> None:
        self.topic = "0x" + keccak(signature.encode()).hex()

    def by(self, address: str, indexed: tuple[Word, ...], *values: Value) -> Emitted:
        """The log of a contract: the indexed values, and the others in the signature's order."""
        topics = ("0x" + word(value).hex() for value in indexed)
        return Emitted(address, (self.topic, *topics), "0x" + data(*values).hex())


def word(value: Word) -> bytes:
    """A number, an address or 32 bytes as one word. OverflowError where it does not fit."""
    number = int(value, 16) if isinstance(value, str) else value
    return number.to_bytes(_WORD)


def data(*values: Value) -> bytes:
    """The parameters in words; a list stands behind them, and its word says where."""
    heads, tail = b"", b""
    for value in values:
        if isinstance(value, int | str):
            heads += word(value)
        else:
            heads += word(_WORD * len(values) + len(tail))
            tail += word(len(value)) + b"".join(map(word, value))
    return heads + tail
