"""What the log holds of markets, tokens and traders, as little of it as is needed. Pure.

An event's id follows from the event before it of the same market or trader and from what it says.
So of two processes that say the same only one is heard, and what was so, changed, and is so again
can be said again.
"""

import msgspec

from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import ConditionId, EventId, TokenId, Wallet
from polycopy.schemas.markets import MarketDescribed, MarketResolved
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.traders import TraderMeasured
from polycopy.stream_ingest.core import market_facts, trader_record
from polycopy.stream_ingest.core.recent import put

MARKETS_MAX = 50_000
TRADERS_MAX = 20_000


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last word on something: its place in the log, and what it said, as a hash."""

    sequence: int
    event_id: EventId
    content: str


class Market(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`last` is None where only the end of the market was said."""

    last: Said | None = None
    tokens: tuple[TokenId, ...] = ()
    category: str = ""
    resolved_at_ms: int = 0


_NOTHING = Market()


class Facts:
    """Bounded: what was said longest ago is forgotten, and will be said again."""

    def __init__(self, markets_max: int = MARKETS_MAX, traders_max: int = TRADERS_MAX) -> None:
        self._markets_max = markets_max
        self._traders_max = traders_max
        self._markets: dict[ConditionId, Market] = {}
        self._traders: dict[Wallet, Said] = {}
        self._conditions: dict[TokenId, ConditionId] = {}

    def market(self, condition_id: ConditionId) -> Market:
        return self._markets.get(condition_id, _NOTHING)

    def condition_of(self, token_id: TokenId) -> ConditionId | None:
        return self._conditions.get(token_id)

    def learn(self, token_id: TokenId, condition_id: ConditionId) -> bool:
        """Whether it is new."""
        if token_id in self._conditions:
            return False
        put(self._conditions, token_id, condition_id, 2 * self._markets_max)
        return True

    def evolve(self, recorded: Recorded) -> bool:
        """Whether it is news. Events of others are none, and what was folded before."""
        match recorded.event:
            case MarketDescribed() as event:
                return self._described(recorded, event)
            case MarketResolved(condition_id=condition_id, resolved_at_ms=at_ms):
                known = self.market(condition_id)
                now = msgspec.structs.replace(known, resolved_at_ms=max(at_ms, 1))
                put(self._markets, condition_id, now, self._markets_max)
                return not known.resolved_at_ms
            case TraderMeasured() as event:
                return self._measured(recorded, event)
            case _:
                return False

    def describe(self, event: MarketDescribed, source: str) -> Draft | None:
        """None where it is what was said last."""
        last = self.market(event.condition_id).last
        content = market_facts.content(event)
        if last is not None and last.content == content:
            return None
        return _follows(event, last, event.condition_id, content, source)

    def resolve(self, event: MarketResolved, source: str) -> Draft | None:
        """Said once, whatever anybody says later."""
        if self.market(event.condition_id).resolved_at_ms:
            return None
        origin = Origin(source=source, time_ms=event.read_at_ms, causation_id=event.condition_id)
        return draft(event, subject=subject_of(event), origin=origin)

    def trader(self, wallet: Wallet) -> Said | None:
        return self._traders.get(wallet)

    def measure(self, event: TraderMeasured, source: str) -> Draft | None:
        """None where it is what was said last."""
        last = self.trader(event.wallet)
        content = trader_record.content(event)
        if last is not None and last.content == content:
            return None
        return _follows(event, last, event.wallet, content, source)

    def _described(self, recorded: Recorded, event: MarketDescribed) -> bool:
        known = self.market(event.condition_id)
        if not _newer(recorded, known.last):
            return False
        market = msgspec.structs.replace(
            known,
            last=_said(recorded, market_facts.content(event)),
            tokens=tuple(outcome.token_id for outcome in event.outcomes),
            category=event.category,
        )
        put(self._markets, event.condition_id, market, self._markets_max)
        return True

    def _measured(self, recorded: Recorded, event: TraderMeasured) -> bool:
        if not _newer(recorded, self._traders.get(event.wallet)):
            return False
        said = _said(recorded, trader_record.content(event))
        put(self._traders, event.wallet, said, self._traders_max)
        return True


def _follows(
    event: MarketDescribed | TraderMeasured,
    last: Said | None,
    name: str,
    content: str,
    source: str,
) -> Draft:
    cause = name if last is None else last.event_id
    origin = Origin(source=source, time_ms=event.read_at_ms, causation_id=cause)
    return draft(event, subject=subject_of(event), origin=origin, key=content)


def _said(recorded: Recorded, content: str) -> Said:
    return Said(sequence=recorded.sequence, event_id=recorded.envelope.event_id, content=content)


def _newer(recorded: Recorded, last: Said | None) -> bool:
    return last is None or recorded.sequence > last.sequence
