"""The log while its server crashes, loses an answer, a consumer, or itself."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import pytest
from prometheus_client import Counter

from polycopy.runtime import nats_log, nats_pull
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.metrics import CONSUMERS_RECREATED
from polycopy.runtime.nats_check import check_server
from polycopy.runtime.nats_connection import Connection
from polycopy.runtime.nats_log import NatsLog
from tests.support.log_events import ALL_FEEDS, GUARD, feed, target
from tests.support.nats_raw import consumers, raw_api, real_log
from tests.support.nats_server import Account, NatsServer
from tests.support.tcp_proxy import proxy_to

T = TypeVar("T")
SOON_S = 60.0


async def soon(waiting: Awaitable[T]) -> T:
    async with asyncio.timeout(SOON_S):
        return await waiting


async def crash_and_return(server: NatsServer) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def obstinate(append: Callable[[], Awaitable[int]]) -> int:
    """As a worker would: a Transient is tried again."""
    while True:
        try:
            return await append()
        except Transient:
            continue


def count(counter: Counter) -> float:
    """What a counter stands at."""
    (family,) = counter.collect()
    return next(sample.value for sample in family.samples if sample.name.endswith("_total"))


async def drained(events: AsyncIterator[Recorded]) -> None:
    async for _ in events:
        continue


async def append_many(log: NatsLog, first: int, count: int) -> list[int]:
    return [
        await obstinate(lambda number=number: log.append(feed(number)))  # type: ignore[misc]
        for number in range(first, first + count)
    ]


async def test_nothing_acknowledged_is_lost_in_crashes_and_nothing_stored_twice(
    own_nats_server: NatsServer,
) -> None:
    async with real_log(own_nats_server.whole) as log:
        writing = asyncio.ensure_future(append_many(log, 0, 1500))
        for _ in range(2):
            while not writing.done() and await soon(obstinate(log.end)) < 100:
                continue
            await crash_and_return(own_nats_server)
        acknowledged = await soon(writing)
        found = await log.read([ALL_FEEDS])
        assert [event.sequence for event in found] == acknowledged
        assert [event.envelope.event_id for event in found] == [
            feed(number).envelope.event_id for number in range(1500)
        ]


async def test_a_follower_sees_every_event_once_through_crashes(
    own_nats_server: NatsServer,
) -> None:
    async with real_log(own_nats_server.whole) as log:
        await append_many(log, 0, 50)
        seen: list[int] = []
        async with aclosing(log.follow([">"])) as events:
            for round_ in range(3):
                while len(seen) < 51 + 50 * round_:
                    seen.append((await soon(anext(events))).sequence)
                crash = asyncio.ensure_future(crash_and_return(own_nats_server))
                await soon(append_many(log, 1000 * (round_ + 1), 50))
                await crash
            while len(seen) < 201:
                seen.append((await soon(anext(events))).sequence)
        assert seen == list(range(1, 202))


async def test_a_worker_answers_every_message_once_through_crashes(
    own_nats_server: NatsServer,
) -> None:
    """But for the one that was in hand: its answer did not arrive, or it did."""
    async with real_log(own_nats_server.whole) as log:
        await append_many(log, 0, 30)
        handled: list[int] = []
        async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
            while not handled or handled[-1] < 31:
                delivery = await soon(anext(deliveries))
                if delivery.recorded.sequence in {7, 17} and handled[-1] < 17:
                    await crash_and_return(own_nats_server)
                handled.append(delivery.recorded.sequence)
                await delivery.done()
        assert handled == list(range(2, 32))


async def test_a_lost_answer_is_read_back(own_nats_server: NatsServer) -> None:
    async with proxy_to(own_nats_server.port) as proxy:
        account = Account(f"nats://127.0.0.1:{proxy.port}", own_nats_server.monitor_url)
        async with real_log(account) as log:
            proxy.lose_answer_to(feed(1).subject.encode())
            assert await soon(log.append(feed(1))) == 2
            proxy.lose_answer_to(target(2).subject.encode())
            assert await soon(log.append(target(2), expected=0)) == 3
            assert proxy.answers_lost == 2
            assert await log.end() == 3


async def test_a_lost_answer_is_found_behind_the_events_of_others(
    own_nats_server: NatsServer,
) -> None:
    async with (
        proxy_to(own_nats_server.port) as proxy,
        real_log(own_nats_server.whole) as other,
        real_log(Account(f"nats://127.0.0.1:{proxy.port}", own_nats_server.monitor_url)) as log,
    ):
        proxy.lose_answer_to(target(1).subject.encode())
        writing = asyncio.ensure_future(log.append(target(1), expected=0))
        async with aclosing(other.follow([GUARD])) as events:
            first = await soon(anext(events))
        await other.append(target(2), expected=first.sequence)
        assert await soon(writing) == first.sequence


async def test_a_deleted_consumer_is_made_again_where_it_was(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await append_many(log, 0, 5)
        async with aclosing(log.follow([ALL_FEEDS])) as events:
            seen = [(await soon(anext(events))).sequence for _ in range(5)]
            for name in await consumers(api):
                await api.ask(f"CONSUMER.DELETE.EVENTS.{name}")
            await append_many(log, 100, 2)
            seen += [(await soon(anext(events))).sequence for _ in range(2)]
        assert seen == [2, 3, 4, 5, 6, 7, 8]


async def test_a_follower_leaves_no_consumer_behind(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await append_many(log, 0, 3)
        async with aclosing(log.follow([ALL_FEEDS])) as events:
            await soon(anext(events))
            assert len(await consumers(api)) == 1
        await log.read([ALL_FEEDS])
        assert await log.end() == 4
        assert await consumers(api) == []


async def test_a_delivery_that_was_lost_on_the_way_is_asked_for_again(
    own_nats_server: NatsServer,
) -> None:
    async with (
        proxy_to(own_nats_server.port) as proxy,
        real_log(Account(f"nats://127.0.0.1:{proxy.port}", own_nats_server.monitor_url)) as log,
        aclosing(log.follow([ALL_FEEDS])) as events,
    ):
        await append_many(log, 0, 1)
        seen = [(await soon(anext(events))).sequence]
        proxy.swallow_delivery(feed(1).subject)
        waiting = asyncio.ensure_future(anext(events))
        await append_many(log, 1, 3)
        seen.append((await soon(waiting)).sequence)
        seen += [(await soon(anext(events))).sequence for _ in range(2)]
        assert seen == [2, 3, 4, 5]


async def test_a_damaged_record_halts_whoever_follows_the_whole_log(
    own_nats_server: NatsServer,
) -> None:
    async with real_log(own_nats_server.whole) as log:
        await append_many(log, 0, 5)
    await asyncio.to_thread(own_nats_server.stop)
    (block,) = own_nats_server.folder.glob("store/**/EVENTS/msgs/*.blk")
    block.write_bytes(block.read_bytes().replace(b'"connection":"2"', b'"connection":"3"'))
    await asyncio.to_thread(own_nats_server.start)
    with pytest.raises(Halt, match=r"sequence 4 is missing|messages were lost"):
        async with real_log(own_nats_server.whole) as log:
            await soon(drained(log.follow([">"])))


async def test_a_deleted_worker_begins_again_behind_its_last_answer(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await append_many(log, 0, 3)
        handled = []
        async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
            for round_ in range(3):
                delivery = await soon(anext(deliveries))
                handled.append(delivery.recorded.sequence)
                await delivery.done()
                if round_ == 1:
                    await api.ask("CONSUMER.DELETE.EVENTS.worker")
        assert handled == [2, 3, 4]


async def test_an_emptied_log_halts_whoever_had_it_open(own_nats_server: NatsServer) -> None:
    async with real_log(own_nats_server.whole) as log, aclosing(log.follow([">"])) as events:
        await append_many(log, 0, 3)
        await soon(anext(events))
        await asyncio.to_thread(own_nats_server.kill)
        shutil.rmtree(own_nats_server.folder / "store")
        await asyncio.to_thread(own_nats_server.start)
        async with real_log(own_nats_server.whole):
            with pytest.raises(Halt, match="the log was replaced"):
                await soon(obstinate(lambda: log.append(feed(9))))
            with pytest.raises(Halt, match="the log was replaced"):
                await soon(drained(events))


async def test_a_log_that_lost_its_end_halts_whoever_knew_it(own_nats_server: NatsServer) -> None:
    store, copy = own_nats_server.folder / "store", own_nats_server.folder / "copy"
    async with real_log(own_nats_server.whole) as log:
        await append_many(log, 0, 3)
        await asyncio.to_thread(own_nats_server.stop)
        shutil.copytree(store, copy)
        await asyncio.to_thread(own_nats_server.start)
        await append_many(log, 10, 3)
        await asyncio.to_thread(own_nats_server.kill)
        shutil.rmtree(store)
        copy.rename(store)
        await asyncio.to_thread(own_nats_server.start)
        with pytest.raises(Halt, match="ends at sequence 4, and 7 had been acknowledged"):
            await soon(obstinate(lambda: log.append(feed(20))))


async def test_a_follower_notices_that_the_server_is_silent(
    own_nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_pull, "_HEARTBEAT_S", 0.1)
    monkeypatch.setattr(nats_pull, "_SILENCE_S_MAX", 0.3)
    recreated = CONSUMERS_RECREATED.labels("follow")
    before = count(recreated)
    async with real_log(own_nats_server.whole) as log, aclosing(log.follow([">"])) as events:
        await soon(anext(events))
        own_nats_server.signal(signal.SIGSTOP)
        waiting = asyncio.ensure_future(anext(events))
        async with asyncio.timeout(SOON_S):
            while count(recreated) == before:  # noqa: ASYNC110 - a counter tells nobody
                await asyncio.sleep(0)
        own_nats_server.signal(signal.SIGCONT)
        await append_many(log, 0, 1)
        assert (await soon(waiting)).sequence == 2


async def test_an_append_without_a_server_ends_as_unknown(own_nats_server: NatsServer) -> None:
    async with real_log(own_nats_server.whole, patience_s=0.3) as log:
        await asyncio.to_thread(own_nats_server.kill)
        with pytest.raises(Transient, match="unknown whether"):
            await soon(log.append(feed(1)))
        assert not log.connected
        with pytest.raises(Transient):
            await log.end()
        await log.keep("rtds", "while away", b"x")


async def test_a_server_that_goes_while_the_log_is_opened_is_waited_for(
    own_nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts just then starts by itself, and is no task for a hand."""
    async with real_log(own_nats_server.whole) as log:
        await append_many(log, 0, 1)
    looks: list[int] = []

    async def going(connection: Connection, monitors: list[str]) -> None:
        looks.append(connection.epoch)
        if len(looks) == 1:
            await crash_and_return(own_nats_server)
        await check_server(connection, monitors)

    monkeypatch.setattr(nats_log, "check_server", going)
    async with real_log(own_nats_server.whole, create=False) as log:
        assert await log.end() == 2
    assert looks == [0, 1]
