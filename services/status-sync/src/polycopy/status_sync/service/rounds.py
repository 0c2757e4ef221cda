"""Rounds of questions to the venue, one at a time, and what follows from a whole one."""

import asyncio
from collections.abc import Callable

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core import hearing, lost, reach
from polycopy.status_sync.core.endings import denied
from polycopy.status_sync.core.reading import Reading, denied_in_all
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.core.standing import caught_up, fell_behind, kept_behind
from polycopy.status_sync.service.asking import Asking
from polycopy.status_sync.service.ear import Ear
from polycopy.status_sync.service.scribe import NAME, Scribe
from polycopy.trading.account_state import Account, lost_orders, open_orders
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order

Say = Callable[[Account, str, int], list[OrderEvent]]
"""Of an account, for a reason, at a time."""
_REASON_MAX = 500
_TOLD_ANEW_MS = 60_000
_logger = get_logger(NAME)


class Rounds:
    """`blind`: something may have happened at the venue that nobody told us. `epoch`: the executor
    epoch that had begun when the last round did."""

    def __init__(
        self, scribe: Scribe, ear: Ear, asking: Asking, *, rules: Rules, clock: Clock
    ) -> None:
        self._scribe = scribe
        self._ear = ear
        self._asking = asking
        self._rules = rules
        self._clock = clock
        self._one = asyncio.Lock()
        self._gaps = 0
        self._unsaid: tuple[str, Say] | None = None
        self._mark_ms: int | None = None
        self._lost_looked_ms: int | None = None
        self._failing_since_ms: int | None = None
        self._failing_told_ms: int | None = None
        self.blind = True
        self.epoch = 0

    async def ask(self) -> None:
        """Ask for everything that the venue owes us. What can be read counts.

        Raises Transient where something could not be, and stays blind: an order whose answer could
        not be read counts as not asked for, and as long as a trade is missing none has ended.
        """
        async with self._one:
            began_ms = self._steady_ms()
            try:
                await self._say_unsaid()
                await self._round(self._clock.now_ms())
                self._failing_since_ms = self._failing_told_ms = None
            except Transient as error:
                self.blind = True
                if self._failing_since_ms is None:
                    self._failing_since_ms = began_ms
                if self._steady_ms() - self._failing_since_ms >= self._rules.behind_ms:
                    await self._keep_failing(str(error))
                raise

    async def _keep_failing(self, why: str) -> None:
        """Said also of an account that is behind for another reason: else nobody knew what keeps it
        there. Reasons may change with every round, and are not all told."""
        now_ms, told_ms = self._steady_ms(), self._failing_told_ms
        if told_ms is None or now_ms - told_ms >= _TOLD_ANEW_MS:
            self._failing_told_ms = now_ms
            reason = f"not read for {self._rules.behind_ms} ms and longer: {why}"
            await self.fall_behind(reason[:_REASON_MAX], say=kept_behind)
        elif self._scribe.account.caught_up:
            _logger.warning("another status-sync reads for this account: let only one run")

    async def fall_behind(self, reason: str, *, say: Say = fell_behind) -> None:
        """From here on something may be missed. Never raises: what cannot be said is said before
        the next round."""
        self.blind = True
        self._gaps += 1
        self._unsaid = (reason, say)
        try:
            await self._say_unsaid()
        except Transient as error:
            _logger.warning("fell behind, and cannot say so", reason=reason, why=str(error))

    async def _say_unsaid(self) -> None:
        if self._unsaid is None:
            return
        (reason, say), at_ms = self._unsaid, self._clock.now_ms()
        async with self._scribe.lock:
            await self._scribe.say(lambda held: say(held.account, reason, at_ms))
        self._unsaid = None

    async def _round(self, at_ms: int) -> None:
        scribe, ear = self._scribe, self._ear
        async with scribe.lock:
            await scribe.catch_up()
        gaps, heard, epoch = self._gaps, ear.hearing, scribe.account.epoch
        self.epoch = epoch
        ear.doubts = lost.begin(ear.doubts)
        asked = self._to_ask()
        reading = await self._asking.ask(asked, self._from_ms(asked, at_ms))
        async with scribe.lock:
            await self._judge(reading)
            unread, now_ms = reading.unread[:_REASON_MAX], self._clock.now_ms()
            await scribe.say(lambda held: kept_behind(held.account, unread, now_ms))
            if not reading.traded.doubt:
                mark_ms = at_ms if self._mark_ms is None else self._mark_ms
                self._mark_ms = reach.marked_ms(mark_ms, reading.traded.newest_ms, at_ms)
            if reading.doubts:
                raise Transient("; ".join(reading.doubts))
            if gaps != self._gaps:
                return
            self.blind = False
            ear.hearing = hearing.read_whole(ear.hearing, heard.connection)
            ear.hearing = hearing.forget(ear.hearing, scribe.ledger)
            if heard.connected_at_ms:
                await scribe.say(lambda held: caught_up(held.account, epoch, reading, now_ms))

    async def _judge(self, reading: Reading) -> None:
        """Under the scribe's lock, when the account holds all that was read."""
        scribe, ear, rules = self._scribe, self._ear, self._rules
        ear.doubts = lost.count(ear.doubts, scribe.dated(scribe.ledger), reading, rules)
        doubts, heard, now_ms = ear.doubts, ear.hearing, self._clock.now_ms()
        await scribe.say(
            lambda held: denied(
                scribe.dated(held).account,
                [
                    order_id
                    for order_id in denied_in_all(reading, held.account)
                    if order_id not in doubts.seen
                ],
                at_ms=reading.began_ms,
            )
        )
        await scribe.say(
            lambda held: lost.decide(doubts, scribe.dated(held), reading, heard, rules, now_ms)
        )

    def _to_ask(self) -> list[Order]:
        """All that are open; those that are lost, now and then."""
        account = self._scribe.account
        orders = open_orders(account)
        now_ms, looked_ms = self._steady_ms(), self._lost_looked_ms
        if looked_ms is None or now_ms - looked_ms >= self._rules.lost_watch_ms:
            self._lost_looked_ms = now_ms
            orders += lost_orders(account)
        return orders

    def _from_ms(self, asked: list[Order], at_ms: int) -> int:
        ledger = self._scribe.ledger
        if self._mark_ms is None:
            self._mark_ms = reach.first_ms(ledger, at_ms)
        self._mark_ms = min(self._mark_ms, at_ms)  # Our clock was ahead.
        return reach.from_ms(
            ledger,
            self._mark_ms,
            self._rules,
            doubted=self._ear.doubts.denials,
            lost=[order for order in asked if order.state is OrderState.LOST],
            blind=self.blind,
            at_ms=at_ms,
        )

    def _steady_ms(self) -> int:
        """For spans: a clock that is set back must not stretch them."""
        return round(1_000 * self._clock.monotonic_s())
