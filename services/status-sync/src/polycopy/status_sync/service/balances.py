"""Looks at the wallet's balances, and tells where the log does not explain them."""

import asyncio
from collections.abc import Callable

from polycopy.polymarket.order_hash import EOA
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core import balances
from polycopy.status_sync.core.balances import Balances, Look
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.ports import Asked
from polycopy.status_sync.service.scribe import NAME, Scribe

_TICK_S_MAX = 10.0
_logger = get_logger(NAME)


class BalanceWatch:
    """`signature_type` None: an EOA's, where the account's wallet is the key's own."""

    def __init__(
        self,
        asked: Asked,
        scribe: Scribe,
        *,
        signature_type: int | None,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self._asked = asked
        self._scribe = scribe
        self._signature_type = signature_type
        self._rules = rules
        self._clock = clock
        self._balances = Balances()

    async def run(self, may_look: Callable[[], bool]) -> None:
        """Until cancelled. `may_look`: whether the log holds all that the venue told."""
        while True:
            await asyncio.sleep(min(_TICK_S_MAX, self._rules.balance_every_ms / 1000))
            if may_look():
                await self.look()

    async def look(self) -> list[str]:
        """Compare every balance that is due; the types of the events. What cannot be read or
        written says nothing."""
        kind = self._kind()
        if kind is None:
            return []
        said: list[str] = []
        now_ms = self._clock.now_ms()
        held = self._scribe.dated(self._scribe.ledger)
        for look in balances.due(held, self._balances, self._rules, now_ms):
            self._balances = balances.looked(self._balances, look, now_ms)
            try:
                held_micros = await self._asked.balance_micros(look.token_id, kind)
                said += await self._compare(look, held_micros)
                if look.token_id in self._balances.differed:
                    # So that the second look is not at the same old answer.
                    await self._asked.refresh_balance(look.token_id, kind)
            except Transient as error:
                _logger.info("balance not compared", token_id=look.token_id, why=str(error))
        return said

    async def _compare(self, look: Look, held_micros: int) -> list[str]:
        async with self._scribe.lock:
            await self._scribe.catch_up()
            now_ms, before = self._clock.now_ms(), self._balances
            rules, dated = self._rules, self._scribe.dated

            def judged(held: Ledger) -> tuple[Balances, list[OrderEvent]]:
                return balances.judge(dated(held), before, look, held_micros, rules, now_ms)

            self._balances, _ = judged(self._scribe.ledger)
            return await self._scribe.say(lambda held: judged(held)[1])

    def _kind(self) -> int | None:
        if self._signature_type is not None:
            return self._signature_type
        known = self._scribe.account.venue_account
        return EOA if known and known.wallet == known.signer else None
