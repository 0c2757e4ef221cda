"""Requests on their way in and out, on the venue's own time.

Waiting is an entry in the agenda: a slow venue answers when its clock says so, also where a tester
moves that clock. Whoever has asked need not be there any more; what it asked for is done.
"""

import asyncio
from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core.clob.pipeline import Pipeline
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.service.agenda import Agenda, VenueClock

_GONE = Answer(0, b"", lost=True)


class Entrance:
    """`tell`: send what the desk has to say. Lives inside one running event loop."""

    def __init__(
        self, pipeline: Pipeline, agenda: Agenda, clock: VenueClock, tell: Callable[[], None]
    ) -> None:
        self._pipeline = pipeline
        self._agenda = agenda
        self._clock = clock
        self._tell = tell
        self._waiting: set[asyncio.Future[bool]] = set()
        self._listening_until_us = 0

    async def answer(self, request: Request) -> Answer:
        """Without a fault or a limit in its way it never waits."""
        entered = self._pipeline.enter(request)
        if isinstance(entered, Answer):
            return entered
        if entered:
            if not await self._wait(entered):
                return _GONE
            request = msgspec.structs.replace(request, received_at_us=self._clock.now_us())
        answer = self._pipeline.respond(request)
        self._tell()
        self._listen()
        if answer.delay_ms and not await self._wait(answer.delay_ms):
            return msgspec.structs.replace(answer, lost=True)
        return answer

    def break_off(self) -> None:
        """The venue goes down: who waits to be let in has not been, who waits for an answer gets
        none. Before the agenda is cleared, which forgets them."""
        self._listening_until_us = 0
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(False)

    async def _wait(self, delay_ms: int) -> bool:
        """False: the venue went down meanwhile."""
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def over() -> None:
            if not waiting.done():
                waiting.set_result(True)

        self._waiting.add(waiting)
        self._agenda.after(delay_ms, over)
        try:
            return await waiting
        finally:
            self._waiting.discard(waiting)

    def _listen(self) -> None:
        """The nearest end of a silence stands in the agenda. One that was put off finds nobody."""
        due_us = self._pipeline.heartbeats.next_deadline_us()
        if due_us is not None and due_us != self._listening_until_us:
            self._listening_until_us = due_us
            self._agenda.at(due_us, self._silence)

    def _silence(self) -> None:
        self._listening_until_us = 0
        self._pipeline.fall_silent(self._clock.now_us())
        self._tell()
        self._listen()
