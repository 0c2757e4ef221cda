"""What the limits count, event by event: the clock, the day, the results, the entries."""

from typing import get_args

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.money import Side
from polycopy.schemas.orders import Fill, OrderEvent, OrderRequested
from polycopy.trading.account_state import DAY_MS, Account, Day, Tally

MINUTE_MS = 60_000
_ENTRIES_MAX = 10_000
_DAYS_MAX = 7
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
    """The account at the time of an event that it is about to hear. Its clock never goes back."""
    time_ms, known = _time_ms(event), account.tally
    if not time_ms:
        return account
    day = time_ms // DAY_MS
    if day > known.day:
        known = msgspec.structs.replace(
            known,
            day=day,
            result_at_midnight_micros=account.result_micros,
            spent_today_micros=0,
            before=_merged((*known.before, _as_day(known))),
            set_back=False,
        )
    elif day < known.day or known.set_back:  # Midnight is still to come, or came just now.
        highest = max(known.result_at_midnight_micros, account.result_micros)
        known = msgspec.structs.replace(
            known, result_at_midnight_micros=highest, set_back=day < known.day
        )
    elif time_ms <= account.clock_ms:
        return account
    return msgspec.structs.replace(account, clock_ms=max(account.clock_ms, time_ms), tally=known)


def today(account: Account, at_ms: int) -> tuple[int, int]:
    """What was spent and what was lost on the day of `at_ms`.

    All later days that any of our clocks told of count too: where one was ahead, what came before
    that is remembered, and what comes after it counts for both days. No day begins early by it.
    """
    day, known = at_ms // DAY_MS, account.tally
    if day > known.day:
        return 0, 0
    days = [one for one in (*known.before, _as_day(known)) if one.day >= day]
    highest = max(one.result_at_midnight_micros for one in days)
    return sum(one.spent_micros for one in days), max(0, highest - account.result_micros)


def _as_day(tally: Tally) -> Day:
    return Day(
        day=tally.day,
        result_at_midnight_micros=tally.result_at_midnight_micros,
        spent_micros=tally.spent_today_micros,
    )


def _merged(days: tuple[Day, ...]) -> tuple[Day, ...]:
    """At most so many, however often a clock jumps: nothing of the oldest is forgotten."""
    if len(days) <= _DAYS_MAX:
        return days
    first, second, *rest = days
    both = Day(
        day=second.day,
        result_at_midnight_micros=max(
            first.result_at_midnight_micros, second.result_at_midnight_micros
        ),
        spent_micros=first.spent_micros + second.spent_micros,
    )
    return both, *rest


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
