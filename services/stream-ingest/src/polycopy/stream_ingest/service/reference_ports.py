"""What the reference data wants from the venue and from the log."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

from polycopy.polymarket.clob import ClobMarket
from polycopy.polymarket.gamma_market import GammaMarket
from polycopy.polymarket.market_of_token import MarketOfToken
from polycopy.polymarket.resolutions import Resolution
from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.stream_ingest.core.trader_record import Rows


class ReferenceSource(Protocol):
    """The venue's public answers. Everything may wait for its turn, and raises Transient where no
    answer comes that can be read. What the venue does not know is missing, or None."""

    async def market_of_token(self, token_id: TokenId) -> MarketOfToken | None: ...

    async def gamma_markets(
        self, conditions: Sequence[ConditionId], *, closed_first: bool = False
    ) -> Mapping[ConditionId, GammaMarket]:
        """At most `GAMMA_MAX` markets. Open and closed ones are asked for one after the other."""

    async def clob_market(self, condition_id: ConditionId) -> ClobMarket | None: ...

    async def resolutions(
        self, conditions: Sequence[ConditionId]
    ) -> Mapping[ConditionId, Resolution]:
        """At most `CONDITIONS_MAX` markets."""

    async def trader_rows(self, wallet: Wallet) -> Rows: ...


class ReferenceLog(Protocol):
    """The parts of `polycopy.runtime.log` that are used here."""

    async def append(self, new: Draft, *, expected: int | None = None) -> int: ...

    def read_batches(
        self,
        filters: Sequence[str],
        *,
        after: int = 0,
        until: int | None = None,
        size_max: int = 500,
    ) -> AsyncGenerator[list[Recorded], None]: ...

    def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]: ...

    async def at(self, sequence: int) -> Recorded | None: ...

    async def end(self) -> int: ...


Learned = Callable[[TokenId, ConditionId], None]
"""Called whenever a token's market becomes known. Costs no I/O and raises nothing."""
