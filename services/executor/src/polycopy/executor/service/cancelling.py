"""Cancels on their way to the venue. They pass in every trading state and never wait for orders."""

from collections.abc import Iterable
from functools import partial

from polycopy.executor.core import cancels, ledger
from polycopy.executor.core.ledger import Unfit
from polycopy.executor.ports import EventLog
from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import NAME, Desk
from polycopy.executor.service.desks import Desks
from polycopy.executor.service.permits import Permits
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas import subjects
from polycopy.schemas.control import OrderCancelAsked, TradingStateSet
from polycopy.schemas.envelope import Envelope, Origin
from polycopy.trading.order_state import Order

_logger = get_logger(NAME)


class Cancelling:
    """Wishes become OrderCancelRequested, and those become a DELETE and its answer."""

    def __init__(
        self, log: EventLog, desks: Desks, courier: Courier, permits: Permits, *, clock: Clock
    ) -> None:
        self._log = log
        self._desks = desks
        self._courier = courier
        self._permits = permits
        self._clock = clock

    async def start(self) -> None:
        """Take up what was wished for while nobody was here. Raises Transient."""
        for recorded in await self._log.read([subjects.ALL_ORDER_WISHES]):
            await self.hear(recorded)
        await self.act_on_switches()

    async def hear(self, recorded: Recorded) -> None:
        """An operator's wish about one order of ours."""
        wish = recorded.event
        if not isinstance(wish, OrderCancelAsked):
            return
        desk = self._desks.at(wish.account)
        if desk is None:
            return
        asked_at_ms, at_ms = recorded.envelope.time_ms, self._clock.now_ms()
        async with desk.lock:
            await desk.catch_up()
            await desk.say(
                partial(cancels.ask, wish=wish, asked_at_ms=asked_at_ms, at_ms=at_ms),
                self._origin(recorded.envelope),
            )

    async def act_on_switches(self) -> None:
        """Ask for the cancels that go with the kill switch. Raises Transient."""
        self._permits.switched.clear()
        while self._permits.switches:
            recorded = self._permits.switches[0]
            switch = recorded.event
            if isinstance(switch, TradingStateSet) and switch.cancel_open:
                for desk in list(self._desks.all()):
                    await self._ask_for_all(desk, recorded.envelope, switch)
            self._permits.switches.remove(recorded)

    async def settle(self) -> None:
        """Send every cancel that has no final answer. Never raises Transient."""
        for desk in list(self._desks.all()):
            owed = cancels.owed(desk.ledger.account)
            if not owed:
                continue
            try:
                await self._send(desk, owed)
            except Transient as error:
                why = str(error)
                _logger.warning("cancels not settled", account=desk.account_id, why=why)
            except Unfit as error:
                self._desks.give_up(desk, error)

    async def _ask_for_all(self, desk: Desk, envelope: Envelope, switch: TradingStateSet) -> None:
        set_at_ms, at_ms = envelope.time_ms, self._clock.now_ms()
        async with desk.lock:
            await desk.catch_up()
            await desk.say(
                partial(cancels.ask_for_all, switch=switch, set_at_ms=set_at_ms, at_ms=at_ms),
                self._origin(envelope),
            )

    async def _send(self, desk: Desk, owed: Iterable[Order]) -> None:
        asked = {order.venue_order_id: order.order_id for order in owed}
        answers = await self._courier.cancel(desk.venue, list(asked))
        at_ms = self._clock.now_ms()
        async with desk.lock:
            await desk.catch_up()
            for venue_order_id, answer in answers.items():
                order_id = asked[venue_order_id]
                said = partial(
                    cancels.answered,
                    order_id=order_id,
                    verdict=answer.verdict,
                    answer=answer.answer,
                    at_ms=at_ms,
                )
                await desk.say(said, ledger.about(desk.ledger, order_id, at_ms))

    def _origin(self, cause: Envelope) -> Origin:
        return ledger.because(cause, self._clock.now_ms())
