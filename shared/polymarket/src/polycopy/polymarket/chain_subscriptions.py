"""Which subscriptions a connection to a node has, so that every wanted wallet is covered.

A node takes a thousand wallets a filter and some dozens of subscriptions a connection. A new wallet
gets a subscription of its own at once; when there are too many of those, all wallets are put
together again, and the old subscriptions end when the new ones are there: for a moment a log comes
twice, never not at all. Wallets that are not wanted any more stay covered until then. More wallets
than that: everybody's logs, one subscription.
"""

from collections.abc import Collection, Iterator

import msgspec

from polycopy.polymarket import order_filled, wire
from polycopy.polymarket.json_rpc import Call
from polycopy.schemas.ids import Wallet


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a node takes. No subscriptions with wallets: everybody's logs from the beginning."""

    wallets_a_subscription: int = 1_000
    subscriptions_max: int = 40


class Subscriptions:
    """`ids`: where the numbers of calls come from. `wanted`: whose logs are."""

    def __init__(
        self, wallets: Collection[Wallet], ids: Iterator[int], limits: Limits | None = None
    ) -> None:
        self.wanted = frozenset(wallets)
        self._ids = ids
        self._limits = limits or Limits()
        self._generation = 0
        self._count = 0
        self._covered: set[Wallet] | None = set()
        self._asked: dict[int, int | None] = {}
        self._named: dict[str, int] = {}
        self._farewells: set[int] = set()

    @property
    def complete(self) -> bool:
        """All that was asked for is there."""
        return not self._asked

    def opening(self) -> list[Call]:
        """On a new connection. Logs before heads: a block whose head is told when all is there has
        its logs told, too."""
        calls = self._cover(self._limits.subscriptions_max)
        heads = Call(next(self._ids), "eth_subscribe", ["newHeads"])
        self._asked[heads.id] = None
        return [*calls, heads]

    def aim(self, wallets: Collection[Wallet]) -> list[Call]:
        self.wanted = frozenset(wallets)
        return self._cover(self._limits.subscriptions_max)

    def knows(self, id_: int) -> bool:
        return id_ in self._asked or id_ in self._farewells

    def matters(self, id_: int) -> bool:
        """Without that answer some logs would not come."""
        return id_ in self._asked

    def answered(self, id_: int, result: wire.Json) -> list[Call]:
        """What is to be said next. MisfitError for an answer that is no subscription."""
        if id_ in self._farewells:
            self._farewells.discard(id_)
            return []
        if not isinstance(result, str) or not result:
            raise wire.MisfitError("the node names no subscription")
        generation = self._asked.pop(id_)
        if generation is not None:
            self._named[result] = generation
        return [] if self._generation in self._asked.values() else self._farewell()

    def gave_up(self, id_: int) -> None:
        """A subscription that could not be ended: its logs are read like any other's."""
        self._farewells.discard(id_)

    def _cover(self, subscriptions_max: int) -> list[Call]:
        if self._covered is None:
            return []
        new = self.wanted - self._covered
        chunks = self._chunks(new)
        if self._count + len(chunks) <= subscriptions_max:
            self._covered |= new
            return [self._subscribe(chunk) for chunk in chunks]
        self._generation += bool(self._count)
        chunks, self._count = self._chunks(self.wanted), 0
        # With half of them to spare, or every wallet that is added would turn everything around.
        if 2 * len(chunks) > subscriptions_max:
            self._covered = None
            return [self._subscribe(None)]
        self._covered = set(self.wanted)
        return [self._subscribe(chunk) for chunk in chunks]

    def _chunks(self, wallets: Collection[Wallet]) -> list[list[Wallet]]:
        size, listed = self._limits.wallets_a_subscription, sorted(wallets)
        return [listed[at : at + size] for at in range(0, len(listed), size)]

    def _subscribe(self, wallets: list[Wallet] | None) -> Call:
        call = Call(next(self._ids), "eth_subscribe", ["logs", order_filled.filter_of(wallets)])
        self._asked[call.id] = self._generation
        self._count += 1
        return call

    def _farewell(self) -> list[Call]:
        old = [name for name, of in self._named.items() if of < self._generation]
        calls = []
        for name in old:
            del self._named[name]
            calls.append(Call(next(self._ids), "eth_unsubscribe", [name]))
        self._farewells.update(call.id for call in calls)
        return calls
