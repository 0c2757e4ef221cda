"""The one who appends to the account for status-sync."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from immutables import Map

from polycopy import schemas, trading
from polycopy.polymarket import cancel_answer
from polycopy.polymarket.reports import OrderReport
from polycopy.runtime import crash_points
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Halt, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.snapshots import Fold, Keeper, fingerprint
from polycopy.schemas import subjects
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.subjects import token
from polycopy.status_sync.core import future, ledger, ledger_snapshot
from polycopy.status_sync.core.future import Finds, Found
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.ports import Asked, EventLog
from polycopy.trading.account_state import Account

NAME = "status-sync"
_CONFLICTS_MAX = 20
_FOLD = Fold(
    fingerprint=fingerprint(schemas, trading, cancel_answer, ledger, ledger_snapshot),
    encode=ledger_snapshot.encode,
    decode=ledger_snapshot.decode,
)


class Scribe:
    """The ledger, and the right to append to it. `lock` is held by whoever decides and appends."""

    def __init__(self, log: EventLog, account: AccountId, *, asked: Asked, clock: Clock) -> None:
        self._log = log
        self._asked = asked
        self._clock = clock
        self.keeper = Keeper(log, f"{NAME}.{token(account)}", _FOLD)
        self.filters = [subjects.account_filter(account)]
        self.ledger = ledger.initial(account)
        self.lock = asyncio.Lock()
        self._finds: Finds = Map()

    @property
    def account(self) -> Account:
        return self.ledger.account

    def dated(self, held: Ledger) -> Ledger:
        """What spans are measured by: no time of it lies in our future."""
        steady_ms = round(1_000 * self._clock.monotonic_s())
        now = Found(at_ms=self._clock.now_ms(), steady_ms=steady_ms)
        self._finds = future.find(self._finds, held, now)
        return future.dated(held, self._finds)

    def remember(self, last_words: Sequence[OrderReport]) -> None:
        self.ledger = ledger.remember(self.ledger, last_words)

    async def say(
        self, decide: Callable[[Ledger], Sequence[OrderEvent]], because: Envelope | None = None
    ) -> list[str]:
        """Append what `decide` makes of the account; the types of the events. Where somebody else
        was first, fold that and decide again. Raises Transient."""
        for _ in range(_CONFLICTS_MAX):
            try:
                return [await self._append(event, because) for event in decide(self.ledger)]
            except Conflict:
                await self.catch_up()
        raise Transient("the account is written to by too many")

    async def hear(self, recorded: Recorded) -> None:
        """Fold an event that came by itself: a read costs as much as a round of questions. Where
        events before it are missing, they are read. Raises Transient."""
        if recorded.envelope.aggregate_version == self.account.version + 1:
            self.ledger = ledger.evolve(self.ledger, recorded)
            self._check()
            self.keeper.offer(self.ledger)
        elif recorded.sequence > self.ledger.sequence:
            await self.catch_up()

    async def catch_up(self) -> None:
        """Fold what others appended; at first from where the last snapshot had come to. Raises Halt
        for an account that is not ours to speak about."""
        if not self.ledger.sequence:
            self.ledger = await self.keeper.restore() or self.ledger
        after = self.ledger.sequence
        async with aclosing(self._log.read_batches(self.filters, after=after)) as batches:
            async for batch in batches:
                for recorded in batch:
                    self.ledger = ledger.evolve(self.ledger, recorded)
        self._check()
        self.keeper.offer(self.ledger)

    def _check(self) -> None:
        why = ledger.elsewhere(self.account, host=self._asked.host, signer=self._asked.signer)
        if why:
            raise Halt(why)

    async def _append(self, event: OrderEvent, because: Envelope | None) -> str:
        new = ledger.entry(self.ledger, event, self._clock.now_ms(), because)
        sequence = await self._log.append(new, expected=self.ledger.sequence)
        crash_points.reach("status-sync.event-stored")
        stored = Recorded(
            sequence=sequence, subject=new.subject, envelope=new.envelope, event=event
        )
        self.ledger = ledger.evolve(self.ledger, stored)
        self.keeper.offer(self.ledger)
        return new.envelope.event_type
