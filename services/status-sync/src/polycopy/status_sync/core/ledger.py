"""The account as status-sync holds it, with what it still waits for."""

from collections.abc import Iterable

import msgspec
from immutables import Map

from polycopy.polymarket.reports import OrderReport
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas import subjects
from polycopy.schemas.envelope import Draft, Envelope, Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import AccountId, OrderId, VenueOrderId, derive
from polycopy.schemas.orders import Fill, FillConfirmed, FillReverted, OrderEvent, OrderRequested
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account, open_orders
from polycopy.trading.order_state import UNSEEN, FillKey, FillStatus

SOURCE = "status-sync"
FillEvent = Fill | FillConfirmed | FillReverted


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The account after its event at `sequence`.

    `causes`: event and correlation id of each order's request. `unsettled`: fills that are neither
    confirmed nor reverted, with the time of their match. `ends`: last words of the venue about
    orders whose fills are not all known yet.
    """

    account: Account
    sequence: int = 0
    causes: Map[OrderId, tuple[str, str]] = Map()
    unsettled: Map[FillKey, int] = Map()
    ends: Map[VenueOrderId, OrderReport] = Map()


def initial(account: AccountId) -> Ledger:
    return Ledger(account=accounts.initial(account))


def evolve(ledger: Ledger, recorded: Recorded) -> Ledger:
    """The ledger after an event of the account; one that it holds already changes nothing. Raises
    Halt for one that this build does not know, and where one is missing before it: we would append
    to what we do not understand."""
    if recorded.sequence <= ledger.sequence:
        return ledger
    event = recorded.event
    if why := accounts.unfit(ledger.account, recorded.envelope, event):
        raise Halt(why)
    assert isinstance(event, OrderEvent)  # noqa: S101 - `unfit` says so
    account = accounts.evolve(ledger.account, event)
    return Ledger(
        account=account,
        sequence=recorded.sequence,
        causes=_causes(ledger.causes, recorded.envelope, event),
        unsettled=_unsettled(ledger.unsettled, account, event),
        ends=ledger.ends,
    )


def elsewhere(account: Account, *, host: str, signer: str) -> str:
    """In one line: that the account belongs to another key or venue than ours; "" where it does
    not, or nobody said so far. Another venue knows none of its orders and would deny them all."""
    known = account.venue_account
    if known is None or (known.host, known.signer) == (host, signer):
        return ""
    return (
        f"account {account.account} belongs to the key of {known.signer or 'nobody'} at "
        f"{known.host or 'a forward test'} and not to that of {signer} at {host}: "
        "choose another account, or a stack of its own"
    )


def remember(ledger: Ledger, reports: Iterable[OrderReport]) -> Ledger:
    """Keep the last words about orders until the account knows all that came before them."""
    ends = ledger.ends
    for report in reports:
        ends = ends.set(report.venue_order_id, report)
    waiting = {order.venue_order_id for order in open_orders(ledger.account)}
    for venue_order_id in set(ends) - waiting:
        ends = ends.delete(venue_order_id)
    return msgspec.structs.replace(ledger, ends=ends)


def entry(ledger: Ledger, event: OrderEvent, at_ms: int) -> Draft:
    """The event as it is appended, in the chain of its order's leader trade.

    Its id holds its content: two different events must never share one.
    """
    order_id = OrderId(getattr(event, "order_id", ""))
    cause, correlation = ledger.causes.get(order_id, ("", ""))
    return draft(
        event,
        subject=subjects.order_subject(ledger.account.account, event),
        origin=Origin(source=SOURCE, time_ms=at_ms, causation_id=cause, correlation_id=correlation),
        key=derive("content", encode(event).decode()),
        aggregate_version=ledger.account.version + 1,
    )


def waits(ledger: Ledger) -> bool:
    """Whether the venue still owes us anything."""
    return bool(ledger.account.open_ids) or bool(ledger.unsettled)


def waits_since_ms(ledger: Ledger, at_ms: int) -> int:
    """The time of the oldest thing that the venue owes us; `at_ms` where that is nothing."""
    requested = (order.requested_at_ms for order in open_orders(ledger.account))
    matched: Iterable[int] = ledger.unsettled.values()
    return min((at_ms, *requested, *matched))


def _causes(
    causes: Map[OrderId, tuple[str, str]], envelope: Envelope, event: OrderEvent
) -> Map[OrderId, tuple[str, str]]:
    if not isinstance(event, OrderRequested):
        return causes
    return causes.set(event.order_id, (envelope.event_id, envelope.correlation_id))


def _unsettled(
    unsettled: Map[FillKey, int], account: Account, event: OrderEvent
) -> Map[FillKey, int]:
    if not isinstance(event, FillEvent):
        return unsettled
    key = event.venue_trade_id, event.venue_order_id
    order = account.orders.get(event.order_id)
    fill = order.fills.get(key, UNSEEN) if order else UNSEEN
    if fill.seen and fill.status is FillStatus.PROVISIONAL:
        matched_at_ms = event.matched_at_ms if isinstance(event, Fill) else 0
        return unsettled.set(key, matched_at_ms)
    return unsettled.delete(key) if key in unsettled else unsettled
