"""What anybody may read of the venue: books each time, rules kept for five minutes."""

from collections.abc import Mapping

from polycopy.executor.adapters.clob import OK, Clob, RawAnswer
from polycopy.polymarket.clob import ClobMarket, parse_book, parse_clob_market
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book, book_from_levels

_NOT_FOUND = 404
_RULES_KEPT_S = 300.0
_MARKETS_MAX = 10_000


class ClobMarkets:
    """Implements Markets."""

    def __init__(self, clob: Clob, *, clock: Clock) -> None:
        self._clob = clob
        self._clock = clock
        self._rules: dict[ConditionId, tuple[float, MarketRules]] = {}

    async def book(self, token_id: TokenId) -> Book | None:
        answer = await self._read("/book", {"token_id": token_id})
        if answer is None:
            return None
        parsed = parse_book(answer.body)
        if isinstance(parsed, Unreadable):
            raise Transient(f"unreadable book of token {token_id}: {parsed.reason}")
        return book_from_levels(
            token_id=token_id,
            bids=parsed.bids,
            asks=parsed.asks,
            at_ms=parsed.at_ms,
            tick_size_micros=parsed.tick_size_micros,
            minimum_size_micros=parsed.minimum_size_micros,
        )

    async def rules(self, condition_id: ConditionId) -> MarketRules | None:
        kept = self._rules.get(condition_id)
        now_s = self._clock.monotonic_s()
        if kept is not None and now_s - kept[0] < _RULES_KEPT_S:
            return kept[1]
        answer = await self._read(f"/clob-markets/{condition_id}")
        if answer is None:
            return None
        parsed = parse_clob_market(answer.body)
        if isinstance(parsed, Unreadable):
            raise Transient(f"unreadable market {condition_id}: {parsed.reason}")
        if len(self._rules) >= _MARKETS_MAX:
            self._rules.clear()
        self._rules[condition_id] = now_s, _rules(condition_id, parsed)
        return self._rules[condition_id][1]

    async def answers(self) -> bool:
        try:
            await self._clob.time_s()
        except Transient:
            return False
        return True

    async def _read(
        self, path: str, parameters: Mapping[str, str] | None = None
    ) -> RawAnswer | None:
        answer = await self._clob.get(path, parameters)
        if answer.status == _NOT_FOUND:
            return None
        if answer.status != OK:
            raise Transient(f"the venue answers GET {path} with {answer.status}")
        return answer


def _rules(condition_id: ConditionId, market: ClobMarket) -> MarketRules:
    return MarketRules(
        condition_id=condition_id,
        tick_size_micros=market.tick_size_micros,
        minimum_size_micros=market.minimum_size_micros,
        neg_risk=market.neg_risk,
        fee=market.fee,
        accepting_orders=market.accepting_orders,
        version=market.version or "v1",
        taker_delay=market.taker_delayed or market.delay_s > 0,
    )
