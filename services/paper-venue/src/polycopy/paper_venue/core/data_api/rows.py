"""The indexer's rows: one wallet's part in a transaction, in the order of the chain.

A row is there once its transaction's delay is over, and the delay is a function of the transaction:
rows become visible out of order, as at the venue, but never differently in two equal runs.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.ledger import NO_OUTCOME, Execution, Ledger, Movement, Settled
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import Side

_PLACE_BITS = 16
_UNBOUNDED = 2**63


class IndexDelay(msgspec.Struct, frozen=True, kw_only=True):
    """How long after its block a transaction becomes visible. Both 0: at once."""

    least_us: int = 2_400_000
    most_us: int = 9_000_000

    def of(self, transaction_hash: str) -> int:
        """The same for every row of a transaction. Costs a hash."""
        span = self.most_us - self.least_us + 1
        return self.least_us + int(identity.digest("indexed", transaction_hash)[:15], 16) % span


class Anchor(msgspec.Struct, frozen=True, order=True):
    """A row's place in the feed. `sequence` is no part of any row that is served."""

    block_s: int
    sequence: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`side` is empty and the price 0 for what is no trade. `taker`: the fill's one taker side."""

    anchor: Anchor
    transaction_hash: str
    kind: Movement
    condition_id: ConditionId
    wallet: Wallet
    token_id: TokenId
    index: int
    size_micros: int
    usdc_micros: int
    side: Side | None = None
    price_micros: int = 0
    taker: bool = False


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Block times in seconds, both ends included, and the row after which a page begins."""

    start_s: int = 0
    end_s: int = _UNBOUNDED
    after: Anchor | None = None
    newest_first: bool = True

    def admits(self, anchor: Anchor) -> bool:
        """Whether a row comes after the one where the last page ended."""
        if self.after is None:
            return True
        return anchor < self.after if self.newest_first else anchor > self.after


class Index:
    """The ledger as far as the indexer has got at a moment."""

    def __init__(self, ledger: Ledger, delay: IndexDelay, now_us: int) -> None:
        self.ledger = ledger
        self.now_us = now_us
        self._delay = delay

    def sees(self, settled: Settled) -> bool:
        age_us = self.now_us - settled.at_us
        if age_us >= self._delay.most_us:
            return True
        return age_us >= self._delay.least_us and age_us >= self._delay.of(settled.transaction_hash)

    def seen(self, places: Iterable[int]) -> Iterator[Settled]:
        """What is visible of the transactions at these places."""
        return (settled for place in places if self.sees(settled := self.ledger[place]))

    def lag_us(self) -> int:
        """The age of the oldest transaction that is not visible yet. Looks back no further than
        the longest delay."""
        oldest = 0
        for place in range(len(self.ledger) - 1, -1, -1):
            age_us = self.now_us - self.ledger[place].at_us
            if age_us >= self._delay.most_us:
                break
            if not self.sees(self.ledger[place]):
                oldest = max(oldest, age_us)
        return oldest

    def places(self, wallet: Wallet | None, conditions: Sequence[ConditionId]) -> Sequence[int]:
        """Where to look, oldest first: a wallet's transactions, those of some markets, or all."""
        if wallet is not None:
            return self.ledger.places_of_wallet(wallet)
        if conditions:
            lists = (self.ledger.places_of_market(each) for each in dict.fromkeys(conditions))
            return list(heapq.merge(*lists))
        return range(len(self.ledger))

    def walk(self, places: Sequence[int], window: Window) -> Iterator[Row]:
        """Visible rows in the window, in its direction. Reads only what is taken of it."""
        after = window.after
        start_s, end_s = window.start_s, window.end_s
        if after is not None and window.newest_first:
            end_s = min(end_s, after.block_s)
        elif after is not None:
            start_s = max(start_s, after.block_s)
        first = bisect_left(places, start_s, key=self._block_s)
        last = bisect_right(places, end_s, key=self._block_s)
        order = range(last - 1, first - 1, -1) if window.newest_first else range(first, last)
        for at in order:
            settled = self.ledger[places[at]]
            if not self.sees(settled):
                continue
            rows = rows_of(settled, places[at])
            for row in reversed(rows) if window.newest_first else rows:
                if window.admits(row.anchor):
                    yield row

    def _block_s(self, place: int) -> int:
        return self.ledger[place].block_s


def rows_of(settled: Settled, place: int) -> list[Row]:
    """The rows of a transaction in the order of its logs, the taker's first."""
    first = place << _PLACE_BITS
    if settled.kind is Movement.TRADE:
        return [
            _traded(settled, execution, first + number)
            for number, execution in enumerate(settled.executions)
        ]
    return [
        Row(
            anchor=Anchor(settled.block_s, first + number),
            transaction_hash=settled.transaction_hash,
            kind=settled.kind,
            condition_id=settled.condition_id,
            wallet=transfer.wallet,
            token_id=transfer.token_id,
            index=transfer.index if transfer.token_id else NO_OUTCOME,
            size_micros=transfer.size_micros,
            usdc_micros=transfer.notional_micros,
        )
        for number, transfer in enumerate(settled.transfers)
    ]


def _traded(settled: Settled, execution: Execution, sequence: int) -> Row:
    return Row(
        anchor=Anchor(settled.block_s, sequence),
        transaction_hash=settled.transaction_hash,
        kind=settled.kind,
        condition_id=settled.condition_id,
        wallet=execution.wallet,
        token_id=execution.token_id,
        index=execution.index,
        size_micros=execution.size_micros,
        usdc_micros=execution.notional_micros,
        side=execution.side,
        price_micros=execution.price_micros,
        taker=execution is settled.executions[0],
    )
