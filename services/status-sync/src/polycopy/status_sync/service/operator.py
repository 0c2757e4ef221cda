"""Answers what the operator asks about single orders, and hears what he looked at himself."""

import asyncio

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas import subjects
from polycopy.schemas.control import TradingStateSet
from polycopy.status_sync.core.reading import beside, in_venue
from polycopy.status_sync.core.rows import looked_at
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.core.wishes import Wish, answer, is_open
from polycopy.status_sync.ports import EventLog
from polycopy.status_sync.service.asking import Asking
from polycopy.status_sync.service.ear import Ear
from polycopy.status_sync.service.scribe import NAME, Scribe

_logger = get_logger(NAME)


class Operator:
    """Reads all that he said at each start, and heeds the wishes that have no answer."""

    def __init__(
        self,
        log: EventLog,
        scribe: Scribe,
        ear: Ear,
        asking: Asking,
        *,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self._log = log
        self._scribe = scribe
        self._ear = ear
        self._asking = asking
        self._rules = rules
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        said = [subjects.ALL_ORDER_WISHES, *subjects.ALL_TRADING_STATES]
        async for recorded in self._log.follow(said):
            while True:
                try:
                    await self.heed(recorded)
                    break
                except Transient as error:
                    _logger.warning("not answered", sequence=recorded.sequence, why=str(error))
                    await asyncio.sleep(error.after_s)

    async def heed(self, recorded: Recorded) -> list[str]:
        """Ask every source about the order and answer; the types of the events. Raises Transient
        where the log is away. What the venue does not answer is an answer."""
        wish, event_id = recorded.event, recorded.envelope.event_id
        if isinstance(wish, TradingStateSet):
            self._pass_over(wish)
        if not isinstance(wish, Wish):
            return []
        async with self._scribe.lock:
            await self._scribe.catch_up()
        if not is_open(self._scribe.ledger, wish, event_id):
            return []
        order = self._scribe.account.orders[wish.order_id]
        from_ms = max(0, order.requested_at_ms - self._rules.overlap_ms)
        reading = await self._asking.ask([order], from_ms)
        async with self._scribe.lock:
            order = self._scribe.account.orders[wish.order_id]
            findings = (*in_venue(reading, order), *beside(order, self._ear.hearing, 0))
            now_ms = self._clock.now_ms()
            return await self._scribe.say(
                lambda held: answer(held, wish, event_id, findings, now_ms), recorded.envelope
            )

    def _pass_over(self, said: TradingStateSet) -> None:
        rows = looked_at(said, self._scribe.account.account)
        if rows:
            _logger.warning("rows passed over", rows=sorted(rows), operator=said.operator)
            self._asking.looked_at |= rows
