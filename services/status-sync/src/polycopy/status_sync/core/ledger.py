"""The account as status-sync holds it, with what it still waits for."""

from collections.abc import Iterable

import msgspec
from immutables import Map

from polycopy.polymarket.cancel_answer import says_gone
from polycopy.polymarket.reports import OrderReport
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas import subjects
from polycopy.schemas.envelope import Draft, Envelope, Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import AccountId, EventId, OrderId, TokenId, VenueOrderId, derive
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    Fill,
    FillConfirmed,
    FillReverted,
    OrderCancelAnswered,
    OrderCancelRequested,
    OrderEvent,
    OrderExamined,
    OrderRequested,
    PositionSettled,
)
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account, lost_orders, open_orders
from polycopy.trading.order_state import UNSEEN, FillKey, FillStatus, Order

SOURCE = "status-sync"
SETTLED = 2**63 - 1
"""When a token was last traded whose market was resolved: what the wallet still holds of it waits
to be redeemed, and the account does not count it any more."""
FillEvent = Fill | FillConfirmed | FillReverted


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The account after its event `event_id` at `sequence`.

    `causes`: event and correlation id of each order's request. `unsettled`: fills that are neither
    confirmed nor reverted, with the time of their match. `ends`: last words of the venue about
    orders whose fills are not all known yet. `examined`: what the operator asked and was answered.
    `gone`: orders that the venue did not have to cancel, and did not say why. `resends`: for how
    long after its request the executor of an epoch sends an order, where it told.
    """

    account: Account
    sequence: int = 0
    event_id: EventId = EventId("")
    causes: Map[OrderId, tuple[str, str]] = Map()
    unsettled: Map[FillKey, int] = Map()
    ends: Map[VenueOrderId, OrderReport] = Map()
    examined: Map[EventId, None] = Map()
    gone: Map[OrderId, None] = Map()
    resends: Map[int, int] = Map()
    matched_at_ms: int = 0
    """The newest match that the account knows, by the venue's clock."""
    touched: Map[TokenId, int] = Map()
    """When an order of the token had its last event, by the clock of whoever said it."""
    touched_at_ms: int = 0
    """The same of any token."""

    @property
    def events(self) -> int:
        """How many it is made of."""
        return self.account.version


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
    matched_at_ms = event.matched_at_ms if isinstance(event, Fill) else 0
    time_ms = recorded.envelope.time_ms
    touched = _touched(ledger.touched, account, event, time_ms)
    after = Ledger(
        account=account,
        sequence=recorded.sequence,
        event_id=recorded.envelope.event_id,
        causes=_causes(ledger.causes, recorded.envelope, event),
        unsettled=_unsettled(ledger.unsettled, account, event),
        ends=ledger.ends,
        examined=_examined(ledger.examined, event),
        gone=_gone(ledger.gone, event),
        resends=_resends(ledger.resends, event),
        matched_at_ms=max(ledger.matched_at_ms, matched_at_ms),
        touched=touched,
        touched_at_ms=ledger.touched_at_ms if touched is ledger.touched else time_ms,
    )
    forgot = account.forgotten_before_ms != ledger.account.forgotten_before_ms
    return _forget(after) if forgot else after


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
    if not ends:
        return ledger
    watched = [*open_orders(ledger.account), *lost_orders(ledger.account)]
    for venue_order_id in set(ends) - {order.venue_order_id for order in watched}:
        ends = ends.delete(venue_order_id)
    return msgspec.structs.replace(ledger, ends=ends)


def entry(ledger: Ledger, event: OrderEvent, at_ms: int, because: Envelope | None = None) -> Draft:
    """The event as it is appended: because of what the operator asked, or else in the chain of its
    order's leader trade.

    Its id holds its content: two different events must never share one. What is said of an account
    may be true again later, so there its place counts, too.
    """
    order_id = OrderId(getattr(event, "order_id", ""))
    cause, correlation = ledger.causes.get(order_id, ("", ""))
    version = ledger.account.version + 1
    place = () if order_id else (str(version),)
    return draft(
        event,
        subject=subjects.order_subject(ledger.account.account, event),
        origin=Origin(
            source=SOURCE,
            time_ms=at_ms,
            causation_id=because.event_id if because else cause,
            correlation_id=correlation,
        ),
        key=derive("content", encode(event).decode(), *place),
        aggregate_version=version,
    )


def waits(ledger: Ledger) -> bool:
    """Whether the venue still owes us anything."""
    return bool(ledger.account.open_ids) or bool(ledger.unsettled)


def waits_since_ms(ledger: Ledger, at_ms: int) -> int:
    """The time of the oldest thing that the venue owes us; `at_ms` where that is nothing."""
    requested = (order.requested_at_ms for order in open_orders(ledger.account))
    return min((at_ms, unsettled_since_ms(ledger, at_ms), *requested))


def unsettled_since_ms(ledger: Ledger, at_ms: int) -> int:
    """The time of the oldest match that is neither confirmed nor reverted; `at_ms` for none."""
    matched: Iterable[int] = ledger.unsettled.values()
    return min((at_ms, *matched))


def _gone(gone: Map[OrderId, None], event: OrderEvent) -> Map[OrderId, None]:
    """By each order's last cancel, as far as it was answered."""
    if not isinstance(event, OrderCancelRequested | OrderCancelAnswered):
        return gone
    if isinstance(event, OrderCancelAnswered) and says_gone(event.answer):
        return gone.set(event.order_id, None)
    return gone.delete(event.order_id) if event.order_id in gone else gone


def resend_ms(ledger: Ledger, order: Order) -> int:
    """For how long after its request any executor that could have sent the order did; 0: nobody
    told. O(epochs since its request)."""
    told = (ms for epoch, ms in ledger.resends.items() if epoch >= order.epoch)
    return max(told, default=0)


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


def _examined(examined: Map[EventId, None], event: OrderEvent) -> Map[EventId, None]:
    return examined.set(event.cause, None) if isinstance(event, OrderExamined) else examined


def _resends(resends: Map[int, int], event: OrderEvent) -> Map[int, int]:
    if not isinstance(event, ExecutorEpochStarted):
        return resends
    return resends.set(event.epoch, event.resend_ms_max)


def _touched(
    touched: Map[TokenId, int], account: Account, event: OrderEvent, at_ms: int
) -> Map[TokenId, int]:
    if isinstance(event, PositionSettled):
        return touched.set(event.token_id, SETTLED)
    order = account.orders.get(OrderId(getattr(event, "order_id", "")))
    if order is None:
        return touched
    settled = touched.get(order.token_id) == SETTLED
    return touched.set(order.token_id, SETTLED if settled else at_ms)


def _forget(ledger: Ledger) -> Ledger:
    """What is about orders that the account forgot just now."""
    account = ledger.account
    first = min((order.epoch for order in account.orders.values()), default=account.epoch)
    tokens = {order.token_id for order in account.orders.values()} | set(account.positions)
    return msgspec.structs.replace(
        ledger,
        causes=Map({key: cause for key, cause in ledger.causes.items() if key in account.orders}),
        touched=Map({key: at_ms for key, at_ms in ledger.touched.items() if key in tokens}),
        gone=Map(dict.fromkeys(key for key in ledger.gone if key in account.orders)),
        resends=Map({epoch: ms for epoch, ms in ledger.resends.items() if epoch >= first}),
    )
