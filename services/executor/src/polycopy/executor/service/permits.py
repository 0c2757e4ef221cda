"""What the operator allows: heard as the log says it, and read again at every tick, for a
subscription can be blind and never say so. Where neither works, nothing may leave."""

import asyncio
from contextlib import suppress

from polycopy.executor.ports import EventLog
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas import subjects
from polycopy.schemas.control import AccountLimitsSet, TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import Side
from polycopy.trading.permissions import evolve, initial, limits_of, state_of

FILTERS = (*subjects.ALL_TRADING_STATES, subjects.ALL_LIMITS)
_UNREAD_S_MAX = 10.0
_logger = get_logger("executor")


class Permits:
    """The trading state and the limits of every account. Before the first `refresh` everything is
    halted: nobody knows what the operator said."""

    def __init__(self, log: EventLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._read_s = clock.monotonic_s()
        self._known = initial()
        self._sequence: int | None = None
        self.switched = asyncio.Event()
        """Set when a state changed; whoever acts on it clears it."""
        self.switches: list[Recorded] = []
        """The TradingStateSet not acted on yet."""

    async def refresh(self) -> None:
        """Read what was said since the last time. Raises Transient."""
        began_s = self._clock.monotonic_s()
        for recorded in await self._log.read(FILTERS, after=self._sequence or 0):
            self.hear(recorded)
        self._sequence = self._sequence or 0
        self._read_s = began_s

    async def renew(self) -> None:
        """Read it now, where that was not done for too long."""
        if self.unread():
            with suppress(Transient):
                await self.refresh()

    def unread(self) -> str:
        """Why nobody knows what the operator says now; "" where it was read lately."""
        silent_s = self._clock.monotonic_s() - self._read_s
        if silent_s <= _UNREAD_S_MAX:
            return ""
        return f"what the operator says could not be read for {silent_s:.0f} s"

    def hear(self, recorded: Recorded) -> None:
        """Take in an event; one that is known changes nothing."""
        event = recorded.event
        known = self._sequence is not None and recorded.sequence <= self._sequence
        if known or not isinstance(event, TradingStateSet | AccountLimitsSet):
            return
        self._known = evolve(self._known, event)
        self._sequence = recorded.sequence
        if isinstance(event, TradingStateSet):
            self.switches.append(recorded)
            self.switched.set()
            _logger.info("trading state", account=event.account or "all", state=str(event.state))

    async def poll(self, every_s: float) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.refresh()
            except Transient as error:
                _logger.warning("the kill switch cannot be read", why=str(error))
            await asyncio.sleep(every_s)

    def state_of(self, account: AccountId) -> TradingState:
        if self._sequence is None:
            return TradingState.HALTED
        return state_of(self._known, account)

    def limits_of(self, account: AccountId) -> AccountLimits:
        return limits_of(self._known, account)

    def lets_out(self, account: AccountId, side: Side) -> bool:
        """Whether an order may leave now."""
        if self.unread():
            return False
        state = self.state_of(account)
        return state is TradingState.ACTIVE or (
            state is TradingState.REDUCING and side is Side.SELL
        )
