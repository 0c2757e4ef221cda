"""What one round of questions to the venue brought: of each source what it has of an order.

An answer is one of three: the source has it, denies it, or could not be asked. A list that could
not be read to its end denies nothing.
"""

from collections.abc import Mapping

import msgspec

from polycopy.schemas.ids import OrderId, VenueOrderId, VenueTradeId
from polycopy.schemas.moments import moment
from polycopy.schemas.money import decimal_text
from polycopy.schemas.terms import CancelVerdict, Finding, Verdict
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.rules import OPEN_ORDERS, ORDER, TRADES
from polycopy.trading.account_state import Account
from polycopy.trading.order_state import Order

USER_SOCKET = "user-socket"
CANCEL = "cancel"
LOG = "log"
_NAMED_MAX = 5
_CANCELS = {
    CancelVerdict.CANCELLED: Verdict.PRESENT,
    CancelVerdict.MATCHED: Verdict.PRESENT,
    CancelVerdict.PENDING: Verdict.PRESENT,
    CancelVerdict.NOT_FOUND: Verdict.ABSENT,
    CancelVerdict.UNKNOWN: Verdict.UNKNOWN,
}


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Our open orders. `fault`: why they were not read to the end; `unread`: which of them nobody
    can read."""

    orders: frozenset[VenueOrderId] = frozenset()
    fault: str = ""
    unread: str = ""

    @property
    def doubt(self) -> str:
        """Why there may be more of them; "" where there are not."""
        return "; ".join(why for why in (self.unread, self.fault) if why)


class Traded(msgspec.Struct, frozen=True, kw_only=True):
    """Our trades since `from_ms`, by order. `fault`: why they were not read to the end; `unread`:
    which of them nobody can read."""

    from_ms: int
    trades: Mapping[VenueOrderId, frozenset[VenueTradeId]] = {}
    read: int = 0
    newest_ms: int = 0
    fault: str = ""
    unread: str = ""

    @property
    def doubt(self) -> str:
        """Why there may be more of them; "" where there are not."""
        return "; ".join(why for why in (self.unread, self.fault) if why)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """`looks`: what became of the look for each order that was asked for by its id.
    `orders_read`: how many orders were asked for or listed."""

    began_ms: int
    ended_ms: int
    orders_read: int
    looks: Mapping[OrderId, Finding]
    listed: Listed
    traded: Traded

    @property
    def unread(self) -> str:
        """Which rows nobody can read; that will not pass by itself."""
        return "; ".join(why for why in (self.listed.unread, self.traded.unread) if why)

    @property
    def doubts(self) -> list[str]:
        """What could not be read, and why; [] where all was."""
        every = (_unanswered(self.looks), self.listed.doubt, self.traded.doubt)
        return [doubt for doubt in every if doubt]


def _unanswered(looks: Mapping[OrderId, Finding]) -> str:
    """The orders of which nobody knows what the venue has, in one line, and why of the first."""
    failed = [key for key, look in looks.items() if look.verdict is Verdict.UNKNOWN]
    if not failed:
        return ""
    names = ", ".join(f"order {order_id}" for order_id in failed[:_NAMED_MAX])
    return f"{len(failed)} orders could not be looked at: {names} ({looks[failed[0]].detail})"


def denied_in_all(reading: Reading, account: Account) -> list[OrderId]:
    """The orders that the venue does not know by their id, and of which all trades were read; of
    one that may rest, all open orders too."""
    return [
        order_id
        for order_id, look in reading.looks.items()
        if look.verdict is Verdict.ABSENT and _is_whole(reading, account.orders[order_id])
    ]


def in_venue(reading: Reading, order: Order) -> tuple[Finding, Finding, Finding]:
    """What `order`, `open-orders` and `trades` have of an order."""
    look = reading.looks.get(order.order_id)
    return (
        look or Finding(source=ORDER, verdict=Verdict.UNKNOWN, detail="not asked"),
        _listed(reading.listed, order),
        _traded(reading.traded, order),
    )


def beside(order: Order, hearing: Hearing, since_ms: int) -> tuple[Finding, Finding, Finding]:
    """What `user-socket` told since then, what `cancel` answered, and what is in the `log`."""
    return _heard(order, hearing, since_ms), _cancel(order), _log(order)


def _heard(order: Order, hearing: Hearing, since_ms: int) -> Finding:
    told_ms = hearing.told.get(order.venue_order_id, 0)
    if told_ms and told_ms >= since_ms:
        detail = f"told at {moment(told_ms)}"
        return Finding(source=USER_SOCKET, verdict=Verdict.PRESENT, detail=detail)
    if not hearing.connected_at_ms:
        return Finding(source=USER_SOCKET, verdict=Verdict.UNKNOWN, detail="not connected")
    if told_ms:
        detail = f"told at {moment(told_ms)}, and nothing since"
    elif order.is_over:
        detail = "what it told of an order that is over is not kept"
    else:
        detail = f"connected since {moment(hearing.connected_at_ms)}, and told nothing of it"
    return Finding(source=USER_SOCKET, verdict=Verdict.UNKNOWN, detail=detail)


def _is_whole(reading: Reading, order: Order) -> bool:
    unlisted = not order.rests or _listed(reading.listed, order).verdict is Verdict.ABSENT
    return unlisted and not _untraded(reading.traded, order)


def _listed(listed: Listed, order: Order) -> Finding:
    if order.venue_order_id in listed.orders:
        return Finding(source=OPEN_ORDERS, verdict=Verdict.PRESENT)
    verdict = Verdict.UNKNOWN if listed.doubt else Verdict.ABSENT
    return Finding(source=OPEN_ORDERS, verdict=verdict, detail=listed.doubt)


def _traded(traded: Traded, order: Order) -> Finding:
    """A trade that was read is proof. That there is none, only where all were read."""
    parts = len(traded.trades.get(order.venue_order_id, ()))
    since = f"since {moment(traded.from_ms)}"
    if parts:
        detail = f"{parts} trade{'' if parts == 1 else 's'} of it {since}"
        return Finding(source=TRADES, verdict=Verdict.PRESENT, detail=detail)
    doubt = _untraded(traded, order)
    verdict = Verdict.UNKNOWN if doubt else Verdict.ABSENT
    return Finding(source=TRADES, verdict=verdict, detail=doubt or f"none {since}")


def _untraded(traded: Traded, order: Order) -> str:
    """Why not all trades of the order are known; "" where they are."""
    too_late = traded.from_ms > order.requested_at_ms
    return traded.doubt or (f"read since {moment(traded.from_ms)} only" if too_late else "")


def _cancel(order: Order) -> Finding:
    asked_ms, answer = order.cancel_requested_at_ms, order.cancel_verdict
    if not asked_ms:
        return Finding(source=CANCEL, verdict=Verdict.UNKNOWN, detail="not asked for")
    if answer is None:
        detail = f"asked for at {moment(asked_ms)}, not answered"
        return Finding(source=CANCEL, verdict=Verdict.UNKNOWN, detail=detail)
    detail = f"asked for at {moment(asked_ms)}: {answer.value}"
    return Finding(source=CANCEL, verdict=_CANCELS[answer], detail=detail)


def _log(order: Order) -> Finding:
    if order.by_notional:
        filled, asked = order.filled_notional_micros, order.notional_micros
        part = f"${decimal_text(filled)} of ${decimal_text(asked)}"
    else:
        part = (
            f"{decimal_text(order.filled_size_micros)} of {decimal_text(order.size_micros)} shares"
        )
    detail = f"{order.state.value}, {part} filled"
    return Finding(source=LOG, verdict=Verdict.PRESENT, detail=detail)
