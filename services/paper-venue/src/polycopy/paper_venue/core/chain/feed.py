"""Who listens to the chain: `eth_subscribe` of `newHeads` and `logs`.

A block's head is told when the block is shown, its logs right behind it. After a long sleep (a
clock that was moved) only the newest heads are told; logs are told all.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.chain.chain import Log
from polycopy.paper_venue.core.chain.errors import (
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    SERVER_ERROR,
    RpcError,
)
from polycopy.paper_venue.core.chain.filters import Filter, filter_of
from polycopy.paper_venue.core.chain.node import Node, arguments

HEADS_MAX = 1000
Listener = TypeVar("Listener")
_encode = msgspec.json.Encoder().encode


class _Subscription(msgspec.Struct, frozen=True):
    """Without a filter: heads."""

    wanted: Filter | None


class Feed(Generic[Listener]):
    """Subscriptions by listener, and what was told already."""

    def __init__(self, node: Node, now_us: int) -> None:
        self._node = node
        self._held: dict[Listener, dict[str, _Subscription]] = {}
        self._count = 0
        self._told = node.chain.tip(now_us)
        self._read = 0
        self._waiting: dict[str, None] = {}

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def due_us(self) -> int | None:
        """When the next block is shown; None while nobody listens."""
        return self._node.chain.shown_at_us(self._told + 1) if len(self) else None

    def call(self, listener: Listener, method: str, params: list[object], now_us: int) -> object:
        """A call that came through a socket. Subscribers hear of nothing that was before."""
        match method:
            case "eth_subscribe":
                return self._subscribe(listener, params)
            case "eth_unsubscribe":
                (name,) = arguments(params, 1)
                if self._held.get(listener, {}).pop(str(name), None) is None:
                    raise RpcError(SERVER_ERROR, "subscription not found")
                return True
            case _:
                return self._node.call(method, params, now_us)

    def remove(self, listener: Listener) -> None:
        self._held.pop(listener, None)

    def news(self, now_us: int) -> list[tuple[Listener, str]]:
        """What is to be sent to whom since the last time, in its order."""
        first, self._told = self._told + 1, max(self._node.chain.tip(now_us), self._told)
        ready = self._ready()
        if not len(self):
            return []
        heads = range(max(first, self._told + 1 - HEADS_MAX), self._told + 1)
        told: list[tuple[Listener, str]] = []
        for number in sorted({*heads, *ready}):
            if number in heads:
                told.extend(self._head(number))
            for log in ready.get(number, ()):
                told.extend(self._log(log))
        return told

    def _ready(self) -> dict[int, list[Log]]:
        """Logs of new transactions in blocks that are shown; the others wait."""
        chain = self._node.chain
        new = chain.entries(self._read)
        self._read += len(new)
        self._waiting.update((settled.transaction_hash, None) for settled in new)
        ready: dict[int, set[str]] = {}
        for hash_ in self._waiting:
            block = chain.block_of(hash_)
            if block is not None and block <= self._told:
                ready.setdefault(block, set()).add(hash_)
        for hash_ in set().union(*ready.values()):
            del self._waiting[hash_]
        if not len(self):
            return {}
        return {
            block: [log for log in chain.logs(block, block) if log.transaction_hash in hashes]
            for block, hashes in ready.items()
        }

    def _subscribe(self, listener: Listener, params: list[object]) -> str:
        name, *rest = params or arguments(params, 1)
        match name:
            case "newHeads":
                arguments(params, 1)
                wanted = None
            case "logs":
                (given,) = arguments(rest, 1) if rest else (None,)
                wanted = filter_of(given, 1)
            case _:
                raise RpcError(METHOD_NOT_FOUND, f'no "{name}" subscription in eth namespace')
        held = self._held.setdefault(listener, {})
        if len(held) >= self._node.limits.subscriptions_max:
            raise RpcError(LIMIT_EXCEEDED, "too many subscriptions")
        self._count += 1
        id_ = "0x" + identity.digest("subscription", self._node.seed, self._count)[:32]
        held[id_] = _Subscription(wanted)
        return id_

    def _head(self, number: int) -> Iterator[tuple[Listener, str]]:
        body: object = None
        for listener, name, subscription in self._all():
            if subscription.wanted is None:
                body = body or self._node.head(number)
                yield listener, _told(name, body)

    def _log(self, log: Log) -> Iterator[tuple[Listener, str]]:
        body: object = None
        for listener, name, subscription in self._all():
            if subscription.wanted is not None and subscription.wanted.wants(log.emitted):
                body = body or self._node.log(log)
                yield listener, _told(name, body)

    def _all(self) -> Iterator[tuple[Listener, str, _Subscription]]:
        for listener, held in self._held.items():
            for name, subscription in held.items():
                yield listener, name, subscription


def _told(name: str, result: object) -> str:
    params = {"subscription": name, "result": result}
    told = {"jsonrpc": "2.0", "method": "eth_subscription", "params": params}
    return _encode(told).decode()
