"""What must hold of a run, by the names of architecture, section 11. Pure: evidence in, faults out.

V1  the venue accepted at most one order for one strategy's copy of one leader trade, and none twice
V2  every order at the venue stood in the log before it arrived
V3  every fill of the venue is in the log exactly once, to the last unit, settled as the venue did
V4  nothing is sent while the kill switch is on
L1  what the server acknowledged is in the log, once, with the same bytes
L2  the sequence has no gap and the log is the one that it was
C1, C2, E1  the account's own laws, after every event
E2  at the end every decision is answered, every order has ended or is lost, nothing is locked
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from polycopy.cli.core import invariants, venue
from polycopy.cli.core.account_rows import histories
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId, EventId, StrategyId, VenueOrderId
from polycopy.schemas.orders import (
    OrderRefused,
    OrderRequested,
)
from polycopy.trading import account as accounts
from polycopy.trading.account_state import lost_orders
from tests.faults.harness.evidence import Evidence, Stored
from tests.faults.harness.fill_laws import (
    Faults,
    fills_not_told,
    fills_told_otherwise,
    fills_told_twice,
    held_otherwise,
    requests,
)
from tests.faults.harness.watching import orders_wanted
from tests.support.venue_control import Journal

GRACE_US = 1_000_000
"""How long the kill switch may take, at a tick of 50 ms on a busy machine."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`faults`: by law. The counts: orders that the venue accepted and their fills; decisions,
    orders and fills that nobody knows of any more; those there twice; those without an end."""

    faults: Mapping[str, Faults]
    orders: int
    fills: int
    lost: int
    doubled: int
    stuck: int

    @property
    def holds(self) -> bool:
        return not self.broken

    @property
    def broken(self) -> Faults:
        """All faults, each with its law."""
        return [f"{law}: {fault}" for law, faults in self.faults.items() for fault in faults]


def judge(evidence: Evidence) -> Verdict:
    events, journal = evidence.events, evidence.journal
    told = msgspec.convert(journal, venue.Journal, from_attributes=True)
    doubled = [*one_order_a_copy(events, journal), *fills_told_twice(events)]
    lost = [
        *unanswered(evidence),
        *lost_though_there(events, journal),
        *fills_not_told(events, journal),
        *not_stored(evidence),
    ]
    faults = {
        "V1": [*invariants.one_accepted_order_a_decision(events, told), *doubled],
        "V2": requested_before(evidence.stored, journal),
        "V3": [
            *fills_not_told(events, journal),
            *fills_told_otherwise(events, journal),
            *held_otherwise(events, journal),
        ],
        "V4": [
            *invariants.nothing_arrives_against_the_switch(events, told),
            *sent_while_halted(evidence.stored, journal),
        ],
        "L1": [*invariants.ids_are_unique(events), *not_stored(evidence)],
        "L2": invariants.sequence_is_contiguous(events, evidence.log_id),
        **invariants.accounts_balance(events),
        "E2": [
            *evidence.unrest,
            *unanswered(evidence),
            *lost_though_there(events, journal),
        ],
    }
    return Verdict(
        faults=faults,
        orders=len({one.venue_order_id for one in journal.orders if one.accepted}),
        fills=len(journal.fills),
        lost=len(lost),
        doubled=len(doubled),
        stuck=len(evidence.unrest),
    )


def one_order_a_copy(events: Sequence[Recorded], journal: Journal) -> Iterator[str]:
    """V1, wider than the signal: a leader trade that was evaluated twice is copied once."""
    times = Counter(order.venue_order_id for order in journal.orders if order.accepted)
    yield from (f"order {order} was accepted {n} times" for order, n in times.items() if n > 1)
    copies: dict[tuple[EventId, StrategyId], set[VenueOrderId]] = defaultdict(set)
    for request in requests(events):
        if request.venue_order_id in times:
            copies[request.trade_id, request.strategy_id].add(request.venue_order_id)
    for (trade, strategy), orders in copies.items():
        if len(orders) > 1:
            yield f"{strategy} copied trade {trade} with {len(orders)} orders"


def requested_before(stored: Iterable[Stored], journal: Journal) -> Faults:
    """V2, by the clocks of the two servers: what a service says of its time is not asked."""
    requested_us: dict[VenueOrderId, int] = {}
    for one in stored:
        if isinstance(one.event.event, OrderRequested):
            requested_us.setdefault(one.event.event.venue_order_id, one.stored_at_us)
    faults = []
    for order in journal.orders:
        stored_us = requested_us.get(order.venue_order_id)
        if stored_us is None:
            faults.append(f"order {order.venue_order_id} at the venue was never requested")
        elif stored_us > order.received_at_us:
            late_us = stored_us - order.received_at_us
            faults.append(f"order {order.venue_order_id} was stored {late_us} us after it arrived")
    return faults


def sent_while_halted(stored: Iterable[Stored], journal: Journal) -> Faults:
    """V4: by the time of the server that stored the switch, with a grace. Of an account and of all:
    the stricter holds."""
    posts = sorted(one.received_at_us for one in journal.posts())
    states: dict[AccountId, TradingState] = {}
    halted_us: int | None = None
    faults: Faults = []
    for one in stored:
        if not isinstance(one.event.event, TradingStateSet):
            continue
        states[one.event.event.account] = one.event.event.state
        halted = TradingState.HALTED in states.values()
        if halted and halted_us is None:
            halted_us = one.stored_at_us
        elif not halted and halted_us is not None:
            faults += _between(posts, halted_us, one.stored_at_us)
            halted_us = None
    return faults if halted_us is None else [*faults, *_between(posts, halted_us, 2**63)]


def _between(posts: Iterable[int], halted_us: int, until_us: int) -> Faults:
    return [
        f"an order arrived {post - halted_us} us after the halt"
        for post in posts
        if halted_us + GRACE_US < post < until_us
    ]


def not_stored(evidence: Evidence) -> Faults:
    """L1: what was acknowledged, and is not there or is something else."""
    there = {one.event.sequence: (one.message_id, one.digest) for one in evidence.stored}
    return [
        f"sequence {ack.sequence} was acknowledged for {ack.message_id} and is something else"
        for ack in evidence.acknowledged
        if there.get(ack.sequence) != (ack.message_id, ack.digest)
    ]


def unanswered(evidence: Evidence) -> Faults:
    """E2: a signal that nobody decided about is an order that was lost before it was one."""
    decided = {
        event.order_id
        for event in (recorded.event for recorded in evidence.events)
        if isinstance(event, OrderRequested | OrderRefused)
    }
    return [
        f"order {order} was neither requested nor refused"
        for recorded in evidence.events
        for order in orders_wanted(recorded)
        if order not in decided
    ]


def lost_though_there(events: Sequence[Recorded], journal: Journal) -> Faults:
    """E2: an order is lost where the venue never had it, and nowhere else."""
    accepted = {order.venue_order_id for order in journal.orders if order.accepted}
    folds = [accounts.fold(account, told) for account, told in histories(events).items()]
    return [
        f"order {order.order_id} is lost, and the venue took it"
        for fold in folds
        for order in lost_orders(fold)
        if order.venue_order_id in accepted
    ]
