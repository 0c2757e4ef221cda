"""Whom to follow, on a real log, with the real paper venue's leaderboards and with bad ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from polycopy.paper_venue.core.profiles import profile
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Log
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.control import Pool, PoolAdded, PoolOrder
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.subjects import guard_of, subject_of
from polycopy.schemas.traders import NameResolved, PoolRefreshed
from polycopy.stream_ingest.adapters.leaderboard import open_leaderboard
from polycopy.stream_ingest.ports import Leaderboard
from polycopy.stream_ingest.service.targets import Targets
from polycopy.trading.following import LEFT_MS, FollowingEvent
from tests.support.following import (
    ANNA,
    BERT,
    added,
    named,
    no_pool,
    pool,
    refreshed,
    removed,
    unnamed,
)
from tests.support.hand_clock import WrongClock
from tests.support.leaderboard_api import (
    api,
    away,
    listing,
    listing_v1,
    old_row,
    row,
    venue_has_traded,
    wallet,
)
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account
from tests.support.paper_venue import paper_venue

SOON_S = 60.0
POOL = Pool(pool_id=PoolId("best"), order=PoolOrder.VOLUME, size=2)


@dataclass
class Listener:
    """What Targets tells, kept as whoever follows would keep it."""

    targets: Targets
    clock: WrongClock
    followed: set[Wallet] = field(default_factory=set)
    told: list[tuple[tuple[Wallet, ...], tuple[Wallet, ...]]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self, added: Sequence[Wallet], removed: Sequence[Wallet]) -> None:
        self.told.append((tuple(added), tuple(removed)))
        self.followed = (self.followed | set(added)) - set(removed)
        self.news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not holds():
                self.news.clear()
                await self.news.wait()

    async def follows(self, *wallets: Wallet) -> None:
        await self.until(lambda: self.followed == set(wallets))
        assert set(self.targets.followed) == self.followed


@asynccontextmanager
async def running(
    log: Log, leaderboard: Leaderboard, clock: WrongClock | None = None
) -> AsyncIterator[Listener]:
    time = clock or WrongClock(SystemClock())
    heard: list[Listener] = []

    def changed(new: Sequence[Wallet], gone: Sequence[Wallet]) -> None:
        heard[0].changed(new, gone)

    targets = Targets(log, leaderboard, clock=time, changed=changed)
    heard.append(Listener(targets, time))
    await targets.catch_up()
    task = asyncio.create_task(targets.run())
    try:
        yield heard[0]
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def say(log: Log, event: FollowingEvent) -> None:
    subject = subject_of(event)
    last = await log.last(guard_of(subject) or subject)
    origin = Origin(source="test", time_ms=1, causation_id=last.envelope.event_id if last else "")
    guarded = guard_of(subject) is not None
    expected = (last.sequence if last else 0) if guarded else None
    await log.append(draft(event, subject=subject, origin=origin), expected=expected)


async def said(log: Log, kind: type[PoolRefreshed | NameResolved]) -> list[object]:
    found = await log.read(["traders.>"])
    return [one.event for one in found if isinstance(one.event, kind)]


async def appended(log: Log, count: int) -> None:
    """Until so many events about traders are in the log."""
    async with asyncio.timeout(SOON_S):
        async for _ in log.follow(["traders.>"]):
            count -= 1
            if not count:
                return


async def test_wallets_are_followed_and_dropped_as_the_operator_says(log: NatsLog) -> None:
    async with api(away(), away()) as (board, asked), running(log, board) as heard:
        await say(log, added(ANNA))
        await heard.follows(ANNA)
        await say(log, added(BERT))
        await heard.follows(ANNA, BERT)
        await say(log, removed(ANNA))
        await heard.follows(BERT)
    assert asked == []


async def test_a_pool_and_a_name_of_the_venue_are_followed(log: NatsLog) -> None:
    async with paper_venue() as venue, open_leaderboard(venue.urls["data"]) as board:
        everybody = await venue_has_traded(venue, board)
        best = [member.wallet for member in everybody.members[:2]]
        other = next(one for one in venue.script.wallets if one not in best)
        async with running(log, board) as heard:
            await say(log, PoolAdded(pool=POOL))
            await heard.follows(*best)
            await say(log, named(profile(other).name.upper()))
            await heard.follows(*best, other)
            await say(log, no_pool())
            await heard.follows(other)
            await say(log, unnamed(profile(other).name))
            await heard.follows()


async def test_who_starts_again_follows_the_same_and_says_nothing_anew(log: NatsLog) -> None:
    everybody = listing(row(1, "Bob"), row(2))
    async with api(everybody, listing_v1(old_row(1, "Bob"))) as (board, asked):
        async with running(log, board) as heard:
            await say(log, pool())
            await say(log, named("bob"))
            await heard.follows(wallet(1), wallet(2))
            await appended(log, 2)
        end, before = await log.end(), len(asked)
        async with running(log, board, heard.clock) as heard:
            assert heard.told == [((wallet(1), wallet(2)), ())]
            await heard.targets.tend()
        assert (await log.end(), len(asked)) == (end, before)


async def test_an_api_that_was_away_is_asked_again(log: NatsLog) -> None:
    answers = [away(503)]

    def now(request: web.Request) -> web.Response:
        return answers[-1](request)

    async with api(now, away(503)) as (board, asked), running(log, board) as heard:
        await say(log, pool())
        await say(log, added(ANNA))
        await heard.follows(ANNA)
        async with asyncio.timeout(SOON_S):
            while len(asked) < 2:  # noqa: ASYNC110 - a list tells nobody
                await asyncio.sleep(0)
        answers.append(listing(row(7)))
        assert await heard.targets.tend() > heard.clock.now_ms()
        heard.clock.ahead_ms += 5_000
        await heard.targets.tend()
        await heard.follows(ANNA, wallet(7))


async def test_two_side_by_side_say_each_thing_once(log: NatsLog, nats_account: Account) -> None:
    everybody = listing(row(1, "Bob"), row(2))
    clock = WrongClock(SystemClock())
    async with (
        api(everybody, listing_v1(old_row(1, "Bob"))) as (board, _),
        real_log(nats_account) as second,
        running(log, board, clock) as one,
        running(second, board, clock) as other,
    ):
        await say(log, pool())
        await say(log, named("bob"))
        for heard in (one, other):
            await heard.follows(wallet(1), wallet(2))
            await heard.targets.tend()
        await appended(log, 2)
        assert len(await said(log, PoolRefreshed)) == 1
        assert len(await said(log, NameResolved)) == 1


async def test_who_left_a_leaderboard_is_dropped_after_thirty_days(log: NatsLog) -> None:
    lists = [listing(row(1), row(2))]

    def now(request: web.Request) -> web.Response:
        return lists[-1](request)

    async with api(now, away()) as (board, _), running(log, board) as heard:
        await say(log, pool())
        await heard.follows(wallet(1), wallet(2))
        lists.append(listing(row(2), row(3)))
        heard.clock.ahead_ms += 15 * 60_000
        await heard.targets.tend()
        await heard.follows(wallet(1), wallet(2), wallet(3))
        heard.clock.ahead_ms += LEFT_MS - 3_600_000
        await heard.targets.tend()
        assert wallet(1) in heard.followed
        heard.clock.ahead_ms += 3_600_000
        await heard.targets.tend()
        await heard.follows(wallet(2), wallet(3))


async def test_ten_thousand_wallets_are_told_at_the_start_at_once(log: NatsLog) -> None:
    many = [wallet(number) for number in range(1, 10_001)]
    await say(log, pool(size=10_000))
    for start in range(0, 10_000, 2_500):
        other = PoolId(f"part-{start}")
        await say(log, pool(other))
        await say(log, refreshed(many[start : start + 2_500], 1, other))
    async with api(away(), away()) as (board, _), running(log, board) as heard:
        assert [len(new) for new, _ in heard.told] == [10_000]
