"""What must hold of a run, checked from outside: the log, the venue's journal, the read models.

Each function says what is broken, one line a fault; nothing where the law holds. Laws by the names
of architecture, section 11.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import msgspec

from polycopy.cli.core.account_report import EVERY
from polycopy.cli.core.account_rows import histories
from polycopy.cli.core.rows import ReadModel
from polycopy.cli.core.venue import Journal
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import LogCreated, TradingState, TradingStateSet, VenueName
from polycopy.schemas.ids import AccountId, EventId, LogId, StrategyId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRequested,
)
from polycopy.trading import invariants as account_laws

Faults = list[str]
SWITCH_GRACE_US = 2_000_000
"""The executor hears of the switch within its tick (1 s by default), and what it had sent by then
takes its way."""
_CLOCK_STEP_US = 1_000
"""The log keeps milliseconds, the journal microseconds."""


def one_accepted_order_a_decision(events: Sequence[Recorded], journal: Journal) -> Faults:
    """V1: the venue accepted at most one order id for one strategy's decision about one signal."""
    accepted = {order.venue_order_id for order in journal.orders if order.accepted}
    by_decision: dict[tuple[EventId, StrategyId], set[VenueOrderId]] = defaultdict(set)
    for request in _requests(events):
        if request.venue_order_id in accepted:
            by_decision[request.signal_id, request.strategy_id].add(request.venue_order_id)
    return [
        f"{len(ids)} orders of {strategy} for signal {signal} were accepted"
        for (signal, strategy), ids in by_decision.items()
        if len(ids) > 1
    ]


def every_venue_order_was_requested(events: Sequence[Recorded], journal: Journal) -> Faults:
    """V2: what arrived at the venue stood in the log before."""
    requested_us: dict[VenueOrderId, int] = {}
    for recorded in events:
        if isinstance(recorded.event, OrderRequested):
            at_us = recorded.envelope.time_ms * 1_000
            requested_us.setdefault(recorded.event.venue_order_id, at_us)
    faults = []
    for order in journal.orders:
        requested = requested_us.get(order.venue_order_id)
        if requested is None:
            faults.append(f"order {order.venue_order_id} at the venue was never requested")
        elif requested > order.received_at_us + _CLOCK_STEP_US:
            faults.append(f"order {order.venue_order_id} arrived before it was requested")
    return faults


def every_venue_fill_is_read_once(journal: Journal, model: ReadModel) -> Faults:
    """V3: exactly one row for each fill, of the same size and price, and no row of a fill that the
    venue does not have. Orders of an earlier venue, which this journal never saw, are left out."""
    venue = {(f.venue_trade_id, f.venue_order_id): f for f in journal.fills}
    known = {order.venue_order_id for order in journal.orders}
    rows = Counter((row.venue_trade_id, row.venue_order_id) for row in model.fills)
    faults = [
        f"fill {key} is in the read model {rows[key]} times" for key in venue if rows[key] != 1
    ]
    for row in model.fills:
        fill = venue.get((row.venue_trade_id, row.venue_order_id))
        if fill is None and row.venue_order_id in known:
            faults.append(f"fill {row.venue_trade_id} is unknown to the venue")
        if fill and (fill.size_micros, fill.price_micros) != (row.size_micros, row.price_micros):
            faults.append(f"fill {row.venue_trade_id} has another size or price at the venue")
    return faults


def every_live_order_is_at_the_venue(
    events: Sequence[Recorded], journal: Journal, *, began_after: int
) -> Faults:
    """V3, from the other side: what the log says in this run of a live order is so at the venue.

    Earlier runs had a venue of their own, whose journal is gone with it.
    """
    live = {one.order_id for one in _requests(events) if one.venue is VenueName.POLYMARKET}
    accepted = {order.venue_order_id for order in journal.orders if order.accepted}
    fills = {
        (one.venue_trade_id, one.venue_order_id, one.size_micros, one.price_micros)
        for one in journal.fills
    }
    faults = []
    for recorded in events:
        event = recorded.event
        if recorded.sequence <= began_after or getattr(event, "order_id", None) not in live:
            continue
        if isinstance(event, OrderPlaced) and event.venue_order_id not in accepted:
            faults.append(f"order {event.venue_order_id} is placed by the log, not by the venue")
        if isinstance(event, OrderFilled | OrderPartiallyFilled):
            ids = (event.venue_trade_id, event.venue_order_id)
            if (*ids, event.size_micros, event.price_micros) not in fills:
                faults.append(f"fill {ids} of the log is not so at the venue")
    return faults


def nothing_arrives_against_the_switch(events: Sequence[Recorded], journal: Journal) -> Faults:
    """V4: no order reached the venue while trading was halted for its account, or for all, and no
    BUY while it was reducing; each from its log time and the grace on, until it was ended."""
    exits = _stops(events, {TradingState.HALTED})
    entries = _stops(events, {TradingState.HALTED, TradingState.REDUCING})
    requests = {one.venue_order_id: one for one in _requests(events)}
    faults = []
    for order in journal.orders:
        request = requests.get(order.venue_order_id)
        if request is None:
            continue  # V2 tells of it.
        stops = entries if request.side is Side.BUY else exits
        in_force = [
            stop
            for scope in (request.account, EVERY)
            for stop in stops[scope]
            if stop.begins_us <= order.received_at_us < stop.ends_us
        ]
        if in_force:
            late_ms = (order.received_at_us - in_force[0].begins_us) // 1_000
            faults.append(
                f"{request.side} {order.venue_order_id} of {request.account} arrived {late_ms} ms "
                "after the switch and its grace"
            )
    return faults


class _Stop(msgspec.Struct, frozen=True, kw_only=True):
    begins_us: int
    ends_us: float


def _stops(
    events: Sequence[Recorded], forbidding: Collection[TradingState]
) -> dict[AccountId, list[_Stop]]:
    """When one of these states was in force, by account (EVERY: for all). To say it once more gives
    no new grace."""
    found: dict[AccountId, list[_Stop]] = defaultdict(list)
    begun_us: dict[AccountId, int] = {}
    for recorded in events:
        event, at_us = recorded.event, recorded.envelope.time_ms * 1_000
        if not isinstance(event, TradingStateSet):
            continue
        if event.state in forbidding:
            begun_us.setdefault(event.account, at_us + SWITCH_GRACE_US)
        elif event.account in begun_us:
            begins_us = begun_us.pop(event.account)
            found[event.account].append(_Stop(begins_us=begins_us, ends_us=at_us))
    for account, begins_us in begun_us.items():
        found[account].append(_Stop(begins_us=begins_us, ends_us=math.inf))
    return found


def ids_are_unique(events: Sequence[Recorded]) -> Faults:
    """L1: an event is in the log once, and an aggregate that counts its events misses none."""
    counts = Counter(recorded.envelope.event_id for recorded in events)
    faults = [f"event {event} is in the log {n} times" for event, n in counts.items() if n > 1]
    versions: dict[str, int] = {}
    for recorded in events:
        envelope = recorded.envelope
        if envelope.aggregate_version == 0:
            continue
        expected = versions.get(envelope.aggregate, 0) + 1
        if envelope.aggregate_version != expected:
            faults.append(
                f"{envelope.aggregate} goes from version {expected - 1} to "
                f"{envelope.aggregate_version} at sequence {recorded.sequence}"
            )
        versions[envelope.aggregate] = envelope.aggregate_version
    return faults


def sequence_is_contiguous(events: Sequence[Recorded], log_id: LogId) -> Faults:
    """L2: 1, 2, 3 …, and the log is the one that it says it is."""
    faults = [
        f"sequence {recorded.sequence} stands in place {place}"
        for place, recorded in enumerate(events, start=1)
        if recorded.sequence != place
    ]
    first = events[0].event if events else None
    if not isinstance(first, LogCreated):
        faults.append("the log does not begin with LogCreated")
    elif first.log_id != log_id:
        faults.append(f"the log was created as {first.log_id} and is now {log_id}")
    return faults


def accounts_balance(events: Sequence[Recorded]) -> dict[str, Faults]:
    """C1, C2 and E1, over every account at every sequence."""
    faults: dict[str, Faults] = {"C1": [], "C2": [], "E1": []}
    for account, history in histories(events).items():
        for broken in account_laws.check(account, history):
            faults[broken.law].append(f"{account} at its event {broken.index + 1}: {broken.detail}")
    return faults


def _requests(events: Sequence[Recorded]) -> list[OrderRequested]:
    return [r.event for r in events if isinstance(r.event, OrderRequested)]
