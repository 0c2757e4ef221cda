"""Jobs that run side by side and put what they have into one bounded queue."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

QUEUE_MAX = 64
Thing = TypeVar("Thing")
Put = Callable[[Thing], Awaitable[None]]
Job = Callable[[Put[Thing]], Awaitable[None]]


class _Over(msgspec.Struct, frozen=True):
    error: Exception | None = None


async def side_by_side(jobs: Sequence[Job[Thing]]) -> AsyncGenerator[Thing, None]:
    """What the jobs put, in the order in which they did, until all have returned. Nothing is read
    further than it is asked for, but for `QUEUE_MAX` things. Raises what a job raised first; the
    jobs end with the generator."""
    crew = _Crew[Thing]()
    tasks = [asyncio.create_task(crew.run(job)) for job in jobs]
    left = len(tasks)
    try:
        while left:
            thing = await crew.queue.get()
            if not isinstance(thing, _Over):
                yield thing
            elif thing.error is not None:
                raise thing.error
            else:
                left -= 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


class _Crew(Generic[Thing]):
    def __init__(self) -> None:
        self.queue: asyncio.Queue[Thing | _Over] = asyncio.Queue(QUEUE_MAX)

    async def run(self, job: Job[Thing]) -> None:
        over = _Over()
        try:
            await job(self.queue.put)
        except Exception as error:  # noqa: BLE001 - it is raised again where the things are taken
            over = _Over(error)
        await self.queue.put(over)
