"""The ledger as a chain: transactions in their blocks, and their logs with a place.

Read from the ledger as it grows; logs are made when somebody asks for them.

A block is shown when its two seconds are over, complete. A reader who goes from block to block may
rely on that: no log ever comes into a block that he has read.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from itertools import chain as joined

import msgspec

from polycopy.paper_venue.core.chain import positions, trades
from polycopy.paper_venue.core.chain.abi import Emitted
from polycopy.paper_venue.core.chain.contracts import contracts_of
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger, Movement, Settled, Transfer
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.ids import ConditionId

MarketOf = Callable[[ConditionId], Market]


class Log(msgspec.Struct, frozen=True):
    """A log in its place. `index` counts within the block."""

    emitted: Emitted
    block: int
    transaction_hash: str
    transaction_index: int
    index: int


class Mined(msgspec.Struct, frozen=True):
    """One transaction of a block: what the ledger has under one hash, and its logs."""

    parts: tuple[Settled, ...]
    block: int
    index: int
    logs: tuple[Log, ...]

    @property
    def hash(self) -> str:
        return self.parts[0].transaction_hash


class Chain:
    def __init__(self, ledger: Ledger, market_of: MarketOf) -> None:
        self._ledger = ledger
        self._market_of = market_of
        self._read = 0
        self._numbers: list[int] = []
        self._blocks: dict[int, dict[str, list[Settled]]] = {}
        self._block_of: dict[str, int] = {}
        self._mined: dict[int, tuple[Mined, ...]] = {}

    def tip(self, now_us: int) -> int:
        """The newest block that is shown."""
        return max(now_us // BLOCK_US - 1, 0)

    def shown_at_us(self, block: int) -> int:
        return (block + 1) * BLOCK_US

    def block_of(self, transaction_hash: str) -> int | None:
        self.catch_up()
        return self._block_of.get(transaction_hash)

    def mined(self, block: int) -> tuple[Mined, ...]:
        """The block's transactions in their order."""
        self.catch_up()
        known = self._mined.get(block)
        if known is None and block in self._blocks:
            known = self._mined[block] = tuple(self._mine(block))
        return known or ()

    def logs(self, first: int, last: int) -> Iterator[Log]:
        """All logs of the blocks `first` to `last`, both included."""
        self.catch_up()
        start, end = bisect_left(self._numbers, first), bisect_right(self._numbers, last)
        for block in self._numbers[start:end]:
            for mined in self.mined(block):
                yield from mined.logs

    def entries(self, since: int) -> list[Settled]:
        """What the ledger has from that place on."""
        return [self._ledger[place] for place in range(since, len(self._ledger))]

    def catch_up(self) -> None:
        """Take over what is new in the ledger."""
        new = self.entries(self._read)
        self._read += len(new)
        for settled in new:
            # One transaction can be about several markets: the second part joins the first.
            block = self._block_of.setdefault(settled.transaction_hash, settled.block)
            if block not in self._blocks:
                insort(self._numbers, block)
            held = self._blocks.setdefault(block, {})
            held.setdefault(settled.transaction_hash, []).append(settled)
            self._mined.pop(block, None)

    def _mine(self, block: int) -> Iterator[Mined]:
        count = 0
        for index, (hash_, parts) in enumerate(self._blocks[block].items()):
            emitted = joined.from_iterable(
                emitted_by(part, self._market_of(part.condition_id)) for part in parts
            )
            logs = tuple(
                Log(each, block, hash_, index, place) for place, each in enumerate(emitted, count)
            )
            count += len(logs)
            yield Mined(tuple(parts), block, index, logs)


def emitted_by(settled: Settled, market: Market) -> Iterator[Emitted]:
    """What the contracts write. Nothing for a conversion: the ledger does not say which positions
    moved."""
    contracts = contracts_of(market)
    match settled.kind:
        case Movement.TRADE:
            yield from trades.trade(contracts, market, settled.executions)
        case Movement.SPLIT:
            for each in settled.transfers:
                yield from positions.split(contracts, market, each.wallet, each.size_micros)
        case Movement.MERGE:
            for each in settled.transfers:
                yield from positions.merge(contracts, market, each.wallet, each.size_micros)
        case Movement.REDEEM:
            for wallet in settled.wallets:
                own: Iterable[Transfer] = [t for t in settled.transfers if t.wallet == wallet]
                yield from positions.redeem(contracts, market, wallet, own)
        case Movement.CONVERSION:
            pass
