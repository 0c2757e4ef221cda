"""What leaders do, as a script that is read one transaction at a time."""

from typing import Protocol

import msgspec

from polycopy.paper_venue.core.engine.market import Ladder, Market
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import Side


class Chance(Protocol):
    """The part of `random.Random` that is used here; the seed is the caller's."""

    def random(self) -> float: ...

    def randrange(self, start: int, /) -> int: ...


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the activity feed: one wallet's part in a transaction."""

    wallet: Wallet
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    size_micros: int
    price_micros: int
    index: int = 0


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one transaction, the taker's first, as the venue sends them. `ladder` is the market's
    book after it, in the primary token's terms."""

    transaction_hash: str
    condition_id: ConditionId
    ladder: Ladder
    rows: tuple[Row, ...]


class Script(Protocol):
    """The whole evening. `opening` has a book for every market before anything happens."""

    @property
    def markets(self) -> tuple[Market, ...]: ...

    @property
    def opening(self) -> dict[ConditionId, Ladder]: ...

    @property
    def wallets(self) -> tuple[Wallet, ...]: ...

    @property
    def total(self) -> int: ...

    @property
    def source_note(self) -> str: ...

    def transaction(self, index: int) -> Transaction: ...


class Recording(Protocol):
    """Ladders of markets along time. A moment is a number below `moments`."""

    @property
    def markets(self) -> tuple[Market, ...]: ...

    @property
    def moments(self) -> int: ...

    @property
    def source_note(self) -> str: ...

    def condition(self, moment: int) -> ConditionId: ...

    def ladder(self, moment: int) -> Ladder: ...
