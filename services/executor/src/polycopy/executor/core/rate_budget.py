"""How many requests the venue still takes, in its two layers, and how long the next one waits.

By signer the venue keeps a bucket of tokens for orders and one for cancels; by IP the edge counts
requests in windows that slide. The edge makes who is too fast wait, the venue turns him away. We
wait ourselves, and leave a twentieth of each window free. A cancel waits for no order and no read:
it has its own bucket, its own windows, and does not heed the window that all requests share.

Ours and no library: aiolimiter and pyrate-limiter read clocks of their own, and neither can be told
by the venue what is left, which tier we are in, or to close for a while.

Tokens are counted in thousandths: so many a second are as many thousandths a millisecond. Windows
are counted in tenths of their span, and the oldest tenth counts whole.
Source: docs.polymarket.com rate limits and trading rate limits.
"""

from enum import StrEnum

import msgspec
from immutables import Map

from polycopy.polymarket.rate_headers import RateNotice

_TOKEN = 1_000
_PARTS = 10
_MARGIN_PERCENT = 5
_CLOSED_MS = 1_000
"""After a 429 that names no time."""
_CLOSED_MS_MAX = 600_000
_TOO_MANY = 429


class Which(StrEnum):
    """A bucket of the signer's."""

    ORDERS = "orders"
    CANCELS = "cancels"


class Rate(msgspec.Struct, frozen=True):
    """Tokens a second, and how many a bucket holds."""

    per_s: int
    burst: int


class Window(msgspec.Struct, frozen=True):
    """No more than `limit` requests in any `span_ms`."""

    name: str
    limit: int
    span_ms: int = 10_000


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a request takes. `name`: what is closed by a 429 to it."""

    name: str
    windows: tuple[Window, ...]
    bucket: Which | None = None
    tokens: int = 0


def _tier(per_s: int, burst: int) -> dict[Which, Rate]:
    return {Which.ORDERS: Rate(per_s, burst), Which.CANCELS: Rate(2 * per_s, 2 * burst)}


TIERS: dict[str, dict[Which, Rate]] = {
    "standard": _tier(40, 60),
    "copper": _tier(60, 90),
    "bronze": _tier(80, 120),
    "silver": _tier(200, 300),
    "gold": _tier(400, 600),
    "platinum": _tier(450, 675),
    "diamond": _tier(525, 787),
    "elite": _tier(600, 900),
}


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """`level` in thousandths of a token at `at_ms`; below 0 where some are promised."""

    level: int
    at_ms: int


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """`counts`: of each window how many requests in which tenth, oldest first. `closed_until_ms`:
    by the name of the cost."""

    tier: str = "standard"
    buckets: Map[Which, Bucket] = Map()
    counts: Map[str, tuple[tuple[int, int], ...]] = Map()
    closed_until_ms: Map[str, int] = Map()


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """The request has its place, and takes it after `wait_ms`."""

    budget: Budget
    wait_ms: int


class TooLong(msgspec.Struct, frozen=True, kw_only=True):
    """It would have to wait for `wait_ms`, so nothing was taken."""

    wait_ms: int


_CLOB = Window("CLOB", 9_000)
_LEDGER = Window("ledger", 900)
_MINUTES_MS = 600_000
_EXACT: dict[tuple[str, str], tuple[Window, ...]] = {
    ("POST", "/order"): (
        _CLOB,
        Window("POST /order", 5_000),
        Window("POST /order sustained", 120_000, _MINUTES_MS),
    ),
    ("DELETE", "/order"): (
        _CLOB,
        Window("DELETE /order", 5_000),
        Window("DELETE /order sustained", 120_000, _MINUTES_MS),
    ),
    ("DELETE", "/orders"): (
        _CLOB,
        Window("DELETE /orders", 2_000),
        Window("DELETE /orders sustained", 15_000, _MINUTES_MS),
    ),
    ("GET", "/book"): (_CLOB, Window("/book", 1_500)),
    ("GET", "/data/orders"): (_CLOB, _LEDGER, Window("/data/orders", 500)),
    ("GET", "/data/trades"): (_CLOB, _LEDGER, Window("/data/trades", 500)),
    ("GET", "/balance-allowance"): (_CLOB, Window("balance", 200)),
    ("GET", "/balance-allowance/update"): (_CLOB, Window("balance update", 50)),
}
_ONE_ORDER = "/data/order/"


def cost(method: str, path: str, *, orders: int = 1) -> Cost:
    """Of a request to the CLOB; one that cancels names so many orders."""
    windows = _EXACT.get((method, path), (_CLOB,))
    match method:
        case "POST":
            return Cost(name="orders", windows=windows, bucket=Which.ORDERS, tokens=1)
        case "DELETE":
            return Cost(name="cancels", windows=windows, bucket=Which.CANCELS, tokens=orders)
        case _ if path.startswith(_ONE_ORDER):
            return Cost(name=_ONE_ORDER, windows=(_CLOB, _LEDGER))
        case _:
            return Cost(name=path if (method, path) in _EXACT else "reads", windows=windows)


def spend(budget: Budget, of: Cost, *, at_ms: int, wait_ms_max: int) -> Spent | TooLong:
    """Take the request's place behind those that have one already."""
    wait_ms = max(closed_ms(budget, of, at_ms), _bucket_wait_ms(budget, of, at_ms))
    for window in of.windows:
        if of.bucket is not Which.CANCELS or window is not _CLOB:
            wait_ms = max(wait_ms, _window_wait_ms(budget, window, at_ms))
    if wait_ms > wait_ms_max:
        return TooLong(wait_ms=wait_ms)
    buckets, counts = budget.buckets, budget.counts
    if of.bucket is not None:
        level = _level(budget, of.bucket, at_ms) - of.tokens * _TOKEN
        buckets = buckets.set(of.bucket, Bucket(level, at_ms))
    for window in of.windows:
        counted = counts.get(window.name, ())
        counts = counts.set(window.name, _counted(counted, window, at_ms, wait_ms))
    spent = msgspec.structs.replace(budget, buckets=buckets, counts=counts)
    return Spent(budget=spent, wait_ms=wait_ms)


def at_once_max(budget: Budget, which: Which) -> int:
    """How many tokens one request may cost: with more it is turned away for ever."""
    return TIERS[budget.tier][which].burst


def closed_ms(budget: Budget, of: Cost, at_ms: int) -> int:
    """For how long the venue wants no such request; 0 where it does."""
    return max(budget.closed_until_ms.get(of.name, 0) - at_ms, 0)


def told(
    budget: Budget, of: Cost, notice: RateNotice, *, http_status: int, at_ms: int, venue_s: int
) -> Budget:
    """After an answer. What the venue says is left may lower a bucket, and never fills it: it does
    not know what is on its way; nor is more owed than what comes back in the longest closing.
    `venue_s`: the venue's time, which `reset_s` is told in."""
    tier = notice.tier if notice.tier in TIERS else budget.tier
    after = msgspec.structs.replace(budget, tier=tier)
    if of.bucket is not None and notice.remaining is not None:
        owed_max = TIERS[tier][of.bucket].per_s * _CLOSED_MS_MAX
        told_level = max(notice.remaining * _TOKEN, -owed_max)
        level = min(_level(after, of.bucket, at_ms), told_level)
        buckets = after.buckets.set(of.bucket, Bucket(level, at_ms))
        after = msgspec.structs.replace(after, buckets=buckets)
    if http_status == _TOO_MANY:
        until_ms = at_ms + _asked_ms(notice, venue_s)
        until_ms = max(until_ms, after.closed_until_ms.get(of.name, 0))
        closed = after.closed_until_ms.set(of.name, until_ms)
        after = msgspec.structs.replace(after, closed_until_ms=closed)
    return after


def _asked_ms(notice: RateNotice, venue_s: int) -> int:
    wait_s = notice.retry_after_s or (notice.reset_s or 0) - venue_s
    return min(wait_s * 1_000, _CLOSED_MS_MAX) if wait_s > 0 else _CLOSED_MS


def _level(budget: Budget, which: Which, at_ms: int) -> int:
    """A bucket that nobody took from is full."""
    rate = TIERS[budget.tier][which]
    held = budget.buckets.get(which)
    if held is None:
        return rate.burst * _TOKEN
    return min(held.level + max(at_ms - held.at_ms, 0) * rate.per_s, rate.burst * _TOKEN)


def _bucket_wait_ms(budget: Budget, of: Cost, at_ms: int) -> int:
    if of.bucket is None:
        return 0
    missing = of.tokens * _TOKEN - _level(budget, of.bucket, at_ms)
    return max(-(-missing // TIERS[budget.tier][of.bucket].per_s), 0)


def _window_wait_ms(budget: Budget, window: Window, at_ms: int) -> int:
    part_ms = window.span_ms // _PARTS
    limit = window.limit * (100 - _MARGIN_PERCENT) // 100
    part = at_ms // part_ms
    # Those who wait for their place count as being there.
    counted = [one for one in budget.counts.get(window.name, ()) if one[0] >= part - _PARTS]
    while counted and sum(count for _, count in counted) >= limit:
        part = counted.pop(0)[0] + _PARTS + 1
    return max(part * part_ms - at_ms, 0)


def _counted(
    counted: tuple[tuple[int, int], ...], window: Window, at_ms: int, wait_ms: int
) -> tuple[tuple[int, int], ...]:
    part_ms = window.span_ms // _PARTS
    part = (at_ms + wait_ms) // part_ms
    kept = {each: count for each, count in counted if each >= at_ms // part_ms - _PARTS}
    kept[part] = kept.get(part, 0) + 1
    return tuple(sorted(kept.items()))
