"""The accounts that this process serves, each at its desk, and those that it does not."""

import asyncio
from collections.abc import ValuesView
from functools import partial

from polycopy.executor.core import ledger, signals
from polycopy.executor.core.ledger import Unfit
from polycopy.executor.ports import EventLog
from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import NAME, Desk, Elsewhere
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt
from polycopy.runtime.logs import get_logger
from polycopy.schemas import subjects
from polycopy.schemas.control import Strategy, StrategyCreated, VenueName
from polycopy.schemas.envelope import Envelope, Origin
from polycopy.schemas.ids import AccountId, StrategyId
from polycopy.schemas.orders import ExecutorEpochStarted
from polycopy.schemas.signals import Decision
from polycopy.schemas.terms import VenueAccount
from polycopy.trading import account as accounts
from polycopy.trading.pretrade import Intent

_logger = get_logger(NAME)


class Desks:
    """Opens a desk at the first need of its account, and pays in each strategy's capital once."""

    def __init__(
        self,
        log: EventLog,
        courier: Courier,
        *,
        clock: Clock,
        instance: str,
        live_account: AccountId,
        resend_ms_max: int,
    ) -> None:
        self._log = log
        self._courier = courier
        self._clock = clock
        self._instance = instance
        self._live_account = live_account
        self._resend_ms_max = resend_ms_max
        self._strategies: set[StrategyId] = set()
        self._desks: dict[AccountId, Desk] = {}
        self._elsewhere: set[AccountId] = set()
        self._strangers: dict[AccountId, Desk] = {}
        self._opening = asyncio.Lock()

    async def start(self) -> None:
        """Take over what is served. Raises Elsewhere for a live account that belongs to another
        wallet or venue."""
        if self._live_account:
            await self._open(self._live_account, VenueName.POLYMARKET)
        await self._read_strategies()

    def all(self) -> ValuesView[Desk]:
        return self._desks.values()

    def at(self, account: AccountId) -> Desk | None:
        """The desk of an account that is served already."""
        return self._desks.get(account)

    def must_be_alone(self, epoch: ExecutorEpochStarted) -> None:
        """Raises Halt where somebody else trades with money that is not at any desk of ours: two
        executors on one log would take each other's signals, and turn them away."""
        whose = epoch.venue_account
        if whose and whose.venue is not VenueName.PAPER and epoch.instance != self._instance:
            raise Halt(
                f"another executor took up account {epoch.account} on this log ({epoch.instance}): "
                "let only one run, or give it a stack of its own"
            )

    async def of(self, decision: Decision) -> Desk | None:
        """Where the decision may be traded; None: not here."""
        if decision.strategy_id not in self._strategies:
            await self._read_strategies()
        if decision.strategy_id not in self._strategies:
            return None
        return await self._desk_of(decision.account, decision.venue)

    async def turn_away(self, decision: Decision, wanted: Intent, origin: Origin) -> list[str]:
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

    def give_up(self, desk: Desk, error: Unfit) -> None:
        """A forward test whose events are not all there is given up; raises for money."""
        if desk.venue is not VenueName.PAPER:
            raise error
        self._desks.pop(desk.ledger.account.account, None)
        self._serve_no_more(desk.ledger.account.account, error)

    async def learn_strategy(self, envelope: Envelope, strategy: Strategy) -> None:
        """Pay in its capital, once."""
        desk = await self._desk_of(strategy.account, strategy.venue)
        if desk is not None:
            deposit = partial(
                accounts.deposit,
                strategy_id=strategy.strategy_id,
                amount_micros=strategy.capital_micros,
            )
            try:
                async with desk.lock:
                    await desk.say(deposit, ledger.because(envelope, self._clock.now_ms()))
            except Unfit as error:
                self.give_up(desk, error)
        self._strategies.add(strategy.strategy_id)

    async def _read_strategies(self) -> None:
        for recorded in await self._log.read([subjects.ALL_STRATEGIES]):
            if isinstance(recorded.event, StrategyCreated):
                await self.learn_strategy(recorded.envelope, recorded.event.strategy)

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

    async def _open(self, account: AccountId, venue: VenueName) -> Desk:
        """Raises Elsewhere and Unfit."""
        if account in self._desks:
            return self._desks[account]
        async with self._opening:
            if account not in self._desks:
                desk = Desk(self._log, account, self._courier.account(venue), clock=self._clock)
                await desk.take_over(
                    self._instance, self._resend_ms_max, before=self._first_is_ours
                )
                self._desks[account] = desk
            return self._desks[account]

    async def _first_is_ours(self) -> None:
        """Raises Halt where another executor took over the first account since. Every executor has
        the same first one: of two that start at once one goes on, and never neither, for whoever
        lost it takes nothing from the other."""
        first = next(iter(self._desks.values()), None)
        if first is not None:
            async with first.lock:
                await first.catch_up()
                first.must_be_ours()

    def _serve_no_more(self, account: AccountId, error: Halt) -> None:
        _logger.warning("account not served", account=account, why=str(error))
        self._elsewhere.add(account)
