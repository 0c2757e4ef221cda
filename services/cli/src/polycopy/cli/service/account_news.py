"""Tells what needs a hand in the accounts, as it comes: exits that were not copied, lost orders,
disputes, and what holds all entries back."""

import asyncio
from collections.abc import Awaitable, Callable

from polycopy.cli.core import exits, falling_behind, news
from polycopy.cli.core.exits import Exits, Kept
from polycopy.cli.core.falling_behind import Watch
from polycopy.cli.service.racing import both
from polycopy.runtime.clock import Clock
from polycopy.runtime.log import Log
from polycopy.schemas.subjects import ALL_ORDERS

LOOK_EVERY_S = 1.0


class AccountNews:
    """`by_hand`: whether the operator can sell at the venue. `where` is the option that names the
    stack, as it is added to a command. Reads the whole history of the accounts first, beside all
    else: a second for every 30,000 events."""

    def __init__(
        self, log: Log, *, clock: Clock, say: Callable[[str], None], by_hand: bool, where: str
    ) -> None:
        self._log = log
        self._clock = clock
        self._say = say
        self._by_hand = by_hand
        self._where = where
        self._exits = exits.initial()

    async def run(self, after: int | None = None) -> None:
        """Until cancelled. What comes after that sequence is told; by default, after now."""
        end = await self._log.end() if after is None else after
        self._exits = await read_exits(self._log, until=end)
        if standing := self._kept():
            self._say(f"{exits.summary(standing)} (polycopy doctor{self._where} tells more)")
        await both(self._follow(end), self._tell({one.key for one in standing}))

    async def _follow(self, after: int) -> None:
        async for recorded in self._log.follow([ALL_ORDERS], after=after):
            self._exits = exits.evolve(self._exits, recorded)
            if line := news.line(recorded, self._exits, self._where):
                self._say(line)

    async def _tell(self, told: set[tuple[str, str]]) -> None:
        watch = Watch()
        while True:
            standing = self._kept()
            for one in standing:
                if one.key not in told:
                    self._say(exits.line(one, by_hand=self._by_hand))
            told = {one.key for one in standing}
            accounts = self._exits.accounts.values()
            watch, lines = falling_behind.look(watch, accounts, self._clock.now_ms())
            for line in lines:
                self._say(line)
            await asyncio.sleep(LOOK_EVERY_S)

    def _kept(self) -> list[Kept]:
        """Without those that are under way."""
        return exits.kept(self._exits, before_ms=self._clock.now_ms() - exits.SETTLES_MS)


async def tell_breaker(
    ask: Callable[[], Awaitable[str | None]],
    say: Callable[[str], None],
    *,
    every_s: float = LOOK_EVERY_S,
) -> None:
    """Each turn of the circuit breaker, until cancelled. `ask`: why it lets no entry pass, "" where
    it does; None where nobody tells."""
    before = ""
    while True:
        now = await ask()
        if now is not None:
            if line := news.breaker_turn(before, now):
                say(line)
            before = now
        await asyncio.sleep(every_s)


async def read_exits(log: Log, *, until: int | None = None) -> Exits:
    """Of the whole history of all accounts."""
    state = exits.initial()
    async for batch in log.read_batches([ALL_ORDERS], until=until):
        for recorded in batch:
            state = exits.evolve(state, recorded)
    return state
