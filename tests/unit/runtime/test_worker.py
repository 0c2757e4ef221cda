"""The worker's loop, over the log in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Conflict, Halt, Permanent, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.worker import Patience, run_worker
from tests.support.log_events import ALL_FEEDS, feed

NAME = "worker"


class Told(Exception):  # noqa: N818
    """Ends a test's worker, as a bug would."""


class Handler:
    """Fails as told for the first calls, and keeps what it was given."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.seen: list[int] = []
        self.idle = asyncio.Event()

    async def __call__(self, recorded: Recorded) -> Sequence[str]:
        self.seen.append(recorded.sequence)
        fault = self.faults.pop(0) if self.faults else None
        if not self.faults:
            self.idle.set()
        if fault is not None:
            raise fault
        return ["polycopy.example.said.v1"]


async def log_with(count: int) -> MemoryLog:
    log = MemoryLog()
    for number in range(count):
        await log.append(feed(number))
    return log


async def work(log: MemoryLog, handler: Handler, *, attempts_max: int = 20) -> None:
    """Until the handler's faults are used up and the last answer was given."""
    running = asyncio.ensure_future(
        run_worker(
            log.work(NAME, [ALL_FEEDS]),
            handler,
            clock=SystemClock(),
            patience=Patience(attempts_max=attempts_max, bugs_max=3, bug_retry_s=0.0),
        )
    )
    idle = asyncio.ensure_future(handler.idle.wait())
    async with asyncio.timeout(60):
        await asyncio.wait({running, idle}, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(5):
            await asyncio.sleep(0)
    idle.cancel()
    running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        return


async def test_messages_are_handled_in_order() -> None:
    log, handler = await log_with(3), Handler(None, None, None)
    await work(log, handler)
    assert handler.seen == [2, 3, 4]
    assert log.parked == []


async def test_a_transient_message_comes_again_before_the_next() -> None:
    handler = Handler(Transient("away", after_s=0), Conflict("old"), None, None)
    await work(await log_with(2), handler)
    assert handler.seen == [2, 2, 2, 3]


async def test_a_message_that_stays_transient_is_parked_with_its_reason() -> None:
    log, handler = await log_with(2), Handler(*[Transient("away", after_s=0)] * 3, None)
    await work(log, handler, attempts_max=3)
    assert handler.seen == [2, 2, 2, 3]
    (parked,) = log.parked
    assert (parked.recorded.sequence, parked.attempts) == (2, 3)
    assert parked.reason == "given up after 3 attempts: away"


async def test_a_permanent_fault_parks_at_once() -> None:
    log, handler = await log_with(2), Handler(Permanent("no such market"), None)
    await work(log, handler)
    assert handler.seen == [2, 3]
    assert [parked.reason for parked in log.parked] == ["no such market"]


async def test_a_bug_is_tried_again_and_forgotten_after_a_success() -> None:
    handler = Handler(Told(), Told(), None, Told(), Told(), None)
    log = await log_with(2)
    await work(log, handler)
    assert handler.seen == [2, 2, 2, 3, 3, 3]
    assert log.parked == []


async def test_bugs_in_a_row_end_the_worker_and_lose_nothing() -> None:
    log, handler = await log_with(1), Handler(Told(), Told(), Told(), None)
    with pytest.raises(Told):
        await work(log, handler)
    again = Handler(None)
    await work(log, again)
    assert again.seen == [2]


@pytest.mark.parametrize("end", [Halt("go no further"), asyncio.CancelledError()])
async def test_a_worker_that_is_ended_gives_its_message_back(end: BaseException) -> None:
    log = await log_with(1)

    async def ending(_: Recorded) -> Sequence[str]:
        raise end

    handle: Callable[[Recorded], Awaitable[Sequence[str]]] = ending
    with pytest.raises(type(end)):
        await run_worker(log.work(NAME, [ALL_FEEDS]), handle, clock=SystemClock())
    again = Handler(None)
    await work(log, again)
    assert again.seen == [2]
