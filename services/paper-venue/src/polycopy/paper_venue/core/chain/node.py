"""The methods of the node that need no connection. Source of texts: Bor, Polygon's own node."""

from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core.chain import blocks, bodies
from polycopy.paper_venue.core.chain.blocks import Fields, hex_number
from polycopy.paper_venue.core.chain.chain import Chain, Log, MarketOf, Mined
from polycopy.paper_venue.core.chain.contracts import Contracts, contracts_of
from polycopy.paper_venue.core.chain.errors import (
    INVALID_PARAMS,
    LIMIT_EXCEEDED,
    METHOD_NOT_FOUND,
    SERVER_ERROR,
    RpcError,
    invalid,
)
from polycopy.paper_venue.core.chain.filters import (
    EARLIEST,
    FINALIZED,
    PENDING,
    SAFE,
    Filter,
    block_number,
    filter_of,
    hash_of,
    span_of,
)

_RANGE_CODE = -32701
_VERSION = "bor/v2.5.0-stable/paper-venue"
_FINAL_AFTER_BLOCKS = 3
"""Polygon's milestones come some seconds after a block; the number is ours."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a public node allows. The default span and its error are PublicNode's, the number of
    results and its error are Infura's. `{max}` in a text is the limit."""

    range_blocks_max: int = 50_000
    range_code: int = _RANGE_CODE
    range_text: str = "exceed maximum block range: {max}"
    results_max: int = 10_000
    results_code: int = LIMIT_EXCEEDED
    results_text: str = "query returned more than {max} results"
    batch_max: int = 1000
    subscriptions_max: int = 100


class Node:
    """Answers calls from the chain as it is shown at a time."""

    def __init__(self, chain: Chain, market_of: MarketOf, *, seed: str, limits: Limits) -> None:
        self.chain = chain
        self.seed = seed
        self.limits = limits
        self._market_of = market_of
        self._methods: dict[str, Callable[[list[object], int], object]] = {
            "eth_chainId": lambda _, __: bodies.CHAIN_ID,
            "net_version": lambda _, __: str(int(bodies.CHAIN_ID, 16)),
            "web3_clientVersion": lambda _, __: _VERSION,
            "eth_blockNumber": lambda _, now_us: hex_number(chain.tip(now_us)),
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getLogs": self._logs,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getTransactionByHash": self._transaction,
        }

    def call(self, method: str, params: list[object], now_us: int) -> object:
        """The result, ready to be encoded. RpcError: refused."""
        known = self._methods.get(method)
        if known is None:
            raise RpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
        return known(params, now_us)

    def head(self, number: int) -> Fields:
        """What `newHeads` sends of a block."""
        return bodies.header(self.seed, number, self.chain.mined(number))

    def log(self, log: Log) -> Fields:
        return bodies.log(self.seed, log)

    def _logs(self, params: list[object], now_us: int) -> list[Fields]:
        (given,) = arguments(params, 1)
        wanted, (first, last) = filter_of(given, 0), self._span(given, now_us)
        found = self._found(wanted, first, last) if first <= last else []
        return [self.log(log) for log in found]

    def _found(self, wanted: Filter, first: int, last: int) -> list[Log]:
        limits = self.limits
        found: list[Log] = []
        for log in self.chain.logs(first, last):
            if wanted.wants(log.emitted):
                if len(found) == limits.results_max:
                    text = limits.results_text.format(max=limits.results_max)
                    raise RpcError(limits.results_code, text)
                found.append(log)
        return found

    def _span(self, given: object, now_us: int) -> tuple[int, int]:
        """First and last block. The first may lie behind the last: no logs."""
        span, tip = span_of(given, 0), self.chain.tip(now_us)
        if span.block_hash is not None:
            number = blocks.number_of(self.seed, span.block_hash)
            if number is None or number > tip:
                raise RpcError(SERVER_ERROR, "unknown block")
            return number, number
        if PENDING in (span.first, span.last):
            raise RpcError(SERVER_ERROR, "pending logs are not supported")
        first, last = _resolved(span.first, tip), _resolved(span.last, tip)
        written = isinstance(span.first, int) and isinstance(span.last, int)
        if (written and first > last) or max(first, last) > tip:
            raise RpcError(SERVER_ERROR, "invalid block range params")
        limits = self.limits
        if last - first > limits.range_blocks_max:
            text = limits.range_text.format(max=limits.range_blocks_max)
            raise RpcError(limits.range_code, text)
        return first, last

    def _block_by_number(self, params: list[object], now_us: int) -> Fields | None:
        given, full = arguments(params, 2)
        tip = self.chain.tip(now_us)
        number = _resolved(block_number(given, 0), tip)
        return self._block(number, full) if number <= tip else None

    def _block_by_hash(self, params: list[object], now_us: int) -> Fields | None:
        given, full = arguments(params, 2)
        number = blocks.number_of(self.seed, hash_of(given, 0))
        shown = number is not None and number <= self.chain.tip(now_us)
        return self._block(number, full) if number is not None and shown else None

    def _block(self, number: int, full: object) -> Fields:
        if not isinstance(full, bool):
            raise invalid(1, "json: cannot unmarshal into Go value of type bool")
        held = self.chain.mined(number)
        transactions: list[Fields] | list[str] = [mined.hash for mined in held]
        if full:
            transactions = [
                bodies.transaction(self.seed, mined, self._contracts(mined)) for mined in held
            ]
        return bodies.block(self.seed, number, held, transactions)

    def _receipt(self, params: list[object], now_us: int) -> Fields | None:
        mined = self._mined(params, now_us)
        if mined is None:
            return None
        held = self.chain.mined(mined.block)
        return bodies.receipt(self.seed, held, mined.index, self._contracts(mined))

    def _transaction(self, params: list[object], now_us: int) -> Fields | None:
        mined = self._mined(params, now_us)
        if mined is None:
            return None
        return bodies.transaction(self.seed, mined, self._contracts(mined))

    def _mined(self, params: list[object], now_us: int) -> Mined | None:
        """None for a hash that is not on the chain, or not shown yet."""
        (given,) = arguments(params, 1)
        hash_ = hash_of(given, 0)
        block = self.chain.block_of(hash_)
        if block is None or block > self.chain.tip(now_us):
            return None
        return next(mined for mined in self.chain.mined(block) if mined.hash == hash_)

    def _contracts(self, mined: Mined) -> Contracts:
        return contracts_of(self._market_of(mined.parts[0].condition_id))


def arguments(params: list[object], count: int) -> list[object]:
    """Exactly so many. RpcError otherwise, as go-ethereum says it."""
    if len(params) > count:
        raise RpcError(INVALID_PARAMS, f"too many arguments, want at most {count}")
    if len(params) < count:
        raise RpcError(INVALID_PARAMS, f"missing value for required argument {len(params)}")
    return params


def _resolved(given: int | str, tip: int) -> int:
    match given:
        case int():
            return given
        case _ if given == EARLIEST:
            return 0
        case _ if given in (SAFE, FINALIZED):
            return max(tip - _FINAL_AFTER_BLOCKS, 0)
        case _:
            return tip
