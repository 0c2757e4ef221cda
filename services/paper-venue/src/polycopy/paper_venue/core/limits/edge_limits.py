"""Rate limits at the edge, by IP: what is too much waits its turn and is seldom turned away.

So an overload is felt as latency. Figures: docs.polymarket.com rate limits (research 2.6). The
group of ledger endpoints counts reads only: with writes in it, the limits of trading that the same
page gives could never be reached.
"""

from array import array
from bisect import insort

import msgspec

from polycopy.paper_venue.core.protocol.messages import Host, Request

_SECOND_US = 1_000_000
_TEN_S, _TEN_MIN, _MINUTE = 10 * _SECOND_US, 600 * _SECOND_US, 60 * _SECOND_US


class Window(msgspec.Struct, frozen=True):
    """No more than `limit` requests in any `span_us`."""

    name: str
    limit: int
    span_us: int = _TEN_S


def _dual(name: str, ten_s: int, ten_min: int) -> tuple[Window, ...]:
    return Window(name, ten_s), Window(f"{name} sustained", ten_min, _TEN_MIN)


CLOB, GAMMA, DATA = Window("CLOB", 9_000), Window("Gamma", 4_000), Window("Data API", 1_000)
_LEDGER = Window("ledger", 900)
_LISTING = Window("/markets + /events", 900)
_AUTH = Window("auth", 100)
_EXACT: dict[tuple[str, str], tuple[Window, ...]] = {
    ("POST", "/order"): (CLOB, *_dual("POST /order", 5_000, 120_000)),
    ("DELETE", "/order"): (CLOB, *_dual("DELETE /order", 5_000, 120_000)),
    ("POST", "/orders"): (CLOB, *_dual("POST /orders", 2_000, 21_000)),
    ("DELETE", "/orders"): (CLOB, *_dual("DELETE /orders", 2_000, 15_000)),
    ("DELETE", "/cancel-all"): (CLOB, *_dual("cancel-all", 250, 6_000)),
    ("DELETE", "/cancel-market-orders"): (CLOB, *_dual("cancel-market-orders", 1_500, 21_000)),
    ("GET", "/data/orders"): (CLOB, _LEDGER, Window("/data/orders", 500)),
    ("GET", "/data/trades"): (CLOB, _LEDGER, Window("/data/trades", 500)),
    ("GET", "/balance-allowance"): (CLOB, Window("balance", 200)),
    ("GET", "/balance-allowance/update"): (CLOB, Window("balance update", 50)),
    ("GET", "/book"): (CLOB, Window("/book", 1_500)),
    ("POST", "/books"): (CLOB, Window("/books", 500)),
    ("GET", "/price"): (CLOB, Window("/price", 1_500)),
    ("POST", "/prices"): (CLOB, Window("/prices", 500)),
    ("GET", "/midpoint"): (CLOB, Window("/midpoint", 1_500)),
    ("POST", "/midpoints"): (CLOB, Window("/midpoints", 500)),
    ("GET", "/tick-size"): (CLOB, Window("/tick-size", 200)),
    ("POST", "/submit"): (Window("relayer", 25, _MINUTE),),
}
_UNDER: dict[Host, dict[str, tuple[Window, ...]]] = {
    Host.CLOB: {"/auth": (CLOB, _AUTH), "/data/order": (CLOB, _LEDGER), "": (CLOB,)},
    Host.GAMMA: {
        "/markets": (GAMMA, _LISTING, Window("/markets", 300)),
        "/events": (GAMMA, _LISTING, Window("/events", 500)),
        "": (GAMMA,),
    },
    Host.DATA: {
        "/trades": (DATA, Window("Data /trades", 200)),
        "/v2/trades": (DATA, Window("Data /trades", 200)),
        "/positions": (DATA, Window("Data /positions", 150)),
        "/v2/positions": (DATA, Window("Data /positions", 150)),
        "/closed-positions": (DATA, Window("Data /closed-positions", 150)),
        "": (DATA,),
    },
}
"""By whole parts of the path; the first that begins it."""


def windows(host: Host, method: str, path: str) -> tuple[Window, ...]:
    """All limits that a request must fit into."""
    if host is Host.CLOB and (method, path) in _EXACT:
        return _EXACT[method, path]
    under = _UNDER[host].items()
    return next(found for start, found in under if f"{path}/".startswith(f"{start}/"))


class Queued(msgspec.Struct, frozen=True):
    """How long a request waits at the edge. `full`: longer than the edge keeps anybody, so it is
    turned away and has not been counted."""

    wait_us: int
    full: bool = False


class EdgeLimits:
    """When each request was let in. A window costs eight bytes a request, up to twice its limit."""

    def __init__(self, *, wait_us_max: int) -> None:
        self._wait_us_max = wait_us_max
        self._let_in: dict[tuple[str, str], array[int]] = {}

    def queued(self, request: Request) -> Queued:
        held = [
            (window, self._let_in.setdefault((request.ip, window.name), array("q")))
            for window in windows(request.host, request.method, request.path)
        ]
        now_us = at_us = request.received_at_us
        for window, let_in in held:
            if len(let_in) >= window.limit:
                at_us = max(at_us, let_in[-window.limit] + window.span_us)
        if at_us - now_us > self._wait_us_max:
            return Queued(at_us - now_us, full=True)
        for window, let_in in held:
            _add(let_in, at_us, window.limit)
        return Queued(at_us - now_us)


def _add(let_in: "array[int]", at_us: int, limit: int) -> None:
    """In order, though somebody whom another window held back may come in later than his
    followers: whoever is let in at `at_us` has fewer than `limit` in the span before, and counts
    everybody after as being in it too."""
    if let_in and at_us < let_in[-1]:
        insort(let_in, at_us)
    else:
        let_in.append(at_us)
    if len(let_in) >= 2 * limit:
        del let_in[:-limit]
