"""What is in hand when the service is told to end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from polycopy.executor.service.courier import Courier
from polycopy.executor.service.desk import NAME
from polycopy.executor.service.permits import Permits
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger

Handle = Callable[[Recorded], Awaitable[Sequence[str]]]
_POLL_S = 0.2
"""Nobody listens to the log any more, so what the operator says is read more often."""
_logger = get_logger(NAME)


class Draining:
    """A cancel reaches the worker at once and its message not at all: an order between its request
    and its answer comes to its end. The message is not answered for; it comes again, and is old."""

    def __init__(self, courier: Courier, permits: Permits, *, wait_s_max: float) -> None:
        self._courier = courier
        self._permits = permits
        self._wait_s_max = wait_s_max
        self._in_hand: set[asyncio.Future[Sequence[str]]] = set()

    def guarded(self, handle: Handle) -> Handle:
        async def guard(recorded: Recorded) -> Sequence[str]:
            step = asyncio.ensure_future(handle(recorded))
            self._in_hand.add(step)
            step.add_done_callback(self._ended)
            return await asyncio.shield(step)

        return guard

    async def drain(self, settle: Callable[[], Awaitable[None]]) -> None:
        """Let what is in hand come to its end, and then `settle`, but not for ever. The kill switch
        is read on, and once it is not, nothing leaves; nothing is sent again."""
        reading = asyncio.create_task(self._permits.poll(_POLL_S))
        reading.add_done_callback(self._unread)
        try:
            async with asyncio.timeout(self._wait_s_max):
                await self._wait()
                self._courier.end()
                await settle()
        except TimeoutError:
            _logger.warning("not drained; the next start settles what is left")
        finally:
            self._courier.end()
            reading.cancel()

    async def halt(self) -> None:
        """Let what left already get its answer. Nothing else leaves: nobody could call it back."""
        self._courier.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s_max):
                await self._wait()

    async def _wait(self) -> None:
        """Until nothing is in hand. How it ended is in the log."""
        while self._in_hand:
            await asyncio.wait(self._in_hand)

    def _unread(self, reading: asyncio.Task[None]) -> None:
        self._courier.end()
        if not reading.cancelled() and (error := reading.exception()):
            _logger.error("the kill switch cannot be read any more", why=str(error))

    def _ended(self, step: asyncio.Future[Sequence[str]]) -> None:
        self._in_hand.discard(step)
        if not step.cancelled():
            step.exception()  # Told to the worker, while there is one.
