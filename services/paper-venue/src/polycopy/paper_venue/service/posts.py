"""Between the streams and their outlets: the faults of sockets.

A connection that no fault has touched costs one look into two dictionaries. One that a fault has
touched keeps its state until it is gone, also where the fault is switched off meanwhile.
"""

from functools import partial

from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.faults.stream_faults import Stream, Told, due, pass_on, trader
from polycopy.paper_venue.ports import Outlet
from polycopy.paper_venue.service.agenda import Agenda, VenueClock


class Posts:
    """Never waits. What is held back stands in the agenda."""

    def __init__(self, faults: FaultBook, agenda: Agenda, clock: VenueClock) -> None:
        self._faults = faults
        self._agenda = agenda
        self._clock = clock
        self._streams: dict[Outlet, Stream] = {}

    def send(self, outlet: Outlet, on: str, text: str, *wallets: str) -> None:
        """`on`: user, market or rtds. `wallets`: whom a fault may be narrowed to, in lower case; of
        the activity feed it is whom the message tells about."""
        stream = self._streams.get(outlet)
        if stream is None:
            if not self._faults.strikes_at(on):
                outlet.send(text)
                return
            stream = self._streams[outlet] = Stream()
        whom = (trader(text),) if on == "rtds" else wallets
        told = pass_on(self._faults, stream, on, text, self._clock.now_us(), *whom)
        self._deliver(outlet, stream, told)

    def gone(self, outlet: Outlet) -> None:
        self._streams.pop(outlet, None)

    def _deliver(self, outlet: Outlet, stream: Stream, told: Told) -> None:
        for message in told.messages:
            outlet.send(message)
        if told.close:
            outlet.close()
        elif stream.next_us is not None:
            self._agenda.at(stream.next_us, partial(self._due, outlet, stream))

    def _due(self, outlet: Outlet, stream: Stream) -> None:
        """A time that was entered more than once, or that has been overtaken, has nothing to
        send."""
        if self._streams.get(outlet) is stream:
            told = due(stream, self._clock.now_us())
            if told.messages:
                self._deliver(outlet, stream, told)
