"""Nobody leaves for the venue before his turn: the rate budget, with real waiting."""

import asyncio
from collections.abc import Awaitable, Callable

from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.core import rate_budget
from polycopy.executor.core.rate_budget import Budget, Cost, TooLong, Which
from polycopy.polymarket.rate_headers import RateNotice
from polycopy.runtime.logs import get_logger

_TOO_MANY = 429
_logger = get_logger("executor")


class Held(Exception):  # noqa: N818 - the word says it
    """The request did not leave: its turn comes too late. `after_s`: not before that."""

    def __init__(self, name: str, after_s: float, why: str = "") -> None:
        limited = f"rate limit: {name} would have to wait {after_s:.3g} s"
        super().__init__(f"{name}: {why}" if why else limited)
        self.after_s = after_s


class Turnstile:
    """One for all connections to the venue, since they share one key and one address."""

    def __init__(
        self, clock: VenueClock, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._budget = Budget()

    async def enter(self, of: Cost, *, wait_s_max: float) -> None:
        """Wait for the request's turn. Raises Held where that is too long, and then at once, unless
        the venue closes meanwhile."""
        at_ms, wait_ms_max = self._now_ms(), round(wait_s_max * 1_000)
        spent = rate_budget.spend(self._budget, of, at_ms=at_ms, wait_ms_max=wait_ms_max)
        if isinstance(spent, TooLong):
            raise Held(of.name, spent.wait_ms / 1_000)
        self._budget, wait_ms = spent.budget, spent.wait_ms
        while wait_ms:
            await self._sleep(wait_ms / 1_000)
            wait_ms = rate_budget.closed_ms(self._budget, of, self._now_ms())
            if self._now_ms() + wait_ms > at_ms + wait_ms_max:
                raise Held(of.name, wait_ms / 1_000)

    def told(self, of: Cost, notice: RateNotice, *, http_status: int) -> None:
        """What an answer says of the limits."""
        self._budget = rate_budget.told(
            self._budget,
            of,
            notice,
            http_status=http_status,
            at_ms=self._now_ms(),
            venue_s=self._clock.venue_s(),
        )
        if http_status == _TOO_MANY or notice.warned:
            closed_s = rate_budget.closed_ms(self._budget, of, self._now_ms()) / 1_000
            _logger.warning("rate limit of the venue", of=of.name, closed_s=closed_s)

    def cancels_at_once(self) -> int:
        """How many orders one cancel may name."""
        return rate_budget.at_once_max(self._budget, Which.CANCELS)

    def _now_ms(self) -> int:
        return round(self._clock.ours.monotonic_s() * 1_000)
