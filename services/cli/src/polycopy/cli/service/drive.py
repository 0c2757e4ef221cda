"""Drives a paper venue in lock-step: one leader transaction, then wait until all that follows from
it has ended, then the next. So the same seed gives the same orders, however fast the machine is.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec

from polycopy.cli.core import progress
from polycopy.cli.core.progress import Progress
from polycopy.cli.core.venue import LeaderTransaction
from polycopy.cli.ports import Bar, PaperVenue
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import ALL_ORDERS, ALL_SIGNALS

_SUBSCRIBER_S_MAX = 60.0
_EVALUATED_S_MAX = 30.0
_ENDED_S_MAX = 60.0
_CONFIRMED_S_MAX = 60.0
_POLL_S = 0.01


class Driven(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. Missed trades were never evaluated in full, stuck orders never ended."""

    transactions: int = 0
    rows: int = 0
    sizes: Mapping[str, int] = {}
    """Every leader trade and its size, by its key."""
    trades_missed: int = 0
    orders_stuck: int = 0
    fills_unconfirmed: int = 0


class Follower:
    """The fold of the log as it grows. Made by `follow`."""

    def __init__(self) -> None:
        self.state = progress.initial()
        self._grown = asyncio.Condition()

    async def run(self, log: Log) -> None:
        async for recorded in log.follow([ALL_SIGNALS, ALL_ORDERS]):
            self.state = progress.evolve(self.state, recorded)
            async with self._grown:
                self._grown.notify_all()

    async def until(self, holds: Callable[[Progress], bool], *, timeout_s: float) -> bool:
        """Waits until the log makes it hold. False where the time is over."""
        try:
            async with asyncio.timeout(timeout_s), self._grown:
                await self._grown.wait_for(lambda: holds(self.state))
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def follow(log: Log) -> AsyncIterator[Follower]:
    """A follower for as long as the block lasts."""
    follower = Follower()
    task = asyncio.create_task(follower.run(log))
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def drive(
    venue: PaperVenue, follower: Follower, followed: frozenset[Wallet], trades: int, bar: Bar
) -> Driven:
    """Emit up to so many leader transactions, fewer where the venue has no more."""
    driven = Driven()
    while driven.transactions < trades:
        await _somebody_listens(venue)
        transaction = await venue.next()
        if not transaction.rows:
            break
        driven = await _settle(follower, transaction, followed, driven)
        state = follower.state
        bar.advance(driven.transactions, f"{state.orders} orders, {state.fills} fills")
        if transaction.done:
            break
    await follower.until(
        lambda state: progress.awaited_fills(state) == 0, timeout_s=_CONFIRMED_S_MAX
    )
    return msgspec.structs.replace(driven, fills_unconfirmed=progress.awaited_fills(follower.state))


async def _settle(
    follower: Follower, transaction: LeaderTransaction, followed: frozenset[Wallet], so_far: Driven
) -> Driven:
    await follower.until(
        lambda state: not progress.not_evaluated(state, transaction, followed),
        timeout_s=_EVALUATED_S_MAX,
    )
    await follower.until(
        lambda state: not progress.not_ended(state, transaction, followed), timeout_s=_ENDED_S_MAX
    )
    state = follower.state
    return Driven(
        transactions=so_far.transactions + 1,
        rows=so_far.rows + len(transaction.rows),
        sizes={**so_far.sizes, **progress.group_sizes(transaction, followed)},
        trades_missed=so_far.trades_missed
        + len(progress.not_evaluated(state, transaction, followed)),
        orders_stuck=so_far.orders_stuck + len(progress.not_ended(state, transaction, followed)),
    )


async def _somebody_listens(venue: PaperVenue) -> None:
    """A frame that leaves while nobody listens is lost, as at the real venue."""
    try:
        async with asyncio.timeout(_SUBSCRIBER_S_MAX):
            while (await venue.status()).rtds_subscribers == 0:  # noqa: ASYNC110 - another process
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise Transient("nobody listens to the venue's trade feed") from error
