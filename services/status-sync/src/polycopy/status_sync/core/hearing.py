"""How well the user socket hears, judged by what it tells and never by its pongs.

It is silent where it told nothing for long though something is owed, and deaf where a fill or an
end was found by asking that it ought to have told. Deafness needs no clock of the venue: what is
new since the last whole reading on the same connection happened while it was listening.
"""

from collections.abc import Sequence

import msgspec
from immutables import Map

from polycopy.polymarket.reports import OrderReport, TradeReport, fills
from polycopy.schemas.ids import VenueOrderId
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.reconcile import Report, last_words, new_fills
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.account_state import open_orders
from polycopy.trading.order_state import FillKey

Fact = FillKey | VenueOrderId
"""A fill, or the end of an order."""


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """The venue answered on a new connection. What happened before is not told on it."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """The connection is gone, and why."""

    reason: str


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """The socket so far. `connection` counts the connections, `connected_at_ms` 0 means that there
    is none now, `data_at_ms` is when the last data came. `read_whole`: whether everything was read
    since it was connected."""

    connection: int = 0
    connected_at_ms: int = 0
    data_at_ms: int = 0
    read_whole: bool = False
    told: Map[VenueOrderId, int] = Map()
    """When it last spoke of an order of ours that was open then."""
    untold: Map[Fact, int] = Map()
    """What was found by asking and not told yet, with when it was found."""


def connected(hearing: Hearing, at_ms: int) -> Hearing:
    return Hearing(
        connection=hearing.connection + 1,
        connected_at_ms=at_ms,
        data_at_ms=at_ms,
        told=hearing.told,
    )


def lost(hearing: Hearing) -> Hearing:
    """What it did not tell, it never will."""
    return Hearing(connection=hearing.connection, told=hearing.told)


def read_whole(hearing: Hearing, connection: int) -> Hearing:
    """All was read since before that connection was there."""
    same = hearing.connected_at_ms and hearing.connection == connection
    return msgspec.structs.replace(hearing, read_whole=True) if same else hearing


def heard(hearing: Hearing, ledger: Ledger, reports: Sequence[Report], at_ms: int) -> Hearing:
    """Data came: these reports, or what could not be read."""
    told, untold = hearing.told, hearing.untold
    for fact in _facts(ledger, reports):
        untold = untold.delete(fact) if fact in untold else untold
    for venue_order_id in _orders(reports):
        if ledger.account.order_by_venue_id(venue_order_id):
            told = told.set(venue_order_id, at_ms)
    return msgspec.structs.replace(hearing, data_at_ms=at_ms, told=told, untold=untold)


def found(hearing: Hearing, ledger: Ledger, reports: Sequence[Report], at_ms: int) -> Hearing:
    """These reports were asked for. What they add to the ledger, the socket has to tell.

    Ends of orders that never rest are left out: the venue does not tell of a killed FAK.
    """
    if not (hearing.connected_at_ms and hearing.read_whole):
        return hearing
    untold, account = hearing.untold, ledger.account
    facts: list[Fact] = [key for _, key in new_fills(account, reports)]
    for word in last_words(account, reports):
        order = account.order_by_venue_id(word.venue_order_id)
        if order and order.rests and word.venue_order_id not in ledger.ends:
            facts.append(word.venue_order_id)
    for fact in facts:
        untold = untold if fact in untold else untold.set(fact, at_ms)
    return msgspec.structs.replace(hearing, untold=untold)


def forget(hearing: Hearing, ledger: Ledger) -> Hearing:
    """Without what it told about orders that are closed and settled."""
    account = ledger.account
    waiting = {order.venue_order_id for order in open_orders(account)}
    waiting |= {venue_order_id for _, venue_order_id in ledger.unsettled}
    waiting |= {account.orders[order_id].venue_order_id for order_id in account.lost_ids}
    told = Map({key: at_ms for key, at_ms in hearing.told.items() if key in waiting})
    return msgspec.structs.replace(hearing, told=told)


def set_back(hearing: Hearing, at_ms: int) -> Hearing:
    """The same where our clock is set back to `at_ms`: nothing was heard or found after that."""
    times = hearing.data_at_ms, *hearing.told.values(), *hearing.untold.values()
    if max(times) <= at_ms:
        return hearing
    return msgspec.structs.replace(
        hearing,
        data_at_ms=min(hearing.data_at_ms, at_ms),
        told=Map({key: min(told_ms, at_ms) for key, told_ms in hearing.told.items()}),
        untold=Map({key: min(found_ms, at_ms) for key, found_ms in hearing.untold.items()}),
    )


def fault(hearing: Hearing, owed_since_ms: int | None, at_ms: int, rules: Rules) -> str:
    """Why the connection must be made anew; "" where it need not. `owed_since_ms`: since when
    something is owed, None where nothing is."""
    if not hearing.connected_at_ms:
        return ""
    oldest_ms = min(hearing.untold.values(), default=at_ms)
    if at_ms - oldest_ms > rules.deaf_ms:
        return f"deaf: did not tell what was found by asking {at_ms - oldest_ms} ms ago"
    if owed_since_ms is None:
        return ""
    silent_ms = at_ms - max(hearing.data_at_ms, owed_since_ms)
    return f"silent: no data for {silent_ms} ms" if silent_ms > rules.dataless_ms else ""


def _facts(ledger: Ledger, reports: Sequence[Report]) -> list[Fact]:
    """What the reports tell, whether it is news or not."""
    parts = [part for one in reports if isinstance(one, TradeReport) for part in fills(one)]
    ends = last_words(ledger.account, reports)
    return [
        *((part.venue_trade_id, part.venue_order_id) for part in parts),
        *(report.venue_order_id for report in ends),
    ]


def _orders(reports: Sequence[Report]) -> set[VenueOrderId]:
    parts = [part for one in reports if isinstance(one, TradeReport) for part in fills(one)]
    shown = {one.venue_order_id for one in reports if isinstance(one, OrderReport)}
    return shown | {part.venue_order_id for part in parts}
