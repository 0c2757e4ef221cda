"""`/trades` and `/activity` of both versions: rows by filters, in pages."""

from collections.abc import Callable, Iterator
from itertools import islice

from polycopy.paper_venue.core.data_api import bodies, refusing
from polycopy.paper_venue.core.data_api.refusing import LIMIT_DEFAULT, LIMIT_MAX, Paging
from polycopy.paper_venue.core.data_api.rows import Anchor, Index, Row, Window
from polycopy.paper_venue.core.data_api.selecting import (
    Selection,
    asked_conditions,
    asked_kinds,
    asked_side,
    asked_wallet,
    asks_for_cash,
    selected,
)
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Movement
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.protocol import cursors, wire
from polycopy.paper_venue.core.protocol.parameters import INT64_MAX, BadParameterError, Parameters
from polycopy.schemas.money import MICROS

_TRADES = frozenset({Movement.TRADE.value})
_DUST_MICROS = 10_000
_DAY_S = 86_400
_THREE_YEARS_S = 3 * 365 * _DAY_S
_OLD_TRADES_LIMIT_MAX = 10_000
_OLD_TRADES_OFFSET_MAX = 3000
_OLD_ACTIVITY_LIMIT_MAX = 500
_OLD_ACTIVITY_OFFSET_MAX = 5000
_Body = Callable[[Row, Market | None], wire.Body]


def old_trades(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """v1 `/trades`. A limit beyond 10,000 is cut; an offset beyond 3,000 is refused, as others saw
    in 2026 (the API's description said 10,000)."""
    limit, offset = _old_page(parameters, _OLD_TRADES_LIMIT_MAX, _OLD_TRADES_OFFSET_MAX)
    selection = Selection(
        wallet=asked_wallet(parameters, needed=False, words=refusing.words("user")),
        conditions=asked_conditions(exchange, parameters, "market"),
        kinds=_TRADES,
        side=asked_side(parameters),
        taker_only=parameters.flag("takerOnly") is not False,
        least_micros=parameters.amount_micros("filterAmount", default=0),
        cash=asks_for_cash(parameters, "filterType"),
    )
    rows = selected(index, selection, Window())
    return _bodies(exchange, islice(rows, offset, offset + limit), bodies.trade)


def old_activity(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """v1 `/activity`. Sorted by TIMESTAMP (default), TOKENS or CASH."""
    limit, offset = _old_page(parameters, _OLD_ACTIVITY_LIMIT_MAX, _OLD_ACTIVITY_OFFSET_MAX)
    selection = Selection(
        wallet=asked_wallet(parameters, needed=True, words=refusing.MISSING_USER),
        conditions=asked_conditions(exchange, parameters, "market"),
        kinds=asked_kinds(parameters),
        side=asked_side(parameters),
    )
    sort_by = parameters.text("sortBy").upper()
    if sort_by not in ("", "TIMESTAMP", "TOKENS", "CASH"):
        raise parameters.bad("sortBy")
    descending = _descending(parameters, "sortDirection")
    window = Window(
        start_s=parameters.whole("start", default=0, least=0),
        end_s=parameters.whole("end", default=0, least=0) or INT64_MAX,
        newest_first=descending,
    )
    rows: Iterator[Row] = selected(index, selection, window)
    if sort_by == "TOKENS":
        rows = iter(sorted(rows, key=lambda row: row.size_micros, reverse=descending))
    elif sort_by == "CASH":
        rows = iter(sorted(rows, key=lambda row: row.usdc_micros, reverse=descending))
    return _bodies(exchange, islice(rows, offset, offset + limit), bodies.activity)


def trades(exchange: Exchange, index: Index, parameters: Parameters) -> wire.Body:
    """`/v2/trades`. `start` and `end` narrow a wallet's trades only, as at the venue."""
    paging, anchor, _ = _resumed("trades", parameters)
    wallet = asked_wallet(parameters, needed=False, words="invalid 'user' address")
    selection = Selection(
        wallet=wallet,
        conditions=asked_conditions(exchange, parameters, "condition", "condition_id"),
        kinds=_TRADES,
        side=asked_side(parameters),
        taker_only=parameters.flag("taker_only") is not False,
        least_micros=parameters.amount_micros("filter_amount", default=0) or _DUST_MICROS,
        cash=asks_for_cash(parameters, "filter_type"),
    )
    start_s, end_s = _window(parameters, index.now_us)
    if wallet is None:
        start_s, end_s = _window_default(index.now_us)
    window = Window(start_s=start_s, end_s=end_s, after=anchor)
    rows = selected(index, selection, window)
    return _page(exchange, "trades", paging, rows, bodies.trade)


def activity(exchange: Exchange, index: Index, parameters: Parameters) -> wire.Body:
    """`/v2/activity`. A cursor binds the direction it was made under."""
    paging, anchor, direction = _resumed("activity", parameters)
    if parameters.text("sort_by").upper() not in ("", "TIMESTAMP"):
        words = "only sortBy=TIMESTAMP with sortDirection=DESC is supported"
        raise BadParameterError("sort_by", words)
    descending = _descending(parameters, "sort_direction")
    parameters.flag("exclude_deposits_withdrawals")  # No row is one: it only has to read.
    selection = Selection(
        wallet=asked_wallet(parameters, needed=True, words=refusing.MISSING_USER),
        conditions=asked_conditions(exchange, parameters, "condition", "condition_id"),
        kinds=asked_kinds(parameters),
        side=asked_side(parameters),
    )
    newest_first = direction == "DESC" if direction else descending
    start_s, end_s = _window(parameters, index.now_us)
    window = Window(start_s=start_s, end_s=end_s, after=anchor, newest_first=newest_first)
    rows = selected(index, selection, window)
    bound = "DESC" if newest_first else "ASC"
    return _page(exchange, "activity", paging, rows, bodies.activity_of_version_2, bound)


def _page(
    exchange: Exchange,
    kind: str,
    paging: Paging,
    rows: Iterator[Row],
    body: _Body,
    direction: str = "DESC",
) -> wire.Body:
    """One row more than the page is looked at, so that `has_more` is exact."""
    found = list(islice(rows, paging.limit + 1))
    shown = found[: paging.limit]
    cursor = None
    if len(found) > paging.limit:
        last, count = shown[-1].anchor, paging.offset + paging.limit
        place = (paging.limit, count, last.block_s, last.sequence)
        cursor = cursors.written(kind, *place, direction)
    told = [bodies.snake(body(row, _market(exchange, row))) for row in shown]
    return refusing.paged(told, paging, cursor)


def _resumed(kind: str, parameters: Parameters) -> tuple[Paging, Anchor | None, str]:
    """Where a page begins: the cursor's size wins over `limit`."""
    if "offset" in parameters:
        raise refusing.offset_refused()
    limit = parameters.whole("limit", default=0, least=0, most=LIMIT_MAX) or LIMIT_DEFAULT
    cursor = parameters.text("cursor")
    if not cursor:
        return Paging(limit=limit), None, ""
    limit_then, offset, block_s, sequence, direction = cursors.read(kind, cursor)
    paging = Paging(limit=int(limit_then), offset=int(offset))
    return paging, Anchor(int(block_s), int(sequence)), str(direction)


def _window(parameters: Parameters, now_us: int) -> tuple[int, int]:
    """Omitted or 0: three years back, and one day ahead."""
    floor_s, ceiling_s = _window_default(now_us)
    start_s = parameters.whole("start", default=0, least=0) or floor_s
    end_s = parameters.whole("end", default=0, least=0) or ceiling_s
    return start_s, end_s


def _window_default(now_us: int) -> tuple[int, int]:
    now_s = now_us // MICROS
    return max(now_s - _THREE_YEARS_S, 0), now_s + _DAY_S


def _old_page(parameters: Parameters, limit_max: int, offset_max: int) -> tuple[int, int]:
    limit = parameters.whole("limit", default=LIMIT_DEFAULT, least=0)
    offset = parameters.whole("offset", default=0, least=0)
    if offset > offset_max:
        words = f"max historical activity offset of {offset_max} exceeded"
        raise BadParameterError("offset", words)
    return min(limit, limit_max), offset


def _descending(parameters: Parameters, name: str) -> bool:
    direction = parameters.text(name).upper()
    if direction not in ("", "ASC", "DESC"):
        raise parameters.bad(name)
    return direction != "ASC"


def _bodies(exchange: Exchange, rows: Iterator[Row], body: _Body) -> list[object]:
    return [body(row, _market(exchange, row)) for row in rows]


def _market(exchange: Exchange, row: Row) -> Market | None:
    book = exchange.books.get(row.condition_id)
    return None if book is None else book.market
