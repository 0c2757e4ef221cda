"""Signals in, orders out: decide, write down, send, write down what came of it.

Every order is in the log with all its bytes before any of them leave. Each step is one awaitable,
and a crash after any of them is healed by `settle`, which runs at the start and at every tick.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial

from polycopy.executor.core import answers, ledger, signals
from polycopy.executor.core.ledger import Request
from polycopy.executor.core.limits import Limits, Wait, denied_again
from polycopy.executor.ports import EventLog, Markets, Venue
from polycopy.executor.service.desk import CONFLICTS_MAX, NAME, Desk
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Transient
from polycopy.runtime.log import Delivery, Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.worker import run_worker
from polycopy.schemas import subjects
from polycopy.schemas.control import Strategy, StrategyCreated, VenueName
from polycopy.schemas.envelope import Envelope, Origin
from polycopy.schemas.ids import AccountId, OrderId, StrategyId
from polycopy.schemas.orders import OrderRefused
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.trades import TradeObserved
from polycopy.trading import account as accounts
from polycopy.trading.approval import approve, requested
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book
from polycopy.trading.pretrade import Intent

FILTERS = (subjects.ALL_SIGNALS,)
_logger = get_logger(NAME)


Seen = tuple[Book | None, MarketRules | None]


class Looks:
    """The market of one signal, as its decisions see it.

    Money looks anew each time. Paper decides on the first look, before money took anything: a
    forward test must not depend on what else runs beside it.
    """

    def __init__(self, markets: Markets, signal: TradeEvaluated) -> None:
        self._markets = markets
        self._signal = signal
        self._first: Seen | None = None

    async def take(self, venue: VenueName) -> Seen:
        if self._first is not None and venue is VenueName.PAPER:
            return self._first
        seen = await asyncio.gather(
            self._markets.book(self._signal.token_id),
            self._markets.rules(self._signal.condition_id),
        )
        self._first = self._first or seen
        return seen


class Executor:
    """Many accounts, one worker. `venues` holds the venue of each kind that this process serves."""

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
        self._venues = venues
        self._instance = instance
        self._live_account = live_account
        self._limits = limits
        self._strategies: set[StrategyId] = set()
        self._desks: dict[AccountId, Desk] = {}
        self._waits: dict[OrderId, Wait] = {}
        self._opening = asyncio.Lock()
        self.started = False

    async def run(self, deliveries: AsyncIterator[Delivery], *, tick_s: float) -> None:
        """Take over every account, settle what is open, and act on signals until cancelled."""
        after = await self.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.follow(after))
            tasks.create_task(self._tick(tick_s))
            tasks.create_task(run_worker(deliveries, self.handle, clock=self._clock))

    async def start(self) -> int:
        """Take over, pay in the capital, settle. Gives the sequence to follow on from."""
        end = await self._log.end()
        if self._live_account:
            await self._desk(self._live_account, VenueName.POLYMARKET)
        await self._read_strategies()
        await self.settle()
        self.started = True
        return end

    async def handle(self, recorded: Recorded) -> list[str]:
        """Act on a signal; the types of the events said. Raises Transient to have it again."""
        signal = recorded.event
        if not isinstance(signal, TradeEvaluated):
            return []
        said: list[str] = []
        looks = Looks(self._markets, signal)
        for decision in signals.to_handle(signal):
            said += await self._act(recorded.envelope, signal, decision, looks)
        return said

    async def settle(self) -> None:
        """Ask the venues about every order whose outcome is not known. Never raises Transient."""
        owed: set[OrderId] = set()
        for desk in list(self._desks.values()):
            try:
                async with desk.lock:
                    orders = ledger.to_settle(desk.ledger, desk.venue)
                    owed |= {order.request.order_id for order in orders}
                    for order in orders:
                        await self._settle_order(desk, order)
            except Transient as error:
                _logger.warning("not settled", account=desk.ledger.account.account, why=str(error))
        self._waits = {order: wait for order, wait in self._waits.items() if order in owed}

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
                for venue in self._venues.values():
                    await venue.warm(trade.condition_id, trade.token_id)
            case _ if desk := self._desks.get(AccountId(recorded.subject.split(".")[1])):
                async with desk.lock:
                    if recorded.sequence > desk.ledger.sequence:
                        await desk.catch_up()

    async def _act(
        self, envelope: Envelope, signal: TradeEvaluated, decision: Decision, looks: Looks
    ) -> list[str]:
        wanted = signals.intent(envelope, signal, decision, self._limits)
        if decision.strategy_id not in self._strategies:
            await self._read_strategies()
        origin, venue, account = self._origin(envelope), decision.venue, decision.account
        if decision.strategy_id not in self._strategies or not self._serves(venue, account):
            return await self._turn_away(decision, wanted, origin)
        desk = await self._desk(account, venue)
        async with desk.lock:
            return await self._place(desk, wanted, looks, origin)

    async def _turn_away(self, decision: Decision, wanted: Intent, origin: Origin) -> list[str]:
        desk = Desk(self._log, decision.account, decision.venue, clock=self._clock)
        await desk.catch_up()
        return await desk.say(
            lambda account: signals.turn_away(account, wanted, origin.time_ms), origin
        )

    async def _place(self, desk: Desk, wanted: Intent, looks: Looks, origin: Origin) -> list[str]:
        """Decide, write down, send. A conflict, where nothing is sent yet, means: decide again."""
        if desk.ledger.account.decided(wanted.order_id):
            return []  # A redelivered signal is not news.
        book, rules = await looks.take(desk.venue)
        for _ in range(CONFLICTS_MAX):
            account = desk.ledger.account
            if account.decided(wanted.order_id):
                return []
            decided = approve(account, wanted, book, rules, self._clock.now_ms())
            try:
                if isinstance(decided, OrderRefused):
                    return [await desk.append(decided, origin)]
                venue_order_id, body = await self._venues[desk.venue].prepare(decided)
                request = requested(decided, venue_order_id=venue_order_id, request_body=body)
                said = await desk.append(request, origin)
            except Conflict:
                await desk.catch_up()
                continue
            return [said, *await self._send(desk, desk.ledger.requests[request.order_id])]
        raise Transient(f"account {desk.ledger.account.account} is written to by too many")

    async def _send(self, desk: Desk, order: Request) -> list[str]:
        """Send what the log holds, and write down what is known then. What got too old on its way
        through the log stays, for `settle` to look for."""
        sent_at_ms = self._clock.now_ms()
        if not answers.may_send(order.request, sent_at_ms, self._limits.resend_ms_max):
            return await self._say_effects(desk, order, answers.INTERRUPTED)
        answer = await self._venues[desk.venue].send(order.request)
        return await self._say_effects(desk, order, answer, sent_at_ms)

    async def _settle_order(self, desk: Desk, order: Request) -> None:
        """Look for an order, and send it again where the venue denies it and it is young enough."""
        order_id, now_ms = order.request.order_id, self._clock.now_ms()
        wait = self._waits.get(order_id, Wait())
        if now_ms < wait.until_ms:
            return
        found = await self._venues[desk.venue].find(order.request)
        await self._say_effects(desk, order, found or answers.INTERRUPTED)
        if found is not None:
            return
        self._waits[order_id] = denied_again(wait, now_ms)
        if answers.may_send(order.request, now_ms, self._limits.resend_ms_max):
            await self._send(desk, order)
        else:
            _logger.warning("the venue denies an order, its lock stays", order_id=order_id)

    async def _say_effects(
        self, desk: Desk, order: Request, answer: answers.Answer, sent_at_ms: int = 0
    ) -> list[str]:
        at_ms = self._clock.now_ms()
        return await desk.say(
            lambda account: answers.effects(
                account, order.request, answer, sent_at_ms=sent_at_ms, at_ms=at_ms
            ),
            self._origin(order.envelope),
        )

    async def _desk(self, account: AccountId, venue: VenueName) -> Desk:
        async with self._opening:
            if account not in self._desks:
                desk = Desk(self._log, account, venue, clock=self._clock)
                await desk.take_over(self._instance)
                ledger.check_kind(desk.ledger.account, venue)
                self._desks[account] = desk
            return self._desks[account]

    async def _read_strategies(self) -> None:
        for recorded in await self._log.read([subjects.ALL_STRATEGIES]):
            if isinstance(recorded.event, StrategyCreated):
                await self._learn_strategy(recorded.envelope, recorded.event.strategy)

    async def _learn_strategy(self, envelope: Envelope, strategy: Strategy) -> None:
        if self._serves(strategy.venue, strategy.account):
            desk = await self._desk(strategy.account, strategy.venue)
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

    def _serves(self, venue: VenueName, account: AccountId) -> bool:
        return (account == self._live_account) is (venue is VenueName.POLYMARKET)

    def _origin(self, cause: Envelope) -> Origin:
        return ledger.because(cause, self._clock.now_ms())
