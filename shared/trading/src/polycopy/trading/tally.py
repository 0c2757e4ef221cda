"""What the limits count, event by event: the clock, the day, the results, the entries."""

from typing import get_args

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.money import Side
from polycopy.schemas.orders import Fill, OrderEvent, OrderRequested
from polycopy.trading.account_state import DAY_MS, Account, Tally

MINUTE_MS = 60_000
_ENTRIES_MAX = 10_000
_OURS = (
    "requested_at_ms",
    "refused_at_ms",
    "placed_at_ms",
    "failed_at_ms",
    "uncertain_at_ms",
    "confirmed_at_ms",
    "reverted_at_ms",
    "cancelled_at_ms",
    "expired_at_ms",
    "lost_at_ms",
    "recovered_at_ms",
    "examined_at_ms",
    "cancel_requested_at_ms",
    "cancel_answered_at_ms",
    "settled_at_ms",
    "fell_behind_at_ms",
    "caught_up_at_ms",
    "seen_at_ms",
    "checked_at_ms",
)
"""The times that one of our services took from its own clock. A match has the venue's."""
_MATCHES = get_args(Fill)
"""To ask a union costs four times as much."""
_FIELD: dict[type[Event], str] = {}


def at(account: Account, event: OrderEvent) -> Account:
    """The account at the time of an event that it is about to hear. A clock never goes back."""
    clock_ms = _time_ms(event)
    if clock_ms <= account.clock_ms:
        return account
    day, known = clock_ms // DAY_MS, account.tally
    if day != known.day:
        known = msgspec.structs.replace(
            known,
            day=day,
            result_at_midnight_micros=account.result_micros,
            spent_today_micros=0,
        )
    return msgspec.structs.replace(account, clock_ms=clock_ms, tally=known)


def counted(before: Account, after: Account, event: OrderEvent) -> Account:
    """The account with what the event changed counted."""
    tally = after.tally
    entries, highest = tally.entries_ms, tally.highest_result_micros
    spent = 0 if before.free_micros == after.free_micros else _spent_change(before, after, event)
    if isinstance(event, OrderRequested) and event.side is Side.BUY:
        at_ms = event.requested_at_ms  # One service's clock: another's may have been far ahead.
        entries = (*_recent(tally, at_ms), at_ms)[-_ENTRIES_MAX:]
    if not isinstance(event, _MATCHES):  # A match may be taken back, and this mark never is.
        highest = max(highest, after.result_micros)
    if not spent and entries is tally.entries_ms and highest == tally.highest_result_micros:
        return after
    counted = msgspec.structs.replace(
        tally,
        highest_result_micros=highest,
        spent_today_micros=tally.spent_today_micros + spent,
        entries_ms=entries,
    )
    return msgspec.structs.replace(after, tally=counted)


def _recent(tally: Tally, at_ms: int) -> tuple[int, ...]:
    """The entries of the last minute; after a clock was set back, those of the next one too."""
    return tuple(entry for entry in tally.entries_ms if abs(at_ms - entry) < MINUTE_MS)


def entries_last_minute(tally: Tally, at_ms: int) -> int:
    return len(_recent(tally, at_ms))


def _spent_change(before: Account, after: Account, event: OrderEvent) -> int:
    """What a BUY spends or locks is what is no longer free."""
    change = before.free_micros - after.free_micros
    order_id = getattr(event, "order_id", None)
    order = after.orders.get(order_id) if change and order_id else None
    if order is None or order.side is not Side.BUY:
        return 0
    return change if order.day == after.tally.day else 0


def _time_ms(event: OrderEvent) -> int:
    kind = type(event)
    field = _FIELD.get(kind)
    if field is None:
        names = kind.__struct_fields__
        field = _FIELD[kind] = next((name for name in _OURS if name in names), "")
    return getattr(event, field) if field else 0
