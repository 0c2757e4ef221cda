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
from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import CONFLICTS_MAX, NAME, Desk, Elsewhere
from polycopy.executor.service.looks import Looks, Seen, Shelf
from polycopy.executor.service.together import together
from polycopy.runtime import crash_points
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Halt, Permanent, Transient
from polycopy.runtime.log import Delivery, Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.worker import Patience, run_worker
from polycopy.schemas import subjects
from polycopy.schemas.control import Strategy, StrategyCreated, VenueName
from polycopy.schemas.envelope import Envelope, Origin
from polycopy.schemas.ids import AccountId, StrategyId
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.terms import Refusal, RefusalCode, VenueAccount
from polycopy.schemas.trades import TradeObserved
from polycopy.trading import account as accounts
from polycopy.trading.approval import approve, refuse, refuse_unseen, requested
from polycopy.trading.pretrade import Intent

FILTERS = (subjects.ALL_SIGNALS,)
PAPER = f"{NAME}-paper"
"""The worker of the forward tests."""
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
        self._instance = instance
        self._live_account = live_account
        self._limits = limits
        self._courier = Courier(venues, markets, clock=clock, limits=limits)
        self._warm = [*venues.values()]
        self._shelf = Shelf()
        self._strategies: set[StrategyId] = set()
        self._desks: dict[AccountId, Desk] = {}
        self._elsewhere: set[AccountId] = set()
        self._strangers: dict[AccountId, Desk] = {}
        self._opening = asyncio.Lock()
        self.started = False

    async def run(
        self, money: AsyncIterator[Delivery], paper: AsyncIterator[Delivery], *, tick_s: float
    ) -> None:
        """Take over every account, settle what is open, and act on signals until cancelled.

        `money` and `paper` bring the same signals: however many forward tests there are, an order
        with money never waits for them.
        """
        after = await self.start()
        work = partial(run_worker, clock=self._clock, patience=_PATIENCE)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.follow(after))
            tasks.create_task(self._tick(tick_s))
            tasks.create_task(work(money, self.handle))
            tasks.create_task(work(paper, self.handle_paper))

    async def start(self) -> int:
        """Take over, pay in the capital, settle. Gives the sequence to follow on from. Raises
        Elsewhere for a live account that belongs to another wallet or venue."""
        end = await self._log.end()
        if self._live_account:
            await self._open(self._live_account, VenueName.POLYMARKET)
        await self._read_strategies()
        await self.settle()
        self.started = True
        return end

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
        """Ask the venues about every order whose outcome is not known. Never raises Transient."""
        await self._courier.settle(self._desks.values())

    async def follow(self, after: int) -> None:
        """Learn ahead of need: strategies, what status-sync says, markets of leader trades."""
        filters = [subjects.ALL_STRATEGIES, subjects.ALL_ORDERS, subjects.ALL_TRADES]
        async for recorded in self._log.follow(filters, after=after):
            try:
                await self._hear(recorded)
            except Transient as error:
                _logger.info("not read ahead", sequence=recorded.sequence, why=str(error))

    async def _hear(self, recorded: Recorded) -> None:
        match recorded.event:
            case StrategyCreated() as created:
                await self._learn_strategy(recorded.envelope, created.strategy)
            case TradeObserved() as trade:
                for venue in self._warm:
                    await venue.warm(trade.condition_id, trade.token_id)
            case _ if desk := self._desks.get(AccountId(recorded.subject.split(".")[1])):
                try:
                    async with desk.lock:
                        if recorded.sequence > desk.ledger.sequence:
                            await desk.catch_up()
                except Unfit as error:
                    self._give_up(desk, error)

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
        if decision.strategy_id not in self._strategies:
            await self._read_strategies()
        origin = self._origin(envelope)
        known = decision.strategy_id in self._strategies
        desk = await self._desk_of(decision.account, decision.venue) if known else None
        if desk is None:
            return await self._turn_away(decision, wanted, origin)
        try:
            async with desk.lock:
                return await self._place(desk, wanted, looks, origin)
        except Unfit as error:
            self._give_up(desk, error)
            return []

    async def _turn_away(self, decision: Decision, wanted: Intent, origin: Origin) -> list[str]:
        """At a desk without an epoch. It is kept: the account may be long."""
        nobodys = VenueAccount(venue=decision.venue)
        new = Desk(self._log, decision.account, nobodys, clock=self._clock)
        desk = self._strangers.setdefault(decision.account, new)
        try:
            async with desk.lock:
                await desk.catch_up()
                return await desk.say(
                    lambda account: signals.turn_away(account, wanted, origin.time_ms), origin
                )
        except Unfit as error:
            self._serve_no_more(decision.account, error)
            return []

    async def _place(self, desk: Desk, wanted: Intent, looks: Looks, origin: Origin) -> list[str]:
        """Decide, write down, send. A conflict, where nothing is sent yet, means: decide again."""
        if desk.ledger.account.decided(wanted.order_id):
            return []  # A redelivered signal is not news.
        late = wanted.is_late(self._clock.now_ms())
        seen = Seen(blind="not looked at") if late else await looks.take(desk.venue)
        for _ in range(CONFLICTS_MAX):
            account = desk.ledger.account
            if account.decided(wanted.order_id):
                return []
            decided = await self._decide(desk, wanted, seen)
            crash_points.reach("executor.decided")
            try:
                said = await desk.append(decided, origin)
            except Conflict:
                await desk.catch_up()
                continue
            if isinstance(decided, OrderRefused):
                return [said]
            return [said, *await self._courier.send(desk, desk.ledger.requests[decided.order_id])]
        raise Transient(f"account {desk.ledger.account.account} is written to by too many")

    async def _decide(
        self, desk: Desk, wanted: Intent, seen: Seen
    ) -> OrderRequested | OrderRefused:
        """What stands in the log before anything leaves. Only a request may be sent."""
        account, at_ms = desk.ledger.account, self._clock.now_ms()
        if seen.blind:
            return refuse_unseen(account.account, wanted, seen.blind, at_ms)
        decided = approve(account, wanted, seen.book, seen.rules, at_ms)
        if isinstance(decided, OrderRefused):
            return decided
        try:
            venue_order_id, body = await self._courier.prepare(desk.venue, decided)
        except Permanent as error:
            why = Refusal(code=RefusalCode.ORDER_NOT_BUILT, detail=str(error))
            return refuse(account.account, wanted, (why,), at_ms)
        return requested(decided, venue_order_id=venue_order_id, request_body=body)

    async def _desk_of(self, account: AccountId, venue: VenueName) -> Desk | None:
        """None for an account that is not ours to trade with."""
        if (account == self._live_account) is not (venue is VenueName.POLYMARKET):
            return None
        if account in self._elsewhere:
            return None
        try:
            return await self._open(account, venue)
        except (Elsewhere, Unfit) as error:
            self._serve_no_more(account, error)
            return None

    def _give_up(self, desk: Desk, error: Unfit) -> None:
        """A forward test whose events are not all there is given up; raises for money."""
        if desk.venue is not VenueName.PAPER:
            raise error
        self._desks.pop(desk.ledger.account.account, None)
        self._serve_no_more(desk.ledger.account.account, error)

    def _serve_no_more(self, account: AccountId, error: Halt) -> None:
        _logger.warning("account not served", account=account, why=str(error))
        self._elsewhere.add(account)

    async def _open(self, account: AccountId, venue: VenueName) -> Desk:
        """Raises Elsewhere and Unfit."""
        if account in self._desks:
            return self._desks[account]
        async with self._opening:
            if account not in self._desks:
                desk = Desk(self._log, account, self._courier.account(venue), clock=self._clock)
                await desk.take_over(self._instance)
                self._desks[account] = desk
            return self._desks[account]

    async def _read_strategies(self) -> None:
        for recorded in await self._log.read([subjects.ALL_STRATEGIES]):
            if isinstance(recorded.event, StrategyCreated):
                await self._learn_strategy(recorded.envelope, recorded.event.strategy)

    async def _learn_strategy(self, envelope: Envelope, strategy: Strategy) -> None:
        desk = await self._desk_of(strategy.account, strategy.venue)
        if desk is not None:
            deposit = partial(
                accounts.deposit,
                strategy_id=strategy.strategy_id,
                amount_micros=strategy.capital_micros,
            )
            async with desk.lock:
                await desk.say(deposit, self._origin(envelope))
        self._strategies.add(strategy.strategy_id)

    async def _tick(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            await self.settle()

    def _looks(self, signal: TradeEvaluated) -> Looks:
        return Looks(self._markets, signal, pauses_s=self._limits.pauses_s)

    def _is_late(self, signal: TradeEvaluated) -> bool:
        return self._clock.now_ms() - signal.evaluated_at_ms > self._limits.signal_age_ms_max

    def _origin(self, cause: Envelope) -> Origin:
        return ledger.because(cause, self._clock.now_ms())
