"""Reports in, order events out: from the user socket as they come, and by asking.

The socket replays nothing, so after each (re)connect, and as long as the venue owes us anything, it
is asked. What was asked and what was told go through the same `reconcile`.
"""

import asyncio
from collections.abc import Callable, Sequence

from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.runtime import crash_points
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Halt, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas import subjects
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.reconcile import (
    Report,
    denied,
    last_words,
    reconcile,
    strangers,
    unread,
)
from polycopy.status_sync.ports import Asked, EventLog, Told
from polycopy.trading.account_state import open_orders
from polycopy.trading.order_state import Order

NAME = "status-sync"
SOCKET = "user-socket"
REST = "rest"
_OVERLAP_MS = 60_000
"""The venue's clock may be behind ours."""
_BLIND_OVERLAP_MS = 3_600_000
"""A fill, or its failure, can trail an order that has ended."""
_DENIED_GRACE_MS = 60_000
"""A match may be delayed by seconds, and by a restart of the engine by minutes of 425."""
_CONFLICTS_MAX = 20
_logger = get_logger(NAME)


class StatusSync:
    """One live account. Everything that decides and appends holds the one lock."""

    def __init__(
        self, log: EventLog, account: AccountId, *, asked: Asked, told: Told, clock: Clock
    ) -> None:
        self._log = log
        self._filters = [subjects.account_filter(account)]
        self._asked = asked
        self._told = told
        self._clock = clock
        self._ledger = ledger.initial(account)
        self._lock = asyncio.Lock()
        self.blind = True
        """Whether something may have been told that we did not hear."""
        self.started = False
        self.strangers = 0
        """Reports about orders that are not ours."""

    async def run(self, *, poll_s: float) -> None:
        """Keep the account's orders as the venue has them, until cancelled."""
        after = await self.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(after))
            tasks.create_task(self._listen())
            tasks.create_task(self._poll(poll_s))

    async def start(self) -> int:
        """Learn the account. Gives the sequence to follow on from."""
        async with self._lock:
            await self._catch_up()
        self.started = True
        return self._ledger.sequence

    async def hear(self, reports: Sequence[Report], source: str) -> list[str]:
        """Append what the reports add; the types of the events. Raises Transient."""
        crash_points.reach("status-sync.report-heard")
        async with self._lock:
            if strangers(self._ledger.account, reports):
                await self._catch_up()  # The socket can be faster than our own follower.
                self.strangers += strangers(self._ledger.account, reports)
            self._ledger = ledger.remember(self._ledger, last_words(self._ledger.account, reports))
            trades = [report for report in reports if isinstance(report, TradeReport)]
            at_ms = self._clock.now_ms()
            return await self._say(lambda held: reconcile(held, trades, source=source, at_ms=at_ms))

    async def ask(self) -> None:
        """Ask for everything that the venue owes us. What can be read counts.

        Raises Transient where something could not be, and stays blind: an order whose answer could
        not be read counts as not asked for, and as long as a trade is missing none has ended.
        """
        now_ms = self._clock.now_ms()
        overlap_ms = _BLIND_OVERLAP_MS if self.blind else _OVERLAP_MS
        self.blind = True
        since_ms = ledger.waits_since_ms(self._ledger, now_ms) - overlap_ms
        waiting = open_orders(self._ledger.account)
        answers = await asyncio.gather(*(self._ask_for(order) for order in waiting))
        # Trades are read after the orders: whatever an order's last word counts, they hold.
        missing = await self._ask_for_trades(since_ms // 1000)
        await self.hear([answer for answer in answers if isinstance(answer, OrderReport)], REST)
        gone = [
            order.order_id for order, answer in zip(waiting, answers, strict=True) if answer is None
        ]
        if not missing:
            async with self._lock:
                await self._say(
                    lambda held: denied(held.account, gone, at_ms=now_ms, grace_ms=_DENIED_GRACE_MS)
                )
        doubts = [*missing, *(answer for answer in answers if isinstance(answer, Transient))]
        if doubts:
            raise Transient("; ".join(str(doubt) for doubt in doubts))
        self.blind = False

    async def _ask_for(self, order: Order) -> OrderReport | Transient | None:
        """An order that is never answered for must not stand in the way of the others."""
        try:
            return await self._asked.order(order.venue_order_id)
        except Transient as doubt:
            return doubt

    async def _ask_for_trades(self, after_s: int) -> list[Transient]:
        """Why there may be trades that were not heard of; [] where there are none."""
        doubts: list[Transient] = []
        try:
            async for trades in self._asked.trades(after_s):
                await self.hear(trades, REST)
                if unread(self._ledger.account, trades):
                    doubts.append(Transient("a maker's part in a trade could not be read"))
        except Transient as doubt:
            doubts.append(doubt)
        return doubts

    async def _listen(self) -> None:
        async for reports in self._told.listen():
            try:
                if reports is None:
                    self.blind = True
                    await self.ask()
                else:
                    await self.hear(reports, SOCKET)
            except Transient as error:
                self.blind = True
                _logger.warning("not reconciled", why=str(error))

    async def _poll(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            if not (self.blind or ledger.waits(self._ledger)):
                continue
            try:
                await self.ask()
            except Transient as error:
                _logger.warning("not asked", why=str(error))

    async def _follow(self, after: int) -> None:
        async for recorded in self._log.follow(self._filters, after=after):
            async with self._lock:
                if recorded.sequence <= self._ledger.sequence:
                    continue
                try:
                    await self._catch_up()
                except Transient as error:  # A conflict will make it up.
                    _logger.info("not read ahead", sequence=recorded.sequence, why=str(error))

    async def _say(self, decide: Callable[[Ledger], Sequence[OrderEvent]]) -> list[str]:
        """Append what `decide` makes of the account. Where somebody else was first, fold that and
        decide again."""
        for _ in range(_CONFLICTS_MAX):
            try:
                return [await self._append(event) for event in decide(self._ledger)]
            except Conflict:
                await self._catch_up()
        raise Transient("the account is written to by too many")

    async def _append(self, event: OrderEvent) -> str:
        new = ledger.entry(self._ledger, event, self._clock.now_ms())
        sequence = await self._log.append(new, expected=self._ledger.sequence)
        crash_points.reach("status-sync.event-stored")
        stored = Recorded(
            sequence=sequence, subject=new.subject, envelope=new.envelope, event=event
        )
        self._ledger = ledger.evolve(self._ledger, stored)
        return new.envelope.event_type

    async def _catch_up(self) -> None:
        """Raises Halt for an account that is not ours to speak about."""
        for recorded in await self._log.read(self._filters, after=self._ledger.sequence):
            self._ledger = ledger.evolve(self._ledger, recorded)
        why = ledger.elsewhere(
            self._ledger.account, host=self._asked.host, signer=self._asked.signer
        )
        if why:
            raise Halt(why)
