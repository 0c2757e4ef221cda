"""One account as the executor holds it: its fold, and the bytes of the orders to be settled."""

from collections.abc import Iterable, Iterator
from typing import cast

import msgspec
from immutables import Map

from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas import subjects
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Draft, Envelope, Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import AccountId, EventId, OrderId, derive
from polycopy.schemas.orders import OrderEvent, OrderRequested
from polycopy.schemas.terms import VenueAccount
from polycopy.trading import account as accounts
from polycopy.trading import account_snapshot
from polycopy.trading.account_state import Account, unresolved
from polycopy.trading.order_life import UNRESOLVED


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order's request and the envelope that it stands in the log with."""

    envelope: Envelope
    request: OrderRequested


class Ledger(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account after its event `event_id` at `sequence`, with the requests of orders not over
    yet."""

    account: Account
    sequence: int = 0
    event_id: EventId = EventId("")
    requests: Map[OrderId, Request] = Map()

    @property
    def events(self) -> int:
        """How many it is made of."""
        return self.account.version


class _Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot of the ledger holds beside the account."""

    sequence: int
    event_id: EventId
    requests: tuple[Request, ...]


class Unfit(Halt):
    """The account's events cannot be folded by this build, or not all of them are there."""


def initial(account: AccountId) -> Ledger:
    return Ledger(account=accounts.initial(account))


def evolve(ledger: Ledger, recorded: Recorded) -> Ledger:
    """The ledger after an event of the account; one that it holds already changes nothing. Raises
    Unfit for one that this build does not know, and where one is missing before it: it may have
    locked money that we would spend."""
    if recorded.sequence <= ledger.sequence:
        return ledger
    event = recorded.event
    if why := accounts.unfit(ledger.account, recorded.envelope, event):
        raise Unfit(why)
    account = accounts.evolve(ledger.account, cast(OrderEvent, event))  # `unfit` says so.
    requests = ledger.requests
    if isinstance(event, OrderRequested):
        requests = requests.set(event.order_id, Request(envelope=recorded.envelope, request=event))
    order_id = OrderId(getattr(event, "order_id", ""))
    if order_id in requests:
        order = account.orders.get(order_id)
        if order is None or order.is_over:
            requests = requests.delete(order_id)
    return Ledger(
        account=account,
        sequence=recorded.sequence,
        event_id=recorded.envelope.event_id,
        requests=requests,
    )


def to_pieces(ledger: Ledger) -> Iterator[bytes]:
    """The ledger as bytes, in pieces (`account_snapshot`)."""
    yield msgspec.msgpack.encode(
        _Beside(
            sequence=ledger.sequence,
            event_id=ledger.event_id,
            requests=tuple(ledger.requests.values()),
        )
    )
    yield from account_snapshot.encode(ledger.account)


def from_pieces(pieces: Iterable[bytes]) -> Ledger:
    """The ledger of which these are the pieces. Raises ValueError where they are none."""
    rest = iter(pieces)
    beside = msgspec.msgpack.decode(next(rest, b""), type=_Beside)
    return Ledger(
        account=account_snapshot.decode(rest),
        sequence=beside.sequence,
        event_id=beside.event_id,
        requests=Map({one.request.order_id: one for one in beside.requests}),
    )


def because(cause: Envelope, at_ms: int) -> Origin:
    """What follows from an event, in the chain of its leader trade."""
    return Origin(
        source="executor",
        time_ms=at_ms,
        causation_id=cause.event_id,
        correlation_id=cause.correlation_id,
    )


def about(ledger: Ledger, order_id: OrderId, at_ms: int) -> Origin:
    """What follows from an order's request, in the chain of its leader trade."""
    known = ledger.requests.get(order_id)
    if known is not None:
        return because(known.envelope, at_ms)
    return Origin(source="executor", time_ms=at_ms, causation_id=order_id)


def entry(ledger: Ledger, event: OrderEvent, origin: Origin) -> Draft:
    """The event as it is appended.

    Its id holds its content: two different events must never share one, or an answer that the log
    lost would let the one be taken for the other, and bytes would leave that nobody wrote down.
    """
    return draft(
        event,
        subject=subjects.order_subject(ledger.account.account, event),
        origin=origin,
        key=derive("content", encode(event).decode()),
        aggregate_version=ledger.account.version + 1,
    )


def to_settle(ledger: Ledger, venue: VenueName) -> list[Request]:
    """The orders of which the executor still owes something, by time of request.

    Of a live order it owes only whether the venue has it; the rest is status-sync's.
    """
    if venue is not VenueName.PAPER:
        return [ledger.requests[order.order_id] for order in unresolved(ledger.account)]
    return sorted(ledger.requests.values(), key=lambda one: one.request.requested_at_ms)


def owes(ledger: Ledger, order_id: OrderId, venue: VenueName) -> bool:
    """Whether the order is among those to settle."""
    if venue is VenueName.PAPER:
        return order_id in ledger.requests
    return ledger.account.orders[order_id].state in UNRESOLVED


def elsewhere(account: Account, ours: VenueAccount) -> str:
    """In one line: whose the account is, and that it is not ours."""
    return (
        f"account {account.account} belongs to {_words(account.venue_account or ours)} and not to "
        f"{_words(ours)}: choose another account, or a stack of its own"
    )


def _words(one: VenueAccount) -> str:
    if one.venue is VenueName.PAPER:
        return f"a forward test on the books of {one.host}"
    return f"wallet {one.wallet} (key of {one.signer}) at {one.host}, chain {one.chain_id}"
