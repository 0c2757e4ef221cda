"""What is in hand when the service is told to end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from polycopy.runtime.log import Recorded

Handle = Callable[[Recorded], Awaitable[Sequence[str]]]


class Draining:
    """A cancel reaches the worker at once and its message not at all: an order between its request
    and its answer comes to its end. The message is not answered for; it comes again, and is old."""

    def __init__(self) -> None:
        self._in_hand: set[asyncio.Future[Sequence[str]]] = set()

    def guarded(self, handle: Handle) -> Handle:
        async def guard(recorded: Recorded) -> Sequence[str]:
            step = asyncio.ensure_future(handle(recorded))
            self._in_hand.add(step)
            step.add_done_callback(self._ended)
            return await asyncio.shield(step)

        return guard

    async def wait(self) -> None:
        """Until nothing is in hand. How it ended is in the log."""
        while self._in_hand:
            await asyncio.wait(self._in_hand)

    def _ended(self, step: asyncio.Future[Sequence[str]]) -> None:
        self._in_hand.discard(step)
        if not step.cancelled():
            step.exception()  # Told to the worker, while there is one.
