"""Throws hidden in a number, and the few things that random events are about."""

from collections.abc import Sequence
from typing import TypeVar

from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    EventId,
    StrategyId,
    TokenId,
    TransactionHash,
    Wallet,
)
from polycopy.schemas.money import Side

ACCOUNTS = (AccountId("main"), AccountId("test"))
START_MS = 1_795_000_000_000
CONDITION = ConditionId("0x" + "d2" * 32)
HASH = TransactionHash("0x" + "c1" * 32)
WALLETS = (Wallet("0x" + "ab" * 20), Wallet("0x" + "cd" * 20))
TRADES = (EventId("0c" * 16), EventId("1c" * 16))
SIGNALS = (EventId("0b" * 16), EventId("1b" * 16))
STRATEGIES = (StrategyId("one"), StrategyId("two"))
TOKENS = (TokenId("71"), TokenId("72"))
_WORDS = ("", "x", "Wird's regnen? {a,b} \\ 🜚")

T = TypeVar("T")


class Dice:
    """Throws hidden in a number; the number 0 throws the first of everything. Times are of the ten
    seconds after `now_ms`."""

    def __init__(self, number: int, now_ms: int = START_MS) -> None:
        self._number = number
        self._now_ms = now_ms

    def number(self, lowest: int, highest: int) -> int:
        self._number, thrown = divmod(self._number, highest - lowest + 1)
        return lowest + thrown

    def one_of(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    @property
    def size(self) -> int:
        return self.number(1, 50_000_000)

    @property
    def price(self) -> int:
        return self.number(10_000, 990_000)

    @property
    def time_ms(self) -> int:
        return self._now_ms + self.number(0, 10_000)

    @property
    def words(self) -> str:
        return self.one_of(_WORDS)

    @property
    def side(self) -> Side:
        return self.one_of(tuple(Side))
