"""Wallets, venues and executors for tests of the executor and of status-sync."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import msgspec
from pydantic import SecretStr

from polycopy.executor.adapters.credentials import write_credentials
from polycopy.executor.adapters.signing import open_signer
from polycopy.executor.adapters.venues import Waits, open_venues
from polycopy.executor.core.limits import Limits
from polycopy.executor.core.wallet import WalletKey
from polycopy.executor.ports import Markets, Venue
from polycopy.executor.service.desk import NAME
from polycopy.executor.service.executor import FILTERS, Executor
from polycopy.executor.service.executor import PAPER as PAPER_WORKER
from polycopy.polymarket.auth import ApiCredentials
from polycopy.runtime.clock import Clock, SystemClock
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas import subjects
from polycopy.schemas.accounts import AccountCaughtUp
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import (
    AccountId,
)
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account
from tests.support.crashing import Crashing, Steps
from tests.support.paper_venue import Key, Running
from tests.support.signalling import LIVE

KEY = Key(77)
DEADLINE_S = 60.0
HURRIED = Limits(pauses_s=(0, 0, 0), behind_s_max=0)
"""Waits for nothing."""


async def events_of(log: Log, account: AccountId) -> list[Event]:
    return [one.event for one in await log.read([subjects.account_filter(account)])]


async def account_of(log: Log, account: AccountId) -> Account:
    return accounts.fold(account, await events_of(log, account))  # type: ignore[arg-type]  # orders


async def eventually(log: Log, account: AccountId, holds: Callable[[Account], bool]) -> Account:
    """The account as soon as it is as it should be. Fails after a deadline."""
    state = accounts.initial(account)
    async with asyncio.timeout(DEADLINE_S):
        async for recorded in log.follow([subjects.account_filter(account)]):
            state = accounts.evolve(state, recorded.event)  # type: ignore[arg-type]  # orders
            if holds(state):
                return state
    raise AssertionError("the log ended")


async def caught_up(log: Log, account: AccountId) -> None:
    """What status-sync says once it has read everything: without it there are no entries."""
    last = await log.last(subjects.account_filter(account))
    known = await account_of(log, account)
    event = AccountCaughtUp(
        account=account,
        epoch=known.epoch,
        read_from_ms=0,
        caught_up_at_ms=SystemClock().now_ms(),
    )
    origin = Origin(source="status-sync", time_ms=1, causation_id=f"after {known.version}")
    new = draft(
        event,
        subject=subjects.order_subject(account, event),
        origin=origin,
        aggregate_version=known.version + 1,
    )
    await log.append(new, expected=last.sequence if last else 0)


def wallet_key(folder: Path, *, wallet: str = "", signature_type: int | None = None) -> WalletKey:
    """KEY's own address, unless told otherwise. The API key is the same for all its wallets."""
    return WalletKey(
        key=SecretStr(KEY.hex),
        wallet=wallet,
        chain_id=137,
        api_file=folder / "api.json",
        signature_type=signature_type,
    )


async def sign_in(venue: Running, folder: Path) -> ApiCredentials:
    """Make the venue's API credentials for KEY, and write them where the executor reads them."""
    who = wallet_key(folder)
    async with open_signer(venue.urls["clob"], who, None) as signer:
        write_credentials(who.api_file, signer.credentials)
        return signer.credentials


class Venues(msgspec.Struct, frozen=True, kw_only=True):
    """What `open_venues` opened. Opening a signer takes half a second, so tests share it."""

    markets: Markets
    by_name: dict[VenueName, Venue]

    @property
    def live_account(self) -> AccountId:
        return LIVE if VenueName.POLYMARKET in self.by_name else AccountId("")


@asynccontextmanager
async def venues_at(
    clob_url: str,
    folder: Path | None = None,
    *,
    clock: Clock | None = None,
    timeout_s: float = 2.0,
    who: WalletKey | None = None,
) -> AsyncIterator[Venues]:
    """Live where there is a folder with keys, or a wallet."""
    live = who or (wallet_key(folder) if folder else None)
    waits = Waits(answer_s=timeout_s)
    async with open_venues(clob_url, live, waits=waits, clock=clock or SystemClock()) as (
        markets,
        venues,
    ):
        yield Venues(markets=markets, by_name=venues)


async def started(
    log: Log,
    venues: Venues,
    *,
    instance: str = "first",
    limits: Limits = HURRIED,
    steps: Steps | None = None,
    clock: Clock | None = None,
    alone: bool = True,
) -> Executor:
    """An executor that took its accounts over and handles nothing by itself. `alone`: without
    status-sync, whose part in catching up is played here.

    With `steps`, every step after the start is counted, and one of them may crash.
    """
    taken = Steps() if steps is None else steps
    fatal, taken.fatal = taken.fatal, ""
    executor = Executor(
        cast(Log, Crashing(log, taken)),
        clock=clock or SystemClock(),
        markets=cast(Markets, Crashing(venues.markets, taken)),
        venues={name: cast(Venue, Crashing(one, taken)) for name, one in venues.by_name.items()},
        instance=instance,
        live_account=venues.live_account,
        limits=limits,
    )
    await executor.start()
    if venues.live_account and alone:
        await caught_up(log, venues.live_account)
    taken.names.clear()
    taken.fatal = fatal
    return executor


@asynccontextmanager
async def running(executor: Executor, log: Log) -> AsyncIterator[None]:
    """The executor at work on the log's signals."""
    task = asyncio.create_task(
        executor.run(log.work(NAME, FILTERS), log.work(PAPER_WORKER, FILTERS), tick_s=0.05)
    )
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def act(executor: Executor, sent: Recorded) -> list[str]:
    """What both workers make of a signal: money first, then the forward tests."""
    return [*await executor.handle(sent), *await executor.handle_paper(sent)]


def venue_orders(venue: Running) -> list[dict[str, object]]:
    """The attempts to place an order that reached the venue, in its own words."""
    orders: list[dict[str, object]] = json.loads(venue.venue.journal.body())["orders"]
    return orders


def venue_fills(venue: Running) -> list[dict[str, object]]:
    fills: list[dict[str, object]] = json.loads(venue.venue.journal.body())["fills"]
    return fills
