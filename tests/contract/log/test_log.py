"""What every log promises (`polycopy.runtime.log`)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec
import pytest

from polycopy.runtime.errors import Conflict, Halt
from polycopy.runtime.log import Delivery, Log
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.control import LogCreated
from polycopy.schemas.event import UnknownEvent
from tests.support.log_events import ALL_FEEDS, GUARD, WALLET, feed, target, target_removed

AnyLog = MemoryLog | NatsLog
OpenAgain = Callable[[], Awaitable[AnyLog]]
T = TypeVar("T")
SOON_S = 60.0


async def soon(waiting: Awaitable[T]) -> T:
    async with asyncio.timeout(SOON_S):
        return await waiting


async def take(events: AsyncIterator[T], count: int) -> list[T]:
    async with asyncio.timeout(SOON_S):
        return [await anext(events) for _ in range(count)]


async def append_feeds(log: Log, *numbers: int) -> list[int]:
    return [await log.append(feed(number)) for number in numbers]


async def test_a_fresh_log_holds_its_id_and_nothing_else(log: AnyLog) -> None:
    assert await log.end() == 1
    first = await log.at(1)
    assert first is not None
    assert first.event == LogCreated(log_id=log.log_id)
    assert await log.at(2) is None
    assert await log.at(0) is None


async def test_an_appended_event_is_read_back_as_it_was(log: AnyLog) -> None:
    new = feed(7)
    sequence = await log.append(new)
    (found,) = await log.read([ALL_FEEDS])
    assert found == await log.at(sequence) == await log.last(ALL_FEEDS)
    assert (found.sequence, found.subject) == (sequence, new.subject)
    assert (found.envelope, found.event) == (new.envelope, new.event)


async def test_sequences_follow_each_other(log: AnyLog) -> None:
    assert await append_feeds(log, 1, 2, 3) == [2, 3, 4]
    assert await log.end() == 4


async def test_the_same_event_is_stored_once(log: AnyLog, open_again: OpenAgain) -> None:
    first = await log.append(feed(1))
    await log.append(feed(2))
    assert await (await open_again()).append(feed(1)) == first
    assert await log.end() == 3


async def test_the_same_event_with_an_old_expectation_is_stored_once(log: AnyLog) -> None:
    first = await log.append(target(1), expected=0)
    second = await log.append(target_removed(2), expected=first)
    assert await log.append(target(1), expected=0) == first
    assert await log.append(target_removed(2), expected=0) == second
    assert await log.append(target_removed(2), expected=first) == second
    assert await log.end() == second


async def test_a_wrong_expectation_is_a_conflict(log: AnyLog) -> None:
    first = await log.append(target(1), expected=0)
    with pytest.raises(Conflict):
        await log.append(target_removed(2), expected=0)
    with pytest.raises(Conflict):
        await log.append(target_removed(2), expected=first + 5)
    assert await log.append(target_removed(2), expected=first) == first + 1


async def test_only_the_own_aggregate_is_in_the_way(log: AnyLog) -> None:
    other = type(WALLET)("0x" + "cd" * 20)
    await log.append(target(1), expected=0)
    assert await log.append(target(2, other), expected=0) == 3


async def test_an_expectation_belongs_to_guarded_subjects_alone(log: AnyLog) -> None:
    with pytest.raises(ValueError, match="takes an expected"):
        await log.append(target(1))
    with pytest.raises(ValueError, match="takes no expected"):
        await log.append(feed(1), expected=0)
    assert await log.end() == 1


async def test_of_many_racing_writers_one_wins(log: AnyLog, open_again: OpenAgain) -> None:
    other = await open_again()
    expected = 0
    for round_ in range(10):
        tries = [
            (log, other)[number % 2].append(target(100 * round_ + number), expected=expected)
            for number in range(6)
        ]
        results = await soon(asyncio.gather(*tries, return_exceptions=True))
        won = [result for result in results if isinstance(result, int)]
        assert len(won) == 1
        assert all(isinstance(result, int | Conflict) for result in results)
        expected = won[0]
    assert len(await log.read([GUARD])) == 10


async def test_reading_honours_its_bounds(log: AnyLog) -> None:
    await append_feeds(log, *range(2, 12))

    async def sequences(after: int, until: int | None) -> list[int]:
        found = await log.read([ALL_FEEDS], after=after, until=until)
        batches = log.read_batches([ALL_FEEDS], after=after, until=until, size_max=3)
        assert [event async for batch in batches for event in batch] == found
        return [event.sequence for event in found]

    assert await sequences(0, None) == list(range(2, 12))
    assert await sequences(4, None) == list(range(5, 12))
    assert await sequences(4, 7) == [5, 6, 7]
    assert await sequences(11, None) == []
    assert await sequences(4, 4) == []
    assert await sequences(7, 4) == []
    assert await sequences(0, 1) == []
    assert await sequences(100, None) == []
    assert await sequences(9, 100) == [10, 11]


async def test_reading_under_filters_leaves_the_rest_out(log: AnyLog) -> None:
    await log.append(feed(1, "rtds"))
    await log.append(target(2), expected=0)
    await log.append(feed(3, "chain"))
    await log.append(feed(4, "rtds"))
    found = await log.read(["feeds.rtds.*", GUARD], until=4)
    assert [event.sequence for event in found] == [2, 3]
    assert [event.sequence for event in await log.read(["feeds.*.lost"])] == []
    assert len(await log.read([">"])) == 5


async def test_filters_that_overlap_or_lack_are_refused(log: AnyLog) -> None:
    for wrong in ([], ["feeds.>", "feeds.rtds.*"], ["feeds.*.lost", "feeds.rtds.*"]):
        with pytest.raises(ValueError, match="filter"):
            await log.read(wrong)
        with pytest.raises(ValueError, match="filter"):
            await anext(log.read_batches(wrong))
        with pytest.raises(ValueError, match="filter"):
            await anext(log.follow(wrong))
        with pytest.raises(ValueError, match="filter"):
            await anext(log.work("worker", wrong))


async def test_the_newest_event_under_a_filter(log: AnyLog) -> None:
    assert await log.last(GUARD) is None
    await log.append(target(1), expected=0)
    second = await log.append(target_removed(2), expected=2)
    await log.append(feed(3))
    found = await log.last(GUARD)
    assert found is not None
    assert found.sequence == second


async def test_following_gives_old_events_and_new_ones(log: AnyLog) -> None:
    await append_feeds(log, 1, 2)
    async with aclosing(log.follow([ALL_FEEDS])) as events:
        old = await take(events, 2)
        waiting = asyncio.ensure_future(anext(events))
        await append_feeds(log, 3)
        assert [event.sequence for event in [*old, await soon(waiting)]] == [2, 3, 4]


async def test_following_begins_behind_a_position_and_leaves_others_out(log: AnyLog) -> None:
    await append_feeds(log, 1, 2)
    await log.append(target(3), expected=0)
    await append_feeds(log, 4)
    async with aclosing(log.follow([ALL_FEEDS], after=2)) as events:
        assert [event.sequence for event in await take(events, 2)] == [3, 5]


async def test_following_from_beyond_the_end_halts(log: AnyLog) -> None:
    await append_feeds(log, 1)
    with pytest.raises(Halt):
        await soon(anext(log.follow([ALL_FEEDS], after=3)))


async def test_batches_never_wait_to_be_full(log: AnyLog) -> None:
    await append_feeds(log, *range(1, 26))
    async with aclosing(log.follow_batches([ALL_FEEDS], size_max=10)) as batches:
        found: list[int] = []
        while len(found) < 25:
            batch = await soon(anext(batches))
            assert 1 <= len(batch) <= 10
            found += [event.sequence for event in batch]
        assert found == list(range(2, 27))
        waiting = asyncio.ensure_future(anext(batches))
        await append_feeds(log, 99)
        assert [event.sequence for event in await soon(waiting)] == [27]


async def test_an_event_of_an_unknown_type_comes_as_unknown(log: AnyLog) -> None:
    new = feed(1)
    envelope = msgspec.structs.replace(new.envelope, event_type="polycopy.feed.dreamt.v9")
    await log.append(msgspec.structs.replace(new, envelope=envelope))
    (found,) = await log.read([ALL_FEEDS])
    assert isinstance(found.event, UnknownEvent)
    assert found.event.event_type == "polycopy.feed.dreamt.v9"
    assert b"rtds" in found.event.body
    async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
        (delivery,) = await take(deliveries, 1)
        assert delivery.recorded == found
        await delivery.done()


async def test_a_worker_gets_every_message_in_order(log: AnyLog) -> None:
    await append_feeds(log, 1, 2, 3)
    async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
        for sequence in (2, 3, 4):
            (delivery,) = await take(deliveries, 1)
            assert (delivery.recorded.sequence, delivery.attempt) == (sequence, 1)
            await delivery.done()
        waiting = asyncio.ensure_future(anext(deliveries))
        await append_feeds(log, 4)
        delivery = await soon(waiting)
        assert delivery.recorded.sequence == 5
        await delivery.done()


async def test_a_retried_message_comes_again_before_the_next(log: AnyLog) -> None:
    await append_feeds(log, 1, 2)
    seen: list[tuple[int, int]] = []
    async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
        for after_s in (0.0, 0.05, None, None):
            (delivery,) = await take(deliveries, 1)
            seen.append((delivery.recorded.sequence, delivery.attempt))
            await (delivery.done() if after_s is None else delivery.retry(after_s))
    assert seen == [(2, 1), (2, 2), (2, 3), (3, 1)]


async def test_a_parked_message_does_not_come_again(log: AnyLog) -> None:
    await append_feeds(log, 1, 2)
    async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
        (delivery,) = await take(deliveries, 1)
        await delivery.park("no such market")
        (delivery,) = await take(deliveries, 1)
        assert delivery.recorded.sequence == 3
        await delivery.done()


async def test_what_was_in_hand_comes_to_the_next_worker_at_once(
    log: AnyLog, open_again: OpenAgain
) -> None:
    await append_feeds(log, 1, 2)
    async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
        (delivery,) = await take(deliveries, 1)
        await delivery.done()
        (left,) = await take(deliveries, 1)
    other = await open_again()
    async with aclosing(other.work("worker", [ALL_FEEDS])) as deliveries:
        (delivery,) = await take(deliveries, 1)
        assert delivery.recorded == left.recorded
        await delivery.done()


async def test_workers_with_other_names_get_everything_too(log: AnyLog) -> None:
    await append_feeds(log, 1)

    async def first(durable: str) -> Delivery:
        async with aclosing(log.work(durable, [ALL_FEEDS])) as deliveries:
            (delivery,) = await take(deliveries, 1)
            await delivery.done()
            return delivery

    assert (await first("one")).recorded == (await first("other")).recorded


async def test_a_worker_with_other_filters_halts(log: AnyLog) -> None:
    await append_feeds(log, 1)
    async with aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
        await take(deliveries, 1)
    with pytest.raises(Halt, match="consumer worker"):
        await soon(anext(log.work("worker", ["trades.>"])))


async def test_keeping_a_frame_never_raises(log: AnyLog) -> None:
    await log.keep("rtds", "not json", b"\x00\xff")
    await log.keep("a source with spaces", "x", b"")
    await log.keep("rtds", "too large for the server", bytes(2_000_000))
    await log.keep("rtds", "too large with its headers", bytes((1 << 20) - 1))
    await log.keep("rtds", "x" * 2_000_000, b"too large a reason")
    assert await log.end() == 1
