"""What the venue saw and did, with its times: the ground truth for whoever checks from outside.

Times are microseconds of the venue's clock. Entries of one kind are numbered from 0; the newest
million of each is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from polycopy.paper_venue.core.clob.desk import Attempt
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    OrderAccepted,
    OrderBooked,
    OrderClosed,
    OrderDelayed,
    OrderKilled,
    TradeAdvanced,
    TradeMatched,
    TradeStatus,
)
from polycopy.paper_venue.core.engine.orders import OrderStatus
from polycopy.paper_venue.core.kept import Kept
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.sources.script import Row
from polycopy.schemas.ids import VenueTradeId

KEPT = 1_000_000
"""Entries of one kind; the oldest go first."""


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """A leader transaction that was sent; `at_us` just before its first frame."""

    index: int
    transaction_hash: str
    at_us: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request and how it was answered. `status` 0: not looked at; `lost`: the answer did
    not reach anybody; `fault`: the name of the fault that struck; `wallet`: whose key it says to
    be signed with."""

    method: str
    path: str
    status: int
    received_at_us: int
    answered_at_us: int = 0
    wallet: str = ""
    lost: bool = False
    fault: str = ""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was ordered. `by`: `scenario`, `step 3` or `control`; `error`: why it could
    not be done."""

    at_us: int
    by: str
    command: wire.Body
    error: str = ""


class StatusEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A trade took a step. Its fills are those with the same trade id."""

    venue_trade_id: str
    status: TradeStatus
    transaction_hash: str
    at_us: int


class OrderEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An order is this from then on. `reason`: the venue's words for one that it killed."""

    venue_order_id: str
    status: OrderStatus
    at_us: int
    reason: str = ""


class Tally(msgspec.Struct, kw_only=True):
    """One channel's sockets: connections that were opened and closed, messages either way."""

    opened: int = 0
    closed: int = 0
    heard: int = 0
    sent: int = 0


class FillEntry(msgspec.Struct, kw_only=True):
    """One known order's part in a trade: key (venue trade id, venue order id). `statuses`: every
    step that the trade took, in their order."""

    venue_trade_id: str
    venue_order_id: str
    token_id: str
    side: str
    role: str
    maker: str
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int
    at_us: int
    status: str
    transaction_hash: str = ""
    statuses: list[StatusEntry] = msgspec.field(default_factory=list)


class Journal:
    """What happened, as it is told to it; `orders` are written by the desk."""

    def __init__(self) -> None:
        self.loads = 0
        """Scenarios that were loaded after the first."""
        self.orders: Kept[Attempt] = Kept(KEPT)
        self.requests: Kept[Seen] = Kept(KEPT)
        self.emissions: Kept[Emission] = Kept(KEPT)
        self.commands: Kept[Done] = Kept(KEPT)
        self.statuses: Kept[StatusEntry] = Kept(KEPT)
        self.order_statuses: Kept[OrderEntry] = Kept(KEPT)
        self.fills: Kept[FillEntry] = Kept(KEPT)
        self.sockets: defaultdict[str, Tally] = defaultdict(Tally)
        self._on_their_way: dict[VenueTradeId, list[FillEntry]] = {}

    def follow(self, facts: Iterable[AnyFact]) -> None:
        for fact in facts:
            match fact:
                case TradeMatched():
                    entries = list(_fills(fact))
                    self._on_their_way[fact.trade_id] = entries
                    for entry in entries:
                        self.fills.append(entry)
                    self._step(fact.trade_id, TradeStatus.MATCHED, "", fact.at_us)
                case TradeAdvanced():
                    self._step(fact.trade_id, fact.status, fact.transaction_hash, fact.at_us)
                case _:
                    step = _order_entry(fact)
                    if step is not None:
                        self.order_statuses.append(step)

    def body(self) -> bytes:
        """Everything that is kept, by kind."""
        kinds = {name: list(kept) for name, kept in self._kinds().items()}
        return wire.encode({**kinds, "sockets": dict(self.sockets)})

    def page(self, kind: str, since: int, limit: int) -> bytes | None:
        """Entries of one kind from number `since` on. `next` is the number to go on with, `first`
        that of the oldest which is still kept. None: there is no such kind."""
        kept = self._kinds().get(kind)
        if kept is None:
            return None
        entries = kept.since(since, limit)
        following = max(since, kept.first) + len(entries)
        return wire.encode(
            {kind: entries, "first": kept.first, "next": following, "total": kept.total}
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """What there are pages of."""
        return tuple(self._kinds())

    def _kinds(self) -> dict[str, Kept[Any]]:
        return {
            "orders": self.orders,
            "fills": self.fills,
            "emissions": self.emissions,
            "requests": self.requests,
            "statuses": self.statuses,
            "order_statuses": self.order_statuses,
            "commands": self.commands,
        }

    def _step(
        self, trade_id: VenueTradeId, status: TradeStatus, transaction_hash: str, at_us: int
    ) -> None:
        entry = StatusEntry(
            venue_trade_id=trade_id, status=status, transaction_hash=transaction_hash, at_us=at_us
        )
        self.statuses.append(entry)
        for fill in self._on_their_way.get(trade_id, ()):
            fill.status = status.value
            fill.transaction_hash = transaction_hash
            fill.statuses.append(entry)
        if status in _AT_THEIR_END:
            self._on_their_way.pop(trade_id, None)


_AT_THEIR_END = (TradeStatus.CONFIRMED, TradeStatus.FAILED)


def _order_entry(fact: AnyFact) -> OrderEntry | None:
    match fact:
        case OrderAccepted():
            order_id, status, reason = fact.terms.order_id, OrderStatus.LIVE, ""
        case OrderDelayed():
            order_id, status, reason = fact.terms.order_id, OrderStatus.DELAYED, ""
        case OrderBooked():
            order_id, status, reason = fact.order_id, OrderStatus.LIVE, ""
        case OrderKilled():
            order_id, status, reason = fact.terms.order_id, OrderStatus.CANCELED, fact.reason
        case OrderClosed():
            order_id, status, reason = fact.order_id, fact.status, fact.reason
        case _:
            return None
    return OrderEntry(venue_order_id=order_id, status=status, at_us=fact.at_us, reason=reason)


def _fills(matched: TradeMatched) -> Iterator[FillEntry]:
    """Those of the venue's users."""
    for leg in (matched.taker, *matched.makers):
        if leg.stranger:
            continue
        yield FillEntry(
            venue_trade_id=matched.trade_id,
            venue_order_id=leg.order_id,
            token_id=leg.token_id,
            side=leg.side.value,
            role="taker" if leg is matched.taker else "maker",
            maker=leg.address,
            size_micros=leg.size_micros,
            price_micros=leg.price_micros,
            notional_micros=leg.notional_micros,
            fee_micros=leg.fee_micros,
            at_us=matched.at_us,
            status=TradeStatus.MATCHED.value,
        )


def rows(transaction_rows: tuple[Row, ...]) -> list[wire.Body]:
    """A transaction's rows for the control port; the first is the taker's."""
    return [
        {
            "wallet": row.wallet,
            "token_id": row.token_id,
            "condition_id": row.condition_id,
            "side": row.side.value,
            "size_micros": row.size_micros,
            "price_micros": row.price_micros,
            "role": "maker" if place else "taker",
        }
        for place, row in enumerate(transaction_rows)
    ]
