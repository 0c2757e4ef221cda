"""The one who may append to an account."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress

from polycopy import schemas, trading
from polycopy.executor.core import ledger
from polycopy.executor.ports import EventLog
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Halt, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.snapshots import Fold, Keeper, fingerprint
from polycopy.schemas import subjects
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Origin
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.subjects import token
from polycopy.schemas.terms import VenueAccount
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account

NAME = "executor"
CONFLICTS_MAX = 20
_FOLD = Fold(
    fingerprint=fingerprint(schemas, trading, ledger),
    encode=ledger.to_pieces,
    decode=ledger.from_pieces,
)
Decide = Callable[[Account], Sequence[OrderEvent]]


class Elsewhere(Halt):
    """The account belongs to another venue or wallet than ours."""


class Desk:
    """The right to append to one account, and the ledger that the appends are decided on.

    `lock` is held through a decision and its sending: the ledger never moves in between.
    """

    def __init__(
        self, log: EventLog, account: AccountId, venue_account: VenueAccount, *, clock: Clock
    ) -> None:
        self._log = log
        self._clock = clock
        self._epoch: int | None = None
        self.keeper = Keeper(log, f"{NAME}.{token(account)}", _FOLD)
        self.venue_account = venue_account
        self.ledger = ledger.initial(account)
        self.lock = asyncio.Lock()
        self._caught_up = asyncio.Event()
        self._fell_behind_s = clock.monotonic_s()

    async def catch_up(self) -> None:
        """Fold what others appended; at first from where the last snapshot had come to."""
        if not self.ledger.sequence:
            self.ledger = await self.keeper.restore() or self.ledger
        filters = [subjects.account_filter(self.ledger.account.account)]
        after = self.ledger.sequence
        async with aclosing(self._log.read_batches(filters, after=after)) as batches:
            async for batch in batches:
                for recorded in batch:
                    self._learn(recorded)
        self.keeper.offer(self.ledger)

    @property
    def account_id(self) -> AccountId:
        return self.ledger.account.account

    @property
    def venue(self) -> VenueName:
        return self.venue_account.venue

    async def take_over(
        self,
        instance: str,
        resend_ms_max: int = 0,
        *,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Fence off whoever held the account before, and tell how long orders are sent. `before` is
        awaited between each look at the account and the attempt to take it. Raises Elsewhere."""
        for _ in range(CONFLICTS_MAX):
            await self.catch_up()
            if before is not None:
                await before()
            try:
                await self._start_epoch(instance, resend_ms_max)
            except Conflict:
                continue
            self._epoch = self.ledger.account.epoch
            self._fell_behind_s = self._clock.monotonic_s()
            return
        raise Transient(f"account {self.account_id} is written to by too many")

    async def _start_epoch(self, instance: str, resend_ms_max: int) -> None:
        origin = Origin(source=NAME, time_ms=self._clock.now_ms(), causation_id=instance)
        account = self.ledger.account
        said = accounts.start_epoch(account, instance, self.venue_account, resend_ms_max)
        if not said:
            raise Elsewhere(ledger.elsewhere(account, self.venue_account))
        for event in said:
            await self.append(event, origin)

    async def until_caught_up(self, wait_s_max: float) -> None:
        """Wait for whoever reads the venue to catch the account up, but no longer than `wait_s_max`
        since it fell behind. Not under the lock: this is heard under it."""
        left_s = self._fell_behind_s + wait_s_max - self._clock.monotonic_s()
        if not self._caught_up.is_set() and left_s > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._caught_up.wait()

    async def hear(self, recorded: Recorded) -> None:
        """Fold an event that came by itself: a read costs as much as an order. Only under the lock.
        Where events before it are missing, they are read. Raises Halt as `must_be_ours`."""
        if recorded.envelope.aggregate_version == self.ledger.account.version + 1:
            self._learn(recorded)
        elif recorded.sequence > self.ledger.sequence:
            await self.catch_up()
        self.must_be_ours()

    def must_be_ours(self) -> None:
        """Raises Halt where another executor took the account over, as far as it was heard."""
        account = self.ledger.account
        if self._epoch is not None and account.epoch != self._epoch:
            raise Halt(
                f"another executor took over account {account.account} ({account.instance}): "
                "let only one run"
            )

    async def say(self, decide: Decide, origin: Origin) -> list[str]:
        """Append what `decide` makes of the account; the types of it. Where somebody else was
        first, fold that and decide again."""
        for _ in range(CONFLICTS_MAX):
            try:
                return [await self.append(event, origin) for event in decide(self.ledger.account)]
            except Conflict:
                await self.catch_up()
        raise Transient(f"account {self.ledger.account.account} is written to by too many")

    async def append(self, event: OrderEvent, origin: Origin) -> str:
        """Store an event that was decided on the ledger as it stands; the type of it.

        Raises Conflict where the account moved on since, Halt where it was taken over.
        """
        self.must_be_ours()
        new = ledger.entry(self.ledger, event, origin)
        sequence = await self._log.append(new, expected=self.ledger.sequence)
        self._learn(
            Recorded(sequence=sequence, subject=new.subject, envelope=new.envelope, event=event)
        )
        self.keeper.offer(self.ledger)
        return new.envelope.event_type

    def _learn(self, recorded: Recorded) -> None:
        was_caught_up = self.ledger.account.caught_up
        self.ledger = ledger.evolve(self.ledger, recorded)
        if self.ledger.account.caught_up:
            self._caught_up.set()
        elif was_caught_up:
            self._caught_up.clear()
            self._fell_behind_s = self._clock.monotonic_s()
