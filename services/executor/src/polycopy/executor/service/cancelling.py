"""Cancels on their way to the venue. They pass in every trading state and never wait for orders."""

from collections.abc import Coroutine, Iterable
from functools import partial
from typing import Any

from polycopy.executor.core import cancels, ledger
from polycopy.executor.core.ledger import Unfit
from polycopy.executor.core.limits import Wait, denied_again
from polycopy.executor.ports import EventLog
from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import NAME, Decide, Desk
from polycopy.executor.service.desks import Desks
from polycopy.executor.service.permits import Permits
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas import subjects
from polycopy.schemas.control import OrderCancelAsked, TradingStateSet
from polycopy.schemas.envelope import Envelope, Origin
from polycopy.schemas.ids import AccountId, OrderId
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
        self._wishes: list[Recorded] = []
        self._waits: dict[OrderId, Wait] = {}

    async def start(self) -> None:
        """Take up what was wished for while nobody was here. Raises Transient."""
        for recorded in await self._log.read([subjects.ALL_ORDER_WISHES]):
            self.hear(recorded)

    def hear(self, recorded: Recorded) -> None:
        """Keep an operator's wish about one order until it is acted on."""
        if isinstance(recorded.event, OrderCancelAsked):
            self._wishes.append(recorded)

    async def settle(self) -> None:
        """Act on the wishes and the kill switch, and send every cancel that has no final answer.
        What cannot be done now is kept. Never raises Transient."""
        self._permits.switched.clear()
        await self._act(self._wishes)
        await self._act(self._permits.switches)
        for desk in list(self._desks.all()):
            if owed := [one for one in cancels.owed(desk.ledger.account) if self._is_due(one)]:
                await self._at(desk, self._send(desk, owed))

    async def _act(self, wanted: list[Recorded]) -> None:
        """Take from the list what was done at every desk that it is about."""
        for recorded in list(wanted):
            done = True
            for desk in list(self._desks.all()):
                if ask := _asking(recorded, desk.account_id, self._clock.now_ms()):
                    done &= await self._at(desk, self._ask(desk, recorded.envelope, ask))
            if done:
                wanted.remove(recorded)

    async def _at(self, desk: Desk, step: Coroutine[Any, Any, None]) -> bool:
        """Whether it was done. One account must not stand in the way of the others."""
        try:
            await step
        except Transient as error:
            _logger.warning("cancels not settled", account=desk.account_id, why=str(error))
            return False
        except Unfit as error:
            self._desks.give_up(desk, error)
        return True

    async def _ask(self, desk: Desk, envelope: Envelope, ask: Decide) -> None:
        async with desk.lock:
            await desk.catch_up()
            await desk.say(ask, self._origin(envelope))

    def _is_due(self, order: Order) -> bool:
        """A cancel that the venue does not decide is sent less and less often."""
        now_ms = int(1_000 * self._clock.monotonic_s())
        wait = self._waits.get(order.order_id, Wait())
        if order.cancel_verdict is None:
            wait = Wait()  # Wanted anew.
        if now_ms < wait.until_ms:
            return False
        self._waits[order.order_id] = denied_again(wait, now_ms)
        return True

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


def _asking(recorded: Recorded, account: AccountId, at_ms: int) -> Decide | None:
    """What the wish or the switch asks of this account; None: nothing."""
    said_at_ms = recorded.envelope.time_ms
    match recorded.event:
        case OrderCancelAsked() as wish if wish.account == account:
            return partial(cancels.ask, wish=wish, asked_at_ms=said_at_ms, at_ms=at_ms)
        case TradingStateSet(cancel_open=True) as switch if switch.account in {"", account}:
            return partial(cancels.ask_for_all, switch=switch, set_at_ms=said_at_ms, at_ms=at_ms)
        case _:
            return None
