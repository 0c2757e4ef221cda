"""Signals in, orders out: decide, write down, send, write down what came of it.

Each step is one awaitable, and a crash after any of them is healed by what the log holds.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial

from polycopy.executor.core import ledger, signals
from polycopy.executor.core.ledger import Unfit
from polycopy.executor.core.limits import Limits
from polycopy.executor.ports import EventLog, Markets, Venue
from polycopy.executor.service.ahead import Ahead
from polycopy.executor.service.cancelling import Cancelling
from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import NAME, Desk
from polycopy.executor.service.desks import Desks
from polycopy.executor.service.draining import Draining
from polycopy.executor.service.looks import Look, Looks, Shelf, look_at
from polycopy.executor.service.permits import FILTERS as PERMITS
from polycopy.executor.service.permits import Permits
from polycopy.executor.service.placing import Placing
from polycopy.executor.service.together import together
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient, Unreadable
from polycopy.runtime.log import Delivery, Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.worker import Patience, run_worker
from polycopy.schemas import subjects
from polycopy.schemas.control import (
    AccountLimitsSet,
    OrderCancelAsked,
    StrategyCreated,
    TradingStateSet,
    VenueName,
)
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import AccountId, ConditionId, TokenId
from polycopy.schemas.orders import ExecutorEpochStarted, FillReverted, OrderCancelRequested
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.trades import TradeObserved
from polycopy.trading.gates import needs_reports

FILTERS = (subjects.ALL_SIGNALS,)
PAPER = f"{NAME}-paper"
"""The worker of the forward tests."""
_HEARD = (
    subjects.ALL_STRATEGIES,
    subjects.ALL_ORDERS,
    subjects.ALL_ORDER_WISHES,
    *PERMITS,
)
_PATIENCE = Patience(attempts_max=10_000, retry_s_max=2.0)
"""A signal ends by its age, as a refusal that says so; it is never parked without a word."""
_logger = get_logger(NAME)


class Executor:
    """Many accounts. `venues` holds the venue of each kind that this process serves."""

    def __init__(
        self,
        log: EventLog,
        *,
        clock: Clock,
        markets: Markets,
        venues: Mapping[VenueName, Venue],
        instance: str,
        live_account: AccountId,
        limits: Limits,
    ) -> None:
        self._log = log
        self._clock = clock
        self._markets = markets
        self._limits = limits
        self._permits = Permits(log, clock=clock)
        self._ahead = Ahead(clock=clock)
        self._courier = Courier(
            venues, markets, self._permits, self._ahead, clock=clock, limits=limits
        )
        self._desks = Desks(
            log,
            self._courier,
            clock=clock,
            instance=instance,
            live_account=live_account,
            resend_ms_max=limits.resend_ms_max,
        )
        self._placing = Placing(self._courier, self._permits, clock=clock, limits=limits)
        self._cancelling = Cancelling(log, self._desks, self._courier, self._permits, clock=clock)
        self._draining = Draining(self._courier, self._permits, wait_s_max=limits.drain_s_max)
        self._warm = [*venues.values()]
        self._shelf = Shelf()
        self._wake = asyncio.Event()
        self.started = False

    async def run(
        self, money: AsyncIterator[Delivery], paper: AsyncIterator[Delivery], *, tick_s: float
    ) -> None:
        """Take over every account, settle what is open, and act on signals until cancelled; then
        end what is in hand, take nothing new, and settle what is unknown.

        `money` and `paper` bring the same signals: however many forward tests there are, an order
        with money never waits for them.
        """
        after = await self.start()
        work = partial(run_worker, clock=self._clock, patience=_PATIENCE)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.follow(after))
                tasks.create_task(self.read_ahead(after))
                tasks.create_task(self._permits.poll(tick_s))
                tasks.create_task(self._tick(tick_s))
                tasks.create_task(self._cancel(tick_s))
                tasks.create_task(work(money, self._draining.guarded(self.handle)))
                tasks.create_task(work(paper, self._draining.guarded(self.handle_paper)))
        except asyncio.CancelledError:
            await self._draining.drain(self.settle)
            raise
        except BaseExceptionGroup:
            await self._draining.halt()
            raise

    async def start(self) -> int:
        """Take over, pay in the capital, settle. Gives the sequence to follow on from. Raises
        Elsewhere for a live account that belongs to another wallet or venue."""
        end = await self._log.end()
        await self._permits.refresh()
        await self._desks.start()
        await self._cancelling.start()
        await self.settle()
        self.started = True
        return end

    def checks(self, *, log: bool) -> dict[str, bool]:
        """What makes it ready, for the health page."""
        return {"log": log, "accounts": self.started}

    def notes(self) -> dict[str, str]:
        """What an operator should know besides."""
        return {"breaker": self._courier.breaker_words()}

    async def handle(self, recorded: Recorded) -> list[str]:
        """Act on what a signal decided about money; the types of the events said. Raises Transient
        to have it again."""
        signal = recorded.event
        if not isinstance(signal, TradeEvaluated):
            return []
        looks = self._shelf.hold(recorded.sequence, self._looks(signal))
        decisions = signals.for_money(signal)
        if not decisions and signals.on_paper(signal) and not self._is_late(signal):
            looks.begin()  # For them: at its place among money's own looks.
        said = await self._act_on(recorded.envelope, signal, looks, decisions)
        await self._shelf.move_past(recorded.sequence)
        return said

    async def handle_paper(self, recorded: Recorded) -> list[str]:
        """As `handle`, for the forward tests, once money is through with the signal."""
        signal = recorded.event
        if not isinstance(signal, TradeEvaluated):
            return []
        tests = signals.on_paper(signal)
        if not tests:
            return []
        looks = await self._shelf.take(recorded.sequence) or self._looks(signal)
        act = partial(self._act_on, recorded.envelope, signal, looks)
        return await together(map(act, tests))

    async def settle(self) -> None:
        """Send the cancels, and ask the venues about every order whose outcome is not known. Never
        raises Transient."""
        await self._cancelling.settle()
        await self._courier.settle(self._desks.all())

    async def follow(self, after: int) -> None:
        """Learn ahead of need: strategies, what status-sync says, what the operator wants."""
        async for recorded in self._log.follow(_HEARD, after=after):
            await self._try_to_hear(recorded)

    async def read_ahead(self, after: int) -> None:
        """Look at the markets of leader trades while the qualifier decides about them. Nothing
        hangs on it: what cannot be read is left out, where money is at stake it ends us."""
        while True:
            try:
                async for recorded in self._log.follow((subjects.ALL_TRADES,), after=after):
                    await self._try_to_hear(recorded)
            except Unreadable as fault:
                _logger.warning("not read ahead", sequence=fault.sequence, why=str(fault))
                after = fault.sequence

    async def _try_to_hear(self, recorded: Recorded) -> None:
        try:
            await self.hear(recorded)
        except Transient as error:
            _logger.info("not read ahead", sequence=recorded.sequence, why=str(error))

    async def hear(self, recorded: Recorded) -> None:
        """Take in what somebody else said. Raises Transient."""
        match recorded.event:
            case StrategyCreated() as created:
                await self._desks.learn_strategy(recorded.envelope, created.strategy)
            case TradingStateSet() | AccountLimitsSet():
                self._permits.hear(recorded)
                self._wake.set()
            case OrderCancelAsked():
                self._cancelling.hear(recorded)
                self._wake.set()
            case TradeObserved() as trade:
                trade_id = recorded.envelope.event_id
                self._ahead.begin(trade_id, self._look_at(trade.condition_id, trade.token_id))
                for venue in self._warm:
                    await venue.warm(trade.condition_id, trade.token_id)
            case _:
                family, about, *_ = recorded.subject.split(".")
                desk = self._desks.at(AccountId(about)) if family == "orders" else None
                if desk is not None:
                    await self._hear_of(desk, recorded)
                elif isinstance(recorded.event, ExecutorEpochStarted):
                    self._desks.must_be_alone(recorded.event)

    async def _hear_of(self, desk: Desk, recorded: Recorded) -> None:
        """Somebody else spoke about an account of ours."""
        if isinstance(recorded.event, FillReverted):
            self._courier.settlement_failed()
        if isinstance(recorded.event, OrderCancelRequested):
            self._wake.set()
        try:
            async with desk.lock:
                await desk.hear(recorded)
        except Unfit as error:
            self._desks.give_up(desk, error)

    async def _act_on(
        self, envelope: Envelope, signal: TradeEvaluated, looks: Looks, decisions: list[Decision]
    ) -> list[str]:
        said: list[str] = []
        for decision in decisions:
            said += await self._act(envelope, signal, decision, looks)
        return said

    async def _act(
        self, envelope: Envelope, signal: TradeEvaluated, decision: Decision, looks: Looks
    ) -> list[str]:
        wanted = signals.intent(envelope, signal, decision, self._limits)
        origin = ledger.because(envelope, self._clock.now_ms())
        desk = await self._desks.of(decision)
        if desk is None:
            return await self._desks.turn_away(decision, wanted, origin)
        if needs_reports(wanted):
            await desk.until_caught_up(self._limits.behind_s_max)
        try:
            async with desk.lock:
                return await self._placing.place(desk, wanted, looks, origin)
        except Unfit as error:
            self._desks.give_up(desk, error)
            return []

    async def _tick(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self._courier.settle(self._desks.all())

    async def _cancel(self, every_s: float) -> None:
        """At every tick, and at once where somebody wants something cancelled: never behind orders
        that the venue takes its time about."""
        while True:
            try:
                async with asyncio.timeout(every_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await self._cancelling.settle()

    def _looks(self, signal: TradeEvaluated) -> Looks:
        early = self._ahead.take(signal.trade_id)
        return Looks(self._look_at(signal.condition_id, signal.token_id), early=early)

    def _look_at(self, condition_id: ConditionId, token_id: TokenId) -> Look:
        return partial(look_at, self._markets, condition_id, token_id, self._limits.pauses_s)

    def _is_late(self, signal: TradeEvaluated) -> bool:
        return self._clock.now_ms() - signal.evaluated_at_ms > self._limits.signal_age_ms_max
