"""What to read next of markets, tokens and traders. Pure: times are arguments.

Tokens that nobody knows go first, then markets of which nothing is said yet, resolutions that are
due, markets by age, traders by age. Of two that are alike the one that has waited longer goes.
Everything that failed waits longer each time. Tables are bounded: who was used longest ago goes.
"""

import heapq
from collections.abc import Collection
from enum import StrEnum

import msgspec

from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.stream_ingest.core.recent import put

_PAUSE_MS_MIN = 1_000
_DOUBLINGS_MAX = 20
_STALE_MIN = 1_000
_LATE_PART = 20
"""A resolution that is late by a while is looked for again after a twentieth of it."""


class Kind(StrEnum):
    """What can be read."""

    TOKEN = "token"  # noqa: S105 - no secret
    MARKET = "market"
    RESOLUTION = "resolution"
    TRADER = "trader"


_RANKS = (Kind.TOKEN, Kind.MARKET, Kind.RESOLUTION, Kind.MARKET, Kind.TRADER)
_RANK_OF_AGE = 3
"""Of markets that were read before."""


class Ages(msgspec.Struct, frozen=True, kw_only=True):
    """When something is read again, in milliseconds. A market is in use for `used_ms` after the
    last trade there."""

    used_ms: int = 3_600_000
    market_used_ms: int = 600_000
    market_ms: int = 3_600_000
    resolution_ms: int = 120_000
    resolution_ms_max: int = 3_600_000
    trader_ms: int = 6 * 3_600_000
    pause_ms_max: int = 600_000


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How many are kept."""

    markets: int = 50_000
    traders: int = 20_000
    tokens: int = 10_000


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one kind to be read now, together."""

    kind: Kind
    names: tuple[str, ...]


class _Entry(msgspec.Struct, kw_only=True, gc=False):
    """One thing that is read again and again. `due_ms` None: not any more."""

    kind: Kind
    name: str
    due_ms: int | None = None
    failures: int = 0
    in_hand: bool = False


class _Market(msgspec.Struct, kw_only=True, gc=False):
    used_ms: int = 0
    read_ms: int = 0
    ends_ms: int = 0
    closed: bool = False
    resolved: bool = False

    @property
    def over(self) -> bool:
        """Nothing of it changes any more, and that was said."""
        return self.closed and self.resolved


class Schedule:
    """Costs O(log n) for each word."""

    def __init__(self, ages: Ages | None = None, sizes: Sizes | None = None) -> None:
        self._ages = ages or Ages()
        self._sizes = sizes or Sizes()
        self._entries: dict[Kind, dict[str, _Entry]] = {kind: {} for kind in Kind}
        self._heaps: list[list[tuple[int, str]]] = [[] for _ in _RANKS]
        self._markets: dict[ConditionId, _Market] = {}
        self._tokens: dict[TokenId, None] = {}
        self._traders: dict[Wallet, int] = {}
        """When each was read, 0 for never."""
        self._followed: frozenset[Wallet] = frozenset()

    @property
    def waiting(self) -> int:
        """How many things are to be read, now or later."""
        return sum(map(len, self._entries.values()))

    def used_market(self, condition_id: ConditionId, now_ms: int) -> None:
        market = self._market(condition_id)
        market.used_ms = max(market.used_ms, now_ms)
        put(self._markets, condition_id, market, self._sizes.markets)
        if not market.read_ms:
            self._want(Kind.MARKET, condition_id, now_ms)
        elif not market.over:
            self._want(Kind.MARKET, condition_id, market.read_ms + self._ages.market_used_ms)

    def market_read(
        self, condition_id: ConditionId, now_ms: int, *, ends_at_ms: int, closed: bool
    ) -> None:
        """It was read, by us or by whoever writes to the same log. A market that is closed, or past
        its planned end, is asked how it ended."""
        market = self._market(condition_id)
        market.read_ms = max(market.read_ms, now_ms)
        market.ends_ms, market.closed = ends_at_ms, closed
        used = now_ms - market.used_ms < self._ages.used_ms
        age_ms = self._ages.market_used_ms if used else self._ages.market_ms
        self._set(Kind.MARKET, condition_id, None if market.over else now_ms + age_ms)
        if market.resolved:
            return
        if closed:
            self._want(Kind.RESOLUTION, condition_id, now_ms)
        elif ends_at_ms:
            self._want(Kind.RESOLUTION, condition_id, max(ends_at_ms, now_ms))

    def resolution_read(self, condition_id: ConditionId, now_ms: int) -> None:
        """It has not ended yet, as far as anybody says."""
        late_ms = now_ms - self._market(condition_id).ends_ms
        again_ms = min(late_ms // _LATE_PART, self._ages.resolution_ms_max)
        again_ms = max(again_ms, self._ages.resolution_ms)
        self._set(Kind.RESOLUTION, condition_id, now_ms + again_ms)

    def resolved(self, condition_id: ConditionId, now_ms: int) -> None:
        """What it pays was said. It is read once more where it was open when it was read last."""
        market = self._market(condition_id)
        market.resolved = True
        self._set(Kind.RESOLUTION, condition_id, None)
        if market.closed:
            self._set(Kind.MARKET, condition_id, None)
        elif market.read_ms:
            self._want(Kind.MARKET, condition_id, now_ms)

    def unknown_token(self, token_id: TokenId, now_ms: int) -> None:
        self._want(Kind.TOKEN, token_id, now_ms)
        for gone in put(self._tokens, token_id, None, self._sizes.tokens):
            self._entries[Kind.TOKEN].pop(gone, None)

    def token_known(self, token_id: TokenId) -> None:
        self._tokens.pop(token_id, None)
        self._entries[Kind.TOKEN].pop(token_id, None)

    def aim(self, wallets: Collection[Wallet], now_ms: int) -> None:
        """Who is followed from now on."""
        left, self._followed = self._followed, frozenset(wallets)
        for wallet in left - self._followed:
            self._set(Kind.TRADER, wallet, None)
        for wallet in sorted(self._followed - left):
            read_ms = self._trader(wallet)
            self._want(Kind.TRADER, wallet, read_ms + self._ages.trader_ms if read_ms else now_ms)

    def used_trader(self, wallet: Wallet, now_ms: int) -> None:
        """Who trades and was never measured goes before all whose turn it is by age."""
        if wallet in self._followed and not self._trader(wallet):
            self._want(Kind.TRADER, wallet, now_ms - self._ages.trader_ms)

    def trader_read(self, wallet: Wallet, now_ms: int) -> None:
        self._trader(wallet)
        self._traders[wallet] = max(self._traders[wallet], now_ms)
        again_ms = now_ms + self._ages.trader_ms if wallet in self._followed else None
        self._set(Kind.TRADER, wallet, again_ms)

    def failed(self, kind: Kind, name: str, now_ms: int, *, after_ms: int = 0) -> None:
        """Again after a second, then two, four, up to the longest pause; not before `after_ms`.
        Only what is in hand can fail."""
        entry = self._entries[kind].get(name)
        if entry is None or not entry.in_hand:
            return
        pause_ms = _PAUSE_MS_MIN << min(entry.failures, _DOUBLINGS_MAX)
        entry.failures += 1
        entry.in_hand = False
        wait_ms = min(max(pause_ms, after_ms), self._ages.pause_ms_max)
        self._push(entry, now_ms + wait_ms)

    def in_hand(self, kind: Kind, name: str) -> bool:
        """It was taken, and nothing was said of it since."""
        entry = self._entries[kind].get(name)
        return entry is not None and entry.in_hand

    def put_back(self, kind: Kind, name: str, due_ms: int) -> None:
        """It was in hand, and nothing was asked."""
        entry = self._entries[kind].get(name)
        if entry is not None and entry.in_hand:
            entry.in_hand = False
            self._push(entry, due_ms)

    def take(self, kinds: Collection[Kind], now_ms: int, *, at_most: int = 1) -> Job | None:
        """The next things to be read, all of one kind and rank. They are in hand until something is
        said of them."""
        for rank, kind in enumerate(_RANKS):
            if kind not in kinds:
                continue
            heap = self._heaps[rank]
            names: list[str] = []
            while heap and heap[0][0] <= now_ms and len(names) < at_most:
                due_ms, name = heapq.heappop(heap)
                if self._stands(kind, due_ms, name):
                    self._entries[kind][name].in_hand = True
                    names.append(name)
            if names:
                return Job(kind=kind, names=tuple(names))
        return None

    def next_ms(self, kinds: Collection[Kind]) -> int | None:
        """When something of these kinds is due next, or earlier; None where nothing waits."""
        heaps = zip(_RANKS, self._heaps, strict=True)
        return min((heap[0][0] for kind, heap in heaps if heap and kind in kinds), default=None)

    def _market(self, condition_id: ConditionId) -> _Market:
        found = self._markets.get(condition_id)
        if found is None:
            found = _Market()
            for gone in put(self._markets, condition_id, found, self._sizes.markets):
                self._entries[Kind.MARKET].pop(gone, None)
                self._entries[Kind.RESOLUTION].pop(gone, None)
        return found

    def _trader(self, wallet: Wallet) -> int:
        """When the trader was read. Who is not followed makes room first."""
        if wallet not in self._traders:
            self._traders[wallet] = 0
            while len(self._traders) > self._sizes.traders:
                strangers = (each for each in self._traders if each not in self._followed)
                gone = next(strangers, next(iter(self._traders)))
                del self._traders[gone]
                self._entries[Kind.TRADER].pop(gone, None)
        return self._traders[wallet]

    def _want(self, kind: Kind, name: str, due_ms: int) -> None:
        """No later than that. What is being read, or waits after a failure, is not hurried."""
        entry = self._entries[kind].setdefault(name, _Entry(kind=kind, name=name))
        waits = entry.due_ms is not None and (entry.failures or entry.due_ms <= due_ms)
        if not entry.in_hand and not waits:
            self._push(entry, due_ms)

    def _set(self, kind: Kind, name: str, due_ms: int | None) -> None:
        """Exactly then, whatever was before; None: not any more."""
        entry = self._entries[kind].pop(name, _Entry(kind=kind, name=name))
        if due_ms is None:
            return
        self._entries[kind][name] = entry
        entry.failures, entry.in_hand = 0, False
        self._push(entry, due_ms)

    def _push(self, entry: _Entry, due_ms: int) -> None:
        """The heap keeps what was pushed before; only what agrees with the entry counts."""
        entry.due_ms = due_ms
        rank = _RANKS.index(entry.kind)
        if entry.kind is Kind.MARKET and self._market(ConditionId(entry.name)).read_ms:
            rank = _RANK_OF_AGE
        heap = self._heaps[rank]
        heapq.heappush(heap, (due_ms, entry.name))
        if len(heap) > _STALE_MIN + 2 * len(self._entries[entry.kind]):
            heap[:] = [item for item in heap if self._stands(entry.kind, *item)]
            heapq.heapify(heap)

    def _stands(self, kind: Kind, due_ms: int, name: str) -> bool:
        entry = self._entries[kind].get(name)
        return entry is not None and not entry.in_hand and entry.due_ms == due_ms
