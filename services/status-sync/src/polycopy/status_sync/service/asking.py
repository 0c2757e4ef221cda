"""One round of questions to the venue. What the answers hold is heard on the way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import VenueOrderId, VenueTradeId
from polycopy.schemas.terms import Finding, Verdict
from polycopy.status_sync.core.matches import believed
from polycopy.status_sync.core.reading import Listed, Reading, Traded
from polycopy.status_sync.core.reconcile import Report
from polycopy.status_sync.core.rows import Row, RowsUnread, doubt, parts_unread
from polycopy.status_sync.core.rules import OPEN_ORDERS, ORDER, TRADES
from polycopy.status_sync.ports import Asked
from polycopy.status_sync.service.scribe import Scribe
from polycopy.trading.order_state import Order

Hear = Callable[[Sequence[Report], str], Awaitable[object]]
"""Takes reports and the name of their source."""
_AT_ONCE_MAX = 16


class Asking:
    """Asks every source, one after the other: the trades come last, so that they hold whatever an
    order's last word counts. `looked_at`: names of rows that nobody has to read any more."""

    def __init__(self, asked: Asked, scribe: Scribe, hear: Hear, *, clock: Clock) -> None:
        self._asked = asked
        self._scribe = scribe
        self._hear = hear
        self._clock = clock
        self.looked_at = frozenset[str]()

    async def ask(self, orders: Sequence[Order], from_ms: int) -> Reading:
        """What cannot be read is noted in the reading. Raises Transient where the log is away."""
        began_ms = self._clock.now_ms()
        listed = await self._list()
        looks = await self._look(orders)
        traded = await self._read_trades(from_ms)
        return Reading(
            began_ms=began_ms,
            ended_ms=self._clock.now_ms(),
            orders_read=len({order.venue_order_id for order in orders} | listed.orders),
            looks={order.order_id: look for order, look in zip(orders, looks, strict=True)},
            listed=listed,
            traded=traded,
        )

    async def _list(self) -> Listed:
        pages: list[Sequence[OrderReport]] = []
        rows, fault = list[Row](), ""
        try:
            async for page in self._asked.open_orders():
                pages.append(page)  # noqa: PERF401 - what came before a fault counts
        except RowsUnread as error:
            rows += error.rows
        except Transient as error:
            fault = str(error)
        reports = [report for page in pages for report in page]
        await self._hear(reports, OPEN_ORDERS)
        # One that cannot be read is there all the same.
        ids = {VenueOrderId(row.name.lower()) for row in rows}
        return Listed(
            orders=frozenset(ids).union(one.venue_order_id for one in reports),
            fault=fault,
            unread=self._unread(OPEN_ORDERS, rows),
        )

    async def _look(self, orders: Sequence[Order]) -> list[Finding]:
        room = asyncio.Semaphore(_AT_ONCE_MAX)

        async def one(order: Order) -> OrderReport | Transient | None:
            """One that is never answered for must not stand in the way of the others."""
            async with room:
                try:
                    return await self._asked.order(order.venue_order_id)
                except Transient as doubt:
                    return doubt

        answers = await asyncio.gather(*map(one, orders))
        await self._hear([each for each in answers if isinstance(each, OrderReport)], ORDER)
        return [_finding(answer) for answer in answers]

    async def _read_trades(self, from_ms: int) -> Traded:
        trades: dict[VenueOrderId, set[VenueTradeId]] = {}
        read, newest_ms, rows, fault = 0, 0, list[Row](), ""
        try:
            async for page in self._asked.trades(max(0, from_ms // 1000 - 1)):
                await self._hear(page, TRADES)
                account = self._scribe.account
                rows += parts_unread(account, page)
                for part in (part for trade in page for part in believed(account, trade)):
                    trades.setdefault(part.venue_order_id, set()).add(part.venue_trade_id)
                read += len(page)
                newest_ms = max(newest_ms, _newest_ms(page))
        except RowsUnread as error:
            rows += error.rows
        except Transient as error:
            fault = str(error)
        return Traded(
            from_ms=from_ms,
            trades={key: frozenset(parts) for key, parts in trades.items()},
            read=read,
            newest_ms=newest_ms,
            fault=fault,
            unread=self._unread(TRADES, rows),
        )

    def _unread(self, what: str, rows: Iterable[Row]) -> str:
        return doubt(what, [row for row in rows if row.name not in self.looked_at])


def _finding(answer: OrderReport | Transient | None) -> Finding:
    match answer:
        case OrderReport():
            detail = answer.status_text
            return Finding(source=ORDER, verdict=Verdict.PRESENT, detail=detail)
        case None:
            return Finding(source=ORDER, verdict=Verdict.ABSENT, detail="not known")
        case _:
            return Finding(source=ORDER, verdict=Verdict.UNKNOWN, detail=str(answer))


def _newest_ms(trades: Sequence[TradeReport]) -> int:
    return max((trade.matched_at_ms for trade in trades), default=0)
