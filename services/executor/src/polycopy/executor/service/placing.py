"""From an intent to an order at the venue, or to every reason why not."""

import asyncio

from polycopy.executor.core import signals
from polycopy.executor.core.limits import Limits
from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import CONFLICTS_MAX, Desk
from polycopy.executor.service.looks import Looks, Seen
from polycopy.executor.service.permits import Permits
from polycopy.runtime import crash_points
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Permanent, Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Origin
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.terms import Refusal, RefusalCode
from polycopy.trading.approval import approve, refuse, refuse_unseen, requested
from polycopy.trading.gates import gate_refusals
from polycopy.trading.pretrade import Intent

Decided = OrderRequested | OrderRefused


class Placing:
    """Decide, write down, send. Only under the desk's lock."""

    def __init__(self, courier: Courier, permits: Permits, *, clock: Clock, limits: Limits) -> None:
        self._courier = courier
        self._permits = permits
        self._clock = clock
        self._limits = limits

    async def place(self, desk: Desk, wanted: Intent, looks: Looks, origin: Origin) -> list[str]:
        """A rejected order whose balance was there gets one more attempt, once the venue has been
        told to read its balances anew: an order of its own, after the first one's proven end."""
        said = await self._once(desk, wanted, looks, origin)
        again = signals.second_attempt(desk.ledger.account, wanted, self._clock.now_ms())
        if again is None:
            return said
        await self._courier.refresh_balance(desk.venue, wanted)
        await asyncio.sleep(self._limits.balance_wait_s)
        return said + await self._once(desk, again, looks, origin)

    async def _once(self, desk: Desk, wanted: Intent, looks: Looks, origin: Origin) -> list[str]:
        """A conflict, where nothing is sent yet, means: decide again."""
        seen: Seen | None = None
        for _ in range(CONFLICTS_MAX):
            if self._courier.ending:
                raise Transient("told to end: the next start decides")
            await self._permits.renew()
            account, at_ms = desk.ledger.account, self._clock.now_ms()
            if signals.is_known(account, wanted, at_ms):
                return []  # A redelivered signal is not news.
            if barred := self._barred(desk, wanted, at_ms):
                decided: Decided = refuse(account.account, wanted, barred, at_ms)
            else:
                seen = seen or await self._look(desk, wanted, looks)
                decided = await self._decide(desk, wanted, seen)
                at_ms = self._clock.now_ms()
                if barred := self._barred(desk, wanted, at_ms):  # Since it was looked at.
                    decided = refuse(account.account, wanted, barred, at_ms)
            crash_points.reach("executor.decided")
            try:
                said, decided = await self._write_down(desk, wanted, decided, origin)
            except Conflict:
                await desk.catch_up()
                continue
            if isinstance(decided, OrderRefused):
                return [said]
            crash_points.reach("executor.request-stored")
            request = desk.ledger.requests[decided.order_id]
            return [said, *await self._courier.send_first(desk, request)]
        raise Transient(f"account {desk.account_id} is written to by too many")

    async def _write_down(
        self, desk: Desk, wanted: Intent, decided: Decided, origin: Origin
    ) -> tuple[str, Decided]:
        """The type of the event that the log took, and the event: where it takes none of this size,
        the refusal that says so. Raises Conflict."""
        try:
            return await desk.append(decided, origin), decided
        except Permanent as error:
            refused = _not_built(desk, wanted, error, self._clock.now_ms())
            return await desk.append(refused, origin), refused

    async def _look(self, desk: Desk, wanted: Intent, looks: Looks) -> Seen:
        if wanted.is_late(self._clock.now_ms()):
            return Seen(blind="not looked at")
        return await looks.take(desk.venue)

    async def _decide(self, desk: Desk, wanted: Intent, seen: Seen) -> Decided:
        """What stands in the log before anything leaves. Only a request may be sent."""
        account, at_ms = desk.ledger.account, self._clock.now_ms()
        if seen.blind:
            return refuse_unseen(account.account, wanted, seen.blind, at_ms)
        limits = self._permits.limits_of(account.account)
        decided = approve(account, wanted, seen.book, seen.rules, at_ms, limits=limits)
        if isinstance(decided, OrderRefused):
            return decided
        try:
            venue_order_id, body = await self._courier.prepare(desk.venue, decided)
        except Permanent as error:
            return _not_built(desk, wanted, error, at_ms)
        return requested(decided, venue_order_id=venue_order_id, request_body=body)

    def _barred(self, desk: Desk, wanted: Intent, at_ms: int) -> tuple[Refusal, ...]:
        """Why nothing may be sent for the intent now, whatever its market says."""
        account = desk.ledger.account
        state = self._permits.state_of(account.account)
        refusals = list(gate_refusals(account, wanted, state, at_ms))
        if why := self._permits.unread():
            refusals.append(Refusal(code=RefusalCode.TRADING_HALTED, detail=why))
        entry = wanted.side is Side.BUY and desk.venue is not VenueName.PAPER
        if entry and (why := self._courier.unstable()):
            refusals.append(Refusal(code=RefusalCode.VENUE_UNSTABLE, detail=why))
        return tuple(refusals)


def _not_built(desk: Desk, wanted: Intent, error: Permanent, at_ms: int) -> OrderRefused:
    why = Refusal(code=RefusalCode.ORDER_NOT_BUILT, detail=str(error))
    return refuse(desk.account_id, wanted, (why,), at_ms)
