"""The executor and status-sync as they are, before one venue, on one log. They act when a test
tells them to, and time stands until a test moves it, so that nothing happens by chance.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import msgspec

from polycopy.executor.adapters.credentials import write_credentials
from polycopy.executor.ports import Venue
from polycopy.executor.service.executor import Executor
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas import subjects
from polycopy.schemas.control import (
    OrderCancelAsked,
    OrderJudged,
    OrderReconcileAsked,
    TradingStateSet,
    VenueName,
)
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import EventId, OrderId, TransactionHash
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderFilled, OrderPartiallyFilled
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.terms import FeeCurve
from polycopy.status_sync.adapters.rest import ClobReports, open_reports
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order
from tests.support.directing import BOOK, STANDING, START_US, Control, directing, token_of
from tests.support.executing import Venues, eventually, started, venues_at
from tests.support.hand_clock import HandClock
from tests.support.paper_venue import Trader, Wish
from tests.support.signalling import LEADER, LIVE, create, strategy
from tests.support.syncing import COUNTS_MS, RULES, Stage, keeps_the_laws

COPY = strategy("copy", LIVE, VenueName.POLYMARKET)
CAPITAL = COPY.capital_micros
_ANSWER_S, _HASTY_S = 60.0, 2.0
"""So long the executor waits for an answer of the venue; and where none is to come."""
FEE = FeeCurve(rate_ppm=70_000)
"""Of every market here."""
FILLS = (OrderFilled, OrderPartiallyFilled)
_FILL = (
    "venue_trade_id",
    "venue_order_id",
    "token_id",
    "size_micros",
    "price_micros",
    "notional_micros",
    "fee_micros",
)
_HEARD = (
    subjects.ALL_STRATEGIES,
    subjects.ALL_ORDERS,
    subjects.ALL_ORDER_WISHES,
    *subjects.ALL_TRADING_STATES,
)


class Pair(Stage):
    """A stage whose executor is no play. What is requested by hand is an order of an earlier
    executor, whose bytes the one here finds in the log."""

    def __init__(
        self,
        control: Control,
        log: Log,
        trader: Trader,
        reports: ClobReports,
        clock: HandClock,
        venues: Venues,
        folder: Path,
    ) -> None:
        super().__init__(control, log, trader, reports, clock)
        self.venues = venues
        self.folder = folder
        self.executor: Executor
        self._heard = 0
        self._starts = 0
        self._signals = 0

    async def open(self) -> None:
        await create(self.log, COPY)
        await self.begin()

    async def begin(self, through: Callable[[Venue], Any] = lambda venue: venue) -> None:
        """Both services as new processes: they know what the log knows. `through`: what stands
        between the executor and the venue."""
        live = cast(Venue, through(self.venues.by_name[VenueName.POLYMARKET]))
        by_name = self.venues.by_name | {VenueName.POLYMARKET: live}
        venues = msgspec.structs.replace(self.venues, by_name=by_name)
        self._starts += 1
        self.executor = await started(
            self.log, venues, instance=f"e{self._starts}", clock=self.clock, alone=False
        )
        self.restarted()
        with suppress(Transient):
            await self.connect()
        await self.tick()

    @asynccontextmanager
    async def hasty(self) -> AsyncIterator[None]:
        """With an executor that does not wait long for an answer."""
        clob = self.control.running.urls["clob"]
        async with venues_at(clob, self.folder, clock=self.clock, timeout_s=_HASTY_S) as hasty:
            patient, self.venues = self.venues, hasty
            await self.begin()
            yield
            self.venues = patient
            await self.begin()

    async def tick(self) -> None:
        """The executor hears what was said, and settles what is open."""
        for recorded in await self.log.read(_HEARD, after=self._heard):
            self._heard = recorded.sequence
            await self.executor.hear(recorded)
        await self.executor.settle()

    async def rounds(self, count: int, every_ms: int = RULES.lost_interval_ms) -> None:
        for _ in range(count):
            await self.elapse(every_ms)
            await self.tick()
            with suppress(Transient):
                await self.sync.ask()
            await self.tick()

    async def request(self, wish: Wish, name: str = "a", fee: FeeCurve = FEE) -> bytes:
        return await super().request(wish, name, fee)

    async def copy(self, chosen: Decision, *, side: Side = Side.BUY, index: int = 0) -> list[str]:
        """A leader traded that outcome of the market. What the executor says to it."""
        return await self.executor.handle(await self.signal(chosen, side=side, index=index))

    async def signal(self, chosen: Decision, *, side: Side = Side.BUY, index: int = 0) -> Recorded:
        self._signals += 1
        token_id, now_ms = token_of(self.control, index=index), self.clock.now_ms()
        event = TradeEvaluated(
            trade_id=EventId(f"{self._signals:032x}"),
            wallet=LEADER,
            transaction_hash=TransactionHash(f"0x{self._signals:064x}"),
            token_id=token_id,
            condition_id=self.control.running.venue.desk.exchange.conditions[token_id],
            side=side,
            size_micros=20 * MICROS,
            price_micros=MICROS // 2,
            notional_micros=10 * MICROS,
            decisions=(chosen,),
            evaluated_at_ms=now_ms,
            traded_at_ms=now_ms,
        )
        origin = Origin(source="qualifier", time_ms=now_ms, causation_id=event.trade_id)
        new = draft(event, subject=subjects.subject_of(event), origin=origin)
        return await self._at(await self.log.append(new))

    async def rest(self, wish: Wish, name: str = "a") -> Order:
        """An order of an earlier executor that is in the book."""
        await self.place(wish, name)
        await self.tick()
        order = await self.order(name)
        assert order.state is OrderState.OPEN
        assert order.venue_order_id in await self.in_the_book()
        return order

    async def lose(self, wish: Wish, name: str = "a") -> bytes:
        """An order that nobody ever got, given up. Its bytes, which may still arrive."""
        await self.fault("lost_before", "POST /order")
        body = await self.request(wish, name)
        await self.tick()
        await self.rounds(COUNTS_MS // 10_000 + 5)
        await self.heal()
        assert (await self.order(name)).state is OrderState.LOST
        return body

    async def wish(
        self, wish: OrderReconcileAsked | OrderJudged | OrderCancelAsked | TradingStateSet
    ) -> Recorded:
        """What the operator appends, a second after whatever came before."""
        await self.elapse(1_000)
        subject = subjects.subject_of(wish)
        guard = subjects.guard_of(subject)
        assert guard
        last = await self.log.last(guard)
        now_ms = self.clock.now_ms()
        origin = Origin(source="cli", time_ms=now_ms, causation_id=f"operator at {now_ms}")
        new = draft(wish, subject=subject, origin=origin, key=encode(wish).decode())
        return await self._at(await self.log.append(new, expected=last.sequence if last else 0))

    async def cancel(self, *names: str) -> None:
        """The operator wants these orders cancelled, one after the other."""
        for name in names:
            wish = OrderCancelAsked(order_id=OrderId(name), account=LIVE, operator="ann")
            await self.wish(wish)
            await self.tick()

    async def in_the_book(self) -> dict[str, Any]:
        """Our orders that rest, as the venue lists them, by their ids."""
        _, answer = await self.trader.signed("GET", "/data/orders")
        return {one["id"]: one for one in answer["data"]}

    async def paths(self, method: str) -> list[str]:
        """Of the requests of this method so far."""
        requests = await self.control.journal("requests")
        return [one["path"] for one in requests if one["method"] == method]

    async def fault(self, kind: str, on: str, **more: Any) -> None:
        fault = {"kind": kind, "on": on, "name": f"{kind} {on}", **more}
        await self.control.done("set_fault", fault=fault)

    async def heal(self) -> None:
        await self.control.done("clear_faults")

    async def until(self, holds: Callable[[Order], bool], name: str = "a") -> Order:
        """The order, as soon as the log has it so."""
        account = await eventually(
            self.log,
            LIVE,
            lambda known: name in known.orders and holds(known.orders[OrderId(name)]),
        )
        return account.orders[OrderId(name)]

    async def keeps_the_laws(self) -> None:
        """The money adds up after each event, and every fill is the venue's (V3)."""
        await keeps_the_laws(self.log)
        theirs = await self.control.journal("fills")
        ours = [msgspec.to_builtins(fill) for fill in await self.said(*FILLS)]
        assert sorted([one[key] for key in _FILL] for one in ours) == sorted(
            [one[key] for key in _FILL] for one in theirs
        )

    async def _at(self, sequence: int) -> Recorded:
        recorded = await self.log.at(sequence)
        assert recorded is not None
        return recorded


@asynccontextmanager
async def paired(log: Log, folder: Path, text: str = STANDING + BOOK) -> AsyncIterator[Pair]:
    """Both services have started and are caught up."""
    clock = HandClock(START_US // 1_000)
    async with directing(text) as control:
        clob = control.running.urls["clob"]
        trader = await control.trader(77)
        write_credentials(folder / "api.json", trader.credentials)
        async with (
            venues_at(clob, folder, clock=clock, timeout_s=_ANSWER_S) as venues,
            open_reports(clob, trader.credentials, timeout_s=60, clock=clock) as reports,
        ):
            pair = Pair(control, log, trader, reports, clock, venues, folder)
            await pair.open()
            assert (await pair.account()).caught_up
            yield pair
