"""Trades of ours that nobody can read or believe, by names that a person can say.

Such a row may be a fill, and what was not read proves nothing: no order ends by it, and the account
stays behind. Only a person ends that, in his name: who resumes the account and names the row in the
reason says that he has looked at it.
"""

import hashlib
import re
from collections.abc import Collection, Iterable

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.reports import TradeReport
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId
from polycopy.status_sync.core import matches
from polycopy.trading.account_state import Account

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_SAID = re.compile(r"\brow ([A-Za-z0-9_-]+)")
_NAMED_MAX = 5
_DIGITS = 16


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What may be ours. `name`: the venue's id of it, or else of its bytes."""

    name: str
    why: str


class RowsUnread(Transient):
    """All was read but for these rows."""

    def __init__(self, what: str, rows: Collection[Row]) -> None:
        super().__init__(doubt(what, rows))
        self.rows = tuple(rows)


def row_of(fault: Unreadable) -> Row:
    try:
        told = wire.note(wire.an_object(wire.document(fault.raw)), "id")
    except wire.MisfitError:
        told = ""
    return Row(name=_name(told, fault.raw), why=fault.reason)


def parts_unread(account: Account, trades: Iterable[TradeReport]) -> list[Row]:
    """The trades in which a part that may be of one of our orders could not be read, or believed.
    The account holds those that could."""
    return [
        Row(name=_name(told := trade.venue_trade_id, told.encode()), why=why)
        for trade in trades
        if (why := _part_unread(account, trade))
    ]


def looked_at(said: TradingStateSet, account: AccountId) -> frozenset[str]:
    """The rows (`row NAME`) that whoever lets this very account trade again says he looked at."""
    if said.account != account or said.state is not TradingState.ACTIVE:
        return frozenset()
    return frozenset(_SAID.findall(said.reason))


def doubt(what: str, rows: Collection[Row]) -> str:
    """In one line: what could not be read; "" where nothing is left."""
    if not rows:
        return ""
    first = next(iter(rows))
    names = ", ".join(f"row {row.name}" for row in [*rows][:_NAMED_MAX])
    return f"{len(rows)} {what} that may be ours could not be read: {names} ({first.why})"


def _part_unread(account: Account, trade: TradeReport) -> str:
    makers = trade.unread_makers
    if any(not maker or account.order_by_venue_id(maker) is not None for maker in makers):
        return "a maker's part of it"
    return matches.disbelieved(account, trade)


def _name(told: str, raw: bytes) -> str:
    return told if _NAME.fullmatch(told) else hashlib.sha256(raw).hexdigest()[:_DIGITS]
