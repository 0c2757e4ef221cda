"""Rounds of questions to a venue, as tests want them to come out."""

from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import EventId, OrderId, VenueTradeId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.terms import Finding, Verdict
from polycopy.status_sync.core import ledger, lost
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.lost import Doubts
from polycopy.status_sync.core.reading import Listed, Reading, Traded
from polycopy.status_sync.core.rules import ORDER, Rules
from polycopy.trading.account_state import Account
from tests.support.trading import venue_id

PRESENT, ABSENT, UNKNOWN = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNKNOWN
OUT = "no answer"


def reading(
    at_ms: int,
    *,
    order: Verdict = ABSENT,
    listed: Verdict = ABSENT,
    traded: Verdict = ABSENT,
    name: str = "a",
    from_ms: int = 0,
    took_ms: int = 0,
) -> Reading:
    """What each source has of one order. A trade of it counts as known before."""
    word = {PRESENT: "LIVE", ABSENT: "not known", UNKNOWN: OUT}[order]
    its = frozenset({venue_id(name)}) if listed is PRESENT else frozenset()
    trades = {venue_id(name): frozenset({VenueTradeId("t1")})} if traded is PRESENT else {}
    return Reading(
        began_ms=at_ms,
        ended_ms=at_ms + took_ms,
        orders_read=1,
        looks={OrderId(name): Finding(source=ORDER, verdict=order, detail=word)},
        listed=Listed(orders=its, fault=OUT if listed is UNKNOWN else ""),
        traded=Traded(
            from_ms=from_ms,
            trades=trades,
            read=len(trades),
            fault=OUT if traded is UNKNOWN else "",
        ),
    )


class Rounds:
    """The lost protocol over one account, round after round, as the service drives it."""

    def __init__(self, account: Account, rules: Rules) -> None:
        self.held = Ledger(account=account)
        self.rules = rules
        self.doubts = Doubts()
        self.said: list[OrderEvent] = []

    @property
    def account(self) -> Account:
        return self.held.account

    def happen(self, *events: OrderEvent) -> None:
        """Somebody says this to the account."""
        for event in events:
            envelope = Envelope(
                event_id=EventId(f"{self.held.sequence:032x}"),
                event_type="x",
                source="test",
                time_ms=1,
                aggregate="orders.x",
            )
            told = Recorded(
                sequence=self.held.sequence + 1, subject="x", envelope=envelope, event=event
            )
            self.held = ledger.evolve(self.held, told)

    def round(self, brought: Reading, *seen: OrderId) -> list[OrderEvent]:
        """What one round says. `seen`: sighted in what it brought, or by the socket meanwhile."""
        doubts = lost.seen(lost.begin(self.doubts), seen)
        self.doubts = lost.count(doubts, self.held, brought, self.rules)
        said = lost.decide(self.doubts, self.held, brought, Hearing(), self.rules, brought.ended_ms)
        self.happen(*said)
        self.said += said
        return said
