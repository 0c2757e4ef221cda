"""Between an account and its venue: orders out, and what became of them into the log.

Every order is in the log with all its bytes before any of them leave. A crash after any step is
healed by `settle`, which runs at the start and at every tick.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from polycopy.executor.core import answers, breaker, ledger
from polycopy.executor.core.breaker import Breaker, Trouble
from polycopy.executor.core.ledger import Request, Unfit
from polycopy.executor.core.limits import Limits, Wait, denied_again
from polycopy.executor.ports import Markets, Venue
from polycopy.executor.service.ahead import Ahead
from polycopy.executor.service.desk import NAME, Desk
from polycopy.executor.service.looks import tried
from polycopy.executor.service.permits import Permits
from polycopy.polymarket.cancel_answer import CancelAnswer
from polycopy.runtime import crash_points
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Permanent, Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import OrderId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import VenueAccount
from polycopy.trading.account_reports import record_cancel
from polycopy.trading.approval import ApprovedOrder
from polycopy.trading.pretrade import Intent

_logger = get_logger(NAME)


class Courier:
    """`venues` holds the venue of each kind that this process serves."""

    def __init__(
        self,
        venues: Mapping[VenueName, Venue],
        markets: Markets,
        permits: Permits,
        ahead: Ahead,
        *,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._venues = venues
        self._markets = markets
        self._permits = permits
        self._ahead = ahead
        self._clock = clock
        self._limits = limits
        self._waits: dict[OrderId, Wait] = {}
        self._known_since_ms: dict[OrderId, int] = {}
        self._breaker = Breaker()
        self.ending = False
        self._unsent: set[OrderId] = set()
        """Requested here, and not a byte of them has left this process."""

    def end(self) -> None:
        """From now on what is unknown is looked for, and nothing is sent any more."""
        self.ending = True

    def account(self, venue: VenueName) -> VenueAccount:
        return self._venues[venue].account

    def unstable(self) -> str:
        """Why the venue should get no entry now; "" where it may."""
        return breaker.why_open(self._breaker, self._steady_ms())

    def breaker_words(self) -> str:
        """How the circuit breaker is, for an operator."""
        return breaker.words(self._breaker, self._steady_ms())

    def settlement_failed(self) -> None:
        """Somebody told that a match of ours was taken back."""
        at_ms = self._steady_ms()
        self._turn(breaker.troubled(self._breaker, Trouble.SETTLEMENT, at_ms), at_ms)

    async def prepare(self, venue: VenueName, approved: ApprovedOrder) -> tuple[VenueOrderId, str]:
        """Raises Permanent where the order cannot be built, Transient where the venue answers
        nothing at all: one market that cannot be read must not hold up all others."""
        prepare = partial(self._venues[venue].prepare, approved)
        prepared = await tried(prepare, self._markets, self._limits.pauses_s)
        if isinstance(prepared, Transient):
            raise Permanent(str(prepared)) from prepared
        return prepared

    async def refresh_balance(self, venue: VenueName, wanted: Intent) -> None:
        """Have the venue read anew what the order is paid with, if it will."""
        token_id = wanted.token_id if wanted.side is Side.SELL else None
        try:
            await self._venues[venue].refresh_balance(token_id)
        except Transient as error:
            _logger.warning("balance not read anew", why=str(error))

    async def cancel(
        self, venue: VenueName, venue_order_ids: Sequence[VenueOrderId]
    ) -> Mapping[VenueOrderId, CancelAnswer]:
        return await self._venues[venue].cancel(venue_order_ids)

    async def send_first(self, desk: Desk, order: Request) -> list[str]:
        """As `send`, for what was requested just now, and by us."""
        self._unsent.add(order.request.order_id)
        return await self.send(desk, order)

    async def send(self, desk: Desk, order: Request) -> list[str]:
        """Send what the log holds, and write down what is known then. What got too old on its way
        through the log, or may not leave any more, stays, for `settle` to look for. Only under the
        desk's lock."""
        sent_at_ms, request = self._clock.now_ms(), order.request
        may_leave = partial(self._may_send, desk, request)
        if not may_leave():
            return []
        if request.side is Side.BUY and desk.venue is not VenueName.PAPER:
            self._breaker = breaker.tried(self._breaker, self._steady_ms())
        unsent = request.order_id in self._unsent
        self._unsent.discard(request.order_id)  # Whoever stops us from here on may stop it halfway.
        with self._ahead.departure():
            answer = await self._venues[desk.venue].send(request, may_leave)
        if unsent and isinstance(answer, answers.NotSent):
            self._unsent.add(request.order_id)
        crash_points.reach("executor.sent")
        self._note(desk, request.order_id, answer)
        said = await self._say_effects(desk, order, answer, sent_at_ms)
        crash_points.reach("executor.outcome-stored")
        return said

    async def settle(self, desks: Iterable[Desk]) -> None:
        """Ask the venues about every order whose outcome is not known. Never raises Transient."""
        served = list(desks)
        for desk in served:
            for order in ledger.to_settle(desk.ledger, desk.venue):
                await self._settle_order(desk, order)
        owed = {
            order.request.order_id
            for desk in served
            for order in ledger.to_settle(desk.ledger, desk.venue)  # Now: some came meanwhile.
        }
        for kept in (self._waits, self._known_since_ms):
            for order_id in kept.keys() - owed:
                del kept[order_id]
        self._unsent &= owed

    async def _settle_order(self, desk: Desk, order: Request) -> None:
        """One that cannot be settled now must not stand in the way of the others."""
        order_id, now_ms = order.request.order_id, self._steady_ms()
        wait = self._waits.get(order_id, Wait())
        if now_ms < wait.until_ms:
            return
        self._waits[order_id] = denied_again(wait, now_ms)
        try:
            await self._look_for(desk, order)
        except Transient as error:
            _logger.warning("not settled", order_id=order_id, why=str(error))
        except Unfit as error:
            if desk.venue is not VenueName.PAPER:
                raise
            _logger.warning("not settled", order_id=order_id, why=str(error))

    async def _look_for(self, desk: Desk, order: Request) -> None:
        """Send an order again where the venue denies it and it is young enough.

        Signals do not wait while the venue takes its time. What holds before the look must hold
        after it: nobody else sends this order, but its fills may have been told meanwhile.
        """
        order_id = order.request.order_id
        async with desk.lock:  # Not while the order is on its way for the first time.
            if not ledger.owes(desk.ledger, order_id, desk.venue):
                return
        if order_id in self._unsent:
            found = None
        else:
            found = await self._venues[desk.venue].find(order.request)
        async with desk.lock:
            await self._permits.refresh()
            await desk.catch_up()
            desk.must_be_ours()
            if not ledger.owes(desk.ledger, order_id, desk.venue):
                return
            if order_id in self._unsent:
                await self._send_or_drop(desk, order)
                return
            await self._say_effects(desk, order, found or answers.INTERRUPTED)
            if found is not None or not ledger.owes(desk.ledger, order_id, desk.venue):
                return
            if self._may_send(desk, order.request):
                await self.send(desk, order)
            else:
                _logger.warning("the venue denies an order, its lock stays", order_id=order_id)

    async def _send_or_drop(self, desk: Desk, order: Request) -> None:
        """What never left this process exists nowhere else: once it may not leave, it is over."""
        if self._may_send(desk, order.request):
            await self.send(desk, order)
            return
        order_id, at_ms = order.request.order_id, self._clock.now_ms()
        why = "it never left: too late, halted, or cancelled before its turn came"
        await desk.say(
            lambda account: record_cancel(account, order_id, why, at_ms),
            ledger.because(order.envelope, at_ms),
        )

    def _may_send(self, desk: Desk, request: OrderRequested) -> bool:
        """Whether its bytes may leave now: it is young enough, nobody wants it cancelled, trading
        is not halted, and we are not about to end."""
        if self.ending or desk.ledger.account.orders[request.order_id].cancel_requested_at_ms:
            return False
        allowed = self._permits.lets_out(request.account, request.side)
        return allowed and self._is_young(request)

    def _is_young(self, request: OrderRequested) -> bool:
        """By its own time, and by how long we know it: a clock that is set back gives none its
        youth again."""
        now_ms, limit_ms = self._steady_ms(), self._limits.resend_ms_max
        known_ms = now_ms - self._known_since_ms.setdefault(request.order_id, now_ms)
        return known_ms <= limit_ms and answers.may_send(request, self._clock.now_ms(), limit_ms)

    def _note(self, desk: Desk, order_id: OrderId, answer: answers.Answer) -> None:
        """What the answer says about the venue's health."""
        if desk.venue is VenueName.PAPER:
            return
        if isinstance(answer, answers.NotSent):
            self._breaker = breaker.untried(self._breaker)
            return
        at_ms, trouble = self._steady_ms(), answers.trouble(desk.ledger.account, order_id, answer)
        if trouble is None:
            self._turn(breaker.proven(self._breaker, at_ms), at_ms)
        else:
            self._turn(breaker.troubled(self._breaker, trouble, at_ms), at_ms)

    def _turn(self, after: Breaker, at_ms: int) -> None:
        if news := breaker.news(self._breaker, after, at_ms):
            _logger.warning(news)
        self._breaker = after

    def _steady_ms(self) -> int:
        """For spans: a clock that is set back must not keep a breaker open."""
        return int(1_000 * self._clock.monotonic_s())

    async def _say_effects(
        self, desk: Desk, order: Request, answer: answers.Answer, sent_at_ms: int = 0
    ) -> list[str]:
        at_ms = self._clock.now_ms()
        return await desk.say(
            lambda account: answers.effects(
                account, order.request, answer, sent_at_ms=sent_at_ms, at_ms=at_ms
            ),
            ledger.because(order.envelope, at_ms),
        )
