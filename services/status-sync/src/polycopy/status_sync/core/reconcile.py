"""Reports become events, each fact once, whatever the order and however often they come.

A lost order that a report shows is recovered first, and what else the report says comes after that.

Laws: reconciling the same reports again says nothing; every order of the same reports ends in the
same account.
"""

from collections.abc import Iterable

from polycopy.polymarket.reports import (
    OrderReport,
    OrderStatus,
    ReportedFill,
    TradeReport,
    TradeStatus,
    fills,
)
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core import matches
from polycopy.status_sync.core.ledger import Ledger
from polycopy.trading import account as accounts
from polycopy.trading.account_reports import (
    SeenFill,
    confirm_fill,
    record_cancel,
    record_expiry,
    record_fill,
    record_recovery,
    revert_fill,
)
from polycopy.trading.account_state import Account
from polycopy.trading.order_state import FillKey, Order

Report = OrderReport | TradeReport

CLOCKS_MS = 60_000
"""The venue's clock may be so far from ours."""
DUST_MICROS = 10_000
"""The venue rounds sizes to 0.01 share."""
_IMMEDIATE = frozenset({OrderType.FAK, OrderType.FOK})
_ENDED = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.INVALID})


def reconcile(
    ledger: Ledger, reports: Iterable[Report], *, source: str, at_ms: int
) -> list[OrderEvent]:
    """What these reports, and the last words that the ledger remembers, add to the account."""
    account, said = ledger.account, list[OrderEvent]()
    for report in reports:
        if isinstance(report, OrderReport):
            account = _say(said, account, _shown(account, report, source, at_ms))
            continue
        for part in matches.believed(account, report):
            account = _say(said, account, _fill(account, report, part, source, at_ms))
            account = _say(said, account, _settlement(account, report, part, at_ms))
    for last_word in ledger.ends.values():
        account = _say(said, account, _end(account, last_word, at_ms))
    return said


def sighted(account: Account, reports: Iterable[Report]) -> set[OrderId]:
    """Our orders that these reports prove to be there. A match that was known before proves nothing
    about what is left of its order."""
    shown = {
        order.order_id
        for report in reports
        if isinstance(report, OrderReport)
        and (order := account.order_by_venue_id(report.venue_order_id)) is not None
    }
    return shown | {order.order_id for order, _ in new_fills(account, reports)}


def new_fills(account: Account, reports: Iterable[Report]) -> list[tuple[Order, FillKey]]:
    """The fills of our orders that these reports add, with their orders."""
    trades = (one for one in reports if isinstance(one, TradeReport))
    parts = (part for trade in trades for part in matches.believed(account, trade))
    ours = ((account.order_by_venue_id(part.venue_order_id), part) for part in parts)
    return [
        (order, matches.key(part))
        for order, part in ours
        if order and not matches.is_known(order, part)
    ]


def strangers(account: Account, reports: Iterable[Report]) -> int:
    """How many of the reports are about none of our orders."""
    return sum(not _is_ours(account, report) for report in reports)


def last_words(account: Account, reports: Iterable[Report]) -> list[OrderReport]:
    """The reports after which an order of ours fills no more."""
    return [
        report
        for report in reports
        if isinstance(report, OrderReport)
        and (order := account.order_by_venue_id(report.venue_order_id)) is not None
        and _ends(order, report)
    ]


def _fill(
    account: Account, trade: TradeReport, part: ReportedFill, source: str, at_ms: int
) -> list[OrderEvent]:
    order = account.order_by_venue_id(part.venue_order_id)
    if order is None or matches.is_known(order, part):
        return []
    seen = SeenFill(
        venue_trade_id=part.venue_trade_id,
        venue_order_id=part.venue_order_id,
        size_micros=part.size_micros,
        price_micros=part.price_micros,
        notional_micros=matches.notional_micros(trade, part),
        fee_micros=matches.fee_micros(order, trade, part),
        role=part.role,
        source=source,
        matched_at_ms=_matched_at_ms(order, trade, at_ms),
        transaction_hash=trade.transaction_hash,
    )
    said = _recovery(account, order, source, trade.status_text, at_ms)
    if trade.status is TradeStatus.FAILED:
        # First that it never happened, then what it was: its shares are there at no moment.
        said += _settlement(_after(account, said), trade, part, at_ms)
    return said + record_fill(_after(account, said), seen)


def _matched_at_ms(order: Order, trade: TradeReport, at_ms: int) -> int:
    """Not later than now: an order that was heard of in the future would look fresh until then. Not
    long before its order either: until it settles, all trades since then would be read.
    """
    first_ms = order.requested_at_ms - CLOCKS_MS
    return min(max(trade.matched_at_ms, first_ms) if trade.matched_at_ms else at_ms, at_ms)


def _shown(account: Account, report: OrderReport, source: str, at_ms: int) -> list[OrderEvent]:
    order = account.order_by_venue_id(report.venue_order_id)
    return _recovery(account, order, source, report.status_text, at_ms) if order else []


def _recovery(
    account: Account, order: Order, source: str, status: str, at_ms: int
) -> list[OrderEvent]:
    """[] for an order that is not lost."""
    return record_recovery(account, order.order_id, source=source, status=status, at_ms=at_ms)


def _settlement(
    account: Account, trade: TradeReport, part: ReportedFill, at_ms: int
) -> list[OrderEvent]:
    key = part.venue_trade_id, part.venue_order_id
    match trade.status:
        case TradeStatus.CONFIRMED:
            return confirm_fill(account, *key, trade.transaction_hash, at_ms)
        case TradeStatus.FAILED:
            return revert_fill(account, *key, trade.error or trade.status_text, at_ms)
        case _:
            return []  # On its way; the transaction may still change.


def _end(account: Account, report: OrderReport, at_ms: int) -> list[OrderEvent]:
    order = account.order_by_venue_id(report.venue_order_id)
    if order is None or not _knows_all(order, report):
        return []  # More was matched than we know of: its trades come first.
    if report.status is OrderStatus.EXPIRED:
        return record_expiry(account, order.order_id, at_ms)
    return record_cancel(account, order.order_id, report.status_text, at_ms)


def _ends(order: Order, report: OrderReport) -> bool:
    """Whether the venue says that the order fills no more, and how much of it was filled."""
    if report.matched_size_micros is None:
        return False
    if report.status is OrderStatus.MATCHED:
        return order.order_type in _IMMEDIATE and report.matched_size_micros > 0
    return report.status in _ENDED


def _knows_all(order: Order, report: OrderReport) -> bool:
    """Whether the fills that we know are all that the report counts; a match has one at least."""
    if report.matched_size_micros is None:
        return False
    known = order.matched_size_micros
    missing = report.matched_size_micros - known
    return missing <= DUST_MICROS and (known > 0 or report.status is not OrderStatus.MATCHED)


def _is_ours(account: Account, report: Report) -> bool:
    if isinstance(report, OrderReport):
        return account.order_by_venue_id(report.venue_order_id) is not None
    return any(account.order_by_venue_id(part.venue_order_id) for part in fills(report))


def _say(said: list[OrderEvent], account: Account, events: list[OrderEvent]) -> Account:
    said += events
    return _after(account, events)


def _after(account: Account, events: list[OrderEvent]) -> Account:
    for event in events:
        account = accounts.evolve(account, event)
    return account
