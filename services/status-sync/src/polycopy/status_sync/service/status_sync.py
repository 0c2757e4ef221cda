"""Reports in, order events out: from the user socket as they come, and by asking.

The socket replays nothing, so after each (re)connect, and as long as the venue owes us anything, it
is asked. What was asked and what was told go through the same `reconcile`.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import AccountId
from polycopy.status_sync.core import cadence, hearing, ledger
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reading import USER_SOCKET
from polycopy.status_sync.core.reconcile import Report
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.ports import Asked, EventLog, Told
from polycopy.status_sync.service.asking import Asking
from polycopy.status_sync.service.balances import BalanceWatch
from polycopy.status_sync.service.ear import Ear
from polycopy.status_sync.service.operator import Operator
from polycopy.status_sync.service.rounds import Rounds
from polycopy.status_sync.service.scribe import NAME, Scribe

STARTED = "status-sync started"
_logger = get_logger(NAME)


class StatusSync:
    """One live account. Everything that decides and appends holds the scribe's lock."""

    def __init__(
        self,
        log: EventLog,
        account: AccountId,
        *,
        asked: Asked,
        told: Told,
        clock: Clock,
        rules: Rules | None = None,
        signature_type: int | None = None,
    ) -> None:
        """`signature_type` None: that of an EOA where the wallet is the key's own, and otherwise no
        balance is looked at."""
        self._log = log
        self._told = told
        self._clock = clock
        self._rules = rules or Rules()
        self._scribe = Scribe(log, account, asked=asked, clock=clock)
        self._ear = Ear(self._scribe, owner=asked.owner, clock=clock)
        asking = Asking(asked, self._scribe, self._ear.hear, clock=clock)
        self._rounds = Rounds(self._scribe, self._ear, asking, rules=self._rules, clock=clock)
        self.operator = Operator(
            log, self._scribe, self._ear, asking, rules=self._rules, clock=clock
        )
        self.balances = BalanceWatch(
            asked,
            self._scribe,
            signature_type=signature_type,
            rules=self._rules,
            clock=clock,
        )
        self._woken = asyncio.Event()
        self._asked_at_s = clock.monotonic_s()
        self.started = False

    @property
    def blind(self) -> bool:
        """Whether something may have happened that nobody told us."""
        return self._rounds.blind

    async def run(self) -> None:
        """Keep the account's orders as the venue has them, until cancelled."""
        after = await self.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(after))
            tasks.create_task(self._listen())
            tasks.create_task(self._poll())
            tasks.create_task(self.operator.run())
            tasks.create_task(self.balances.run(lambda: not self._rounds.blind))

    async def start(self) -> int:
        """Learn the account, and tell that we do not know what became of it meanwhile. Gives the
        sequence to follow on from."""
        async with self._scribe.lock:
            await self._scribe.catch_up()
        await self._rounds.fall_behind(STARTED)
        self.started = True
        return self._scribe.ledger.sequence

    async def ask(self) -> None:
        """One round of questions. Raises Transient where not everything could be read."""
        try:
            await self._rounds.ask()
        finally:
            self._asked_at_s = self._clock.monotonic_s()

    async def heed(self, heard: Connected | Lost | Sequence[Report]) -> None:
        """What the user socket brought. Never raises Transient."""
        ear, at_ms = self._ear, self._clock.now_ms()
        match heard:
            case Connected():
                ear.hearing = hearing.connected(ear.hearing, at_ms)
                self._woken.set()
            case Lost(reason=reason):
                ear.hearing = hearing.lost(ear.hearing)
                await self._rounds.fall_behind(f"user socket lost: {reason}")
            case reports:
                try:
                    await ear.hear(reports, USER_SOCKET)
                except Transient as error:
                    _logger.warning("not reconciled", why=str(error))
                    await self._rounds.fall_behind(f"not written down: {error}")

    async def mind_socket(self) -> None:
        """Make the connection anew where it hears nothing."""
        ear, at_ms = self._ear, self._clock.now_ms()
        ear.hearing = hearing.set_back(ear.hearing, at_ms)
        held = self._scribe.dated(self._scribe.ledger)
        owed_since_ms = ledger.waits_since_ms(held, at_ms) if ledger.waits(held) else None
        why = hearing.fault(ear.hearing, owed_since_ms, at_ms, self._rules)
        if why:
            _logger.warning("user socket given up", why=why)
            ear.hearing = hearing.lost(ear.hearing)
            self._told.reconnect(why)
            await self._rounds.fall_behind(f"user socket {why}")

    async def _listen(self) -> None:
        told = self._told.listen()
        try:
            async for heard in told:
                await self.heed(heard)
        finally:
            if isinstance(told, AsyncGenerator):
                await told.aclose()  # It holds a connection.

    async def _poll(self) -> None:
        """Looks as often as it would ask at its fastest whether it is time to ask."""
        while True:
            woken = await self._rest(self._rules.poll_ms / 1000)
            await self.mind_socket()
            if not (woken or self._is_due()):
                continue
            try:
                await self.ask()
            except Transient as error:
                _logger.warning("not asked", why=str(error))

    async def _rest(self, for_s: float) -> bool:
        """Whether somebody wants a round at once."""
        try:
            async with asyncio.timeout(for_s):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def _is_due(self) -> bool:
        account, epoch = self._scribe.account, self._scribe.account.epoch
        every_ms = cadence.every_ms(
            self._scribe.ledger,
            self._ear.hearing,
            self._rules,
            blind=self._rounds.blind or (epoch > 0 and not account.caught_up),
            doubted=bool(self._ear.doubts.denials),
            at_ms=self._clock.now_ms(),
        )
        return round((self._clock.monotonic_s() - self._asked_at_s) * 1000) >= every_ms

    async def _follow(self, after: int) -> None:
        """Learn what others append; a new executor is told at once how the account stands."""
        async for recorded in self._log.follow(self._scribe.filters, after=after):
            async with self._scribe.lock:
                try:
                    await self._scribe.hear(recorded)
                except Transient as error:  # A conflict will make it up.
                    _logger.info("not read ahead", sequence=recorded.sequence, why=str(error))
            if self._scribe.account.epoch != self._rounds.epoch:
                self._woken.set()
