"""The load: leader trades that were evaluated, each with the decision of one or two strategies."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import msgspec

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log
from polycopy.schemas.control import FixedSizing, Strategy, VenueName
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import ConditionId, EventId, StrategyId, TokenId, TransactionHash
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.subjects import guard_of, subject_of
from polycopy.schemas.trades import TradeObserved
from tests.support.nats_proxy import Acknowledged, digest
from tests.support.signalling import LEADER, LIVE, decision

CAPITAL_MICROS = 2_000 * MICROS
_CENT = 10_000
_ANY_PRICE_MICROS = 990_000


def _strategy(name: str) -> Strategy:
    return Strategy(
        strategy_id=StrategyId(name),
        account=LIVE,
        venue=VenueName.POLYMARKET,
        sizing=FixedSizing(notional_micros=5 * MICROS),
        capital_micros=CAPITAL_MICROS,
    )


STRATEGIES = (_strategy("first"), _strategy("second"))


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A token, and the price around which its book stands."""

    condition_id: ConditionId
    token_id: TokenId
    price_micros: int


class Feeder:
    """`trade_ids`: of every trade and every signal that stands in the log by us, and for each what
    the server `acknowledged`."""

    def __init__(self, log: Log, outcomes: Sequence[Outcome], chance: random.Random) -> None:
        self._log = log
        self._outcomes = outcomes
        self._chance = chance
        self._clock = SystemClock()
        self.trade_ids: list[EventId] = []
        self.acknowledged: list[Acknowledged] = []

    async def run(self, count: int, *, per_second: float) -> None:
        """The pace is that of a busy day; nothing waits for anything else."""
        for _ in range(count):
            await self.say(self.any_signal())
            await asyncio.sleep(self._chance.expovariate(per_second))

    async def buy(
        self, *, dollars: int = 2, of: int = 0, limit_micros: int = _ANY_PRICE_MICROS
    ) -> Draft:
        """One signal: an entry, at nearly any price."""
        chosen = decision(STRATEGIES[0], notional=dollars * MICROS, limit=limit_micros)
        return await self.say(self.signal(self._outcomes[of], Side.BUY, chosen))

    async def sell(self, *, size_micros: int, of: int = 0) -> Draft:
        chosen = decision(STRATEGIES[0], notional=0, size=size_micros, limit=_CENT)
        return await self.say(self.signal(self._outcomes[of], Side.SELL, chosen))

    async def observe(self, *, number: int, of: int = 0, **more: Any) -> Draft:
        """A leader trade, for the qualifier: 20 shares are bought. `more`: what is other."""
        outcome, now_ms = self._outcomes[of], self._clock.now_ms()
        trade = TradeObserved(
            transaction_hash=TransactionHash(f"0x{number:064x}"),
            wallet=LEADER,
            token_id=outcome.token_id,
            side=Side.BUY,
            condition_id=outcome.condition_id,
            size_micros=20 * MICROS,
            increase_micros=20 * MICROS,
            notional_micros=20 * outcome.price_micros,
            price_micros=outcome.price_micros,
            source="rtds",
            rows=1,
            traded_at_ms=now_ms,
            received_at_ms=now_ms,
        )
        event: TradeObserved = msgspec.structs.replace(trade, **more)
        cause = f"trade {event.transaction_hash} {event.wallet} {event.token_id}"
        origin = Origin(source="stream-ingest", time_ms=now_ms, causation_id=cause)
        new = draft(event, subject=subject_of(event), origin=origin, key=str(event.size_micros))
        self.trade_ids.append(new.envelope.event_id)
        return await self.append(new)

    async def say(self, new: Draft) -> Draft:
        assert isinstance(new.event, TradeEvaluated)
        self.trade_ids.append(new.event.trade_id)
        return await self.append(new)

    async def append(self, new: Draft) -> Draft:
        """Until it is stored, as whoever says such things would."""
        while True:
            try:
                sequence = await self._log.append(new, expected=await self._last(new))
            except Transient:
                continue
            acknowledged = Acknowledged(
                sequence=sequence,
                message_id=new.envelope.event_id,
                digest=digest(encode(new.event)),
            )
            self.acknowledged.append(acknowledged)
            return new

    async def _last(self, new: Draft) -> int | None:
        guard = guard_of(new.subject)
        if guard is None:
            return None
        last = await self._log.last(guard)
        return last.sequence if last else 0

    def any_signal(self) -> Draft:
        """Mostly entries, some of them beyond their limit; exits of what may be held."""
        chance, outcome = self._chance, self._chance.choice(self._outcomes)
        strategies = STRATEGIES[: chance.choice((1, 1, 2))]
        if self.trade_ids and chance.random() < 1 / 4:
            size = chance.randint(100, 400) * _CENT
            exits = [decision(one, notional=0, size=size, limit=_CENT) for one in strategies]
            return self.signal(outcome, Side.SELL, *exits)
        beyond = chance.random() < 1 / 10
        limit = outcome.price_micros // 2 // _CENT * _CENT if beyond else _ANY_PRICE_MICROS
        notional = chance.randint(100, 600) * _CENT
        entries = [decision(one, notional=notional, limit=limit) for one in strategies]
        return self.signal(outcome, Side.BUY, *entries)

    def signal(self, outcome: Outcome, side: Side, *decisions: Decision) -> Draft:
        now_ms, number = self._clock.now_ms(), len(self.trade_ids) + 1
        event = TradeEvaluated(
            trade_id=EventId(f"{number:032x}"),
            wallet=LEADER,
            transaction_hash=TransactionHash(f"0x{number:064x}"),
            token_id=outcome.token_id,
            condition_id=outcome.condition_id,
            side=side,
            size_micros=20 * MICROS,
            price_micros=outcome.price_micros,
            notional_micros=20 * outcome.price_micros,
            decisions=decisions,
            evaluated_at_ms=now_ms,
            traded_at_ms=now_ms,
        )
        origin = Origin(source="qualifier", time_ms=now_ms, causation_id=event.trade_id)
        return draft(event, subject=subject_of(event), origin=origin)
