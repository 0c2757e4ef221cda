"""The Polygon node at work: JSON-RPC by POST and by socket, and blocks that come with the time."""

from collections.abc import Callable

from polycopy.paper_venue.core.chain.chain import Chain, MarketOf
from polycopy.paper_venue.core.chain.envelope import answered
from polycopy.paper_venue.core.chain.errors import no_notifications
from polycopy.paper_venue.core.chain.feed import HEADS_MAX, Feed
from polycopy.paper_venue.core.chain.node import Limits, Node
from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.ports import Outlet
from polycopy.paper_venue.service.agenda import Agenda, VenueClock

_NOBODY = Answer(0, b"", lost=True)
Note = Callable[[str, str, Answer, int], None]


class Rpc:
    """Implements the port `RpcNode`. Blocks stand in the agenda while somebody listens, one at a
    time. `note`: the venue's journal of requests. `tally`: where its sockets are counted.
    `down`: nobody answers, and connections are to be broken."""

    def __init__(
        self,
        ledger: Ledger,
        market_of: MarketOf,
        *,
        clock: VenueClock,
        agenda: Agenda,
        seed: str,
        note: Note,
        tally: Tally,
    ) -> None:
        self._clock = clock
        self._agenda = agenda
        self._note = note
        self.down: Callable[[], bool] = bool
        self._tally = tally
        self._outlets: dict[Outlet, None] = {}
        chain = Chain(ledger, market_of)
        self._node = Node(chain, market_of, seed=seed, limits=Limits())
        self._feed: Feed[Outlet] = Feed(self._node, clock.now_us())
        self._entered_us: int | None = None

    @property
    def subscriptions(self) -> int:
        return len(self._feed)

    def now_us(self) -> int:
        return self._clock.now_us()

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None:
        self._note(method, path, answer, received_at_us)

    async def answer(self, request: Request) -> Answer:
        if self.down():
            return _NOBODY

        def dispatch(method: str, params: list[object]) -> object:
            if method in ("eth_subscribe", "eth_unsubscribe"):
                raise no_notifications()
            return self._node.call(method, params, self._clock.now_us())

        return Answer(200, answered(request.body, dispatch, batch_max=self._node.limits.batch_max))

    def rpc_said(self, outlet: Outlet, raw: bytes) -> None:
        """The answer first, then what the subscriptions bring."""
        self.tell()
        now_us = self._clock.now_us()

        def dispatch(method: str, params: list[object]) -> object:
            return self._feed.call(outlet, method, params, now_us)

        answer = answered(raw, dispatch, batch_max=self._node.limits.batch_max)
        if answer:
            outlet.send(answer.decode())
        self._enter()

    def came(self, outlet: Outlet) -> Tally | None:
        if self.down():
            return None
        self._outlets[outlet] = None
        return self._tally

    def gone(self, outlet: Outlet) -> None:
        self._outlets.pop(outlet, None)
        self._feed.remove(outlet)

    def disconnect(self) -> None:
        """Close every connection."""
        for outlet in self._outlets:
            outlet.close()

    def tell(self) -> None:
        """Send what is new on the chain. Blocks that are shown when they are over bring it by
        themselves; the agenda calls this."""
        for outlet, text in self._feed.news(self._clock.now_us()):
            outlet.send(text)

    def _enter(self) -> None:
        due_us = self._feed.due_us()
        target_us = self._agenda.target_us or 0
        if due_us is not None and target_us - due_us > HEADS_MAX * BLOCK_US:
            due_us = target_us  # A long sleep: one look at its end, as the feed has it.
        if due_us is not None and due_us != self._entered_us:
            self._entered_us = due_us
            self._agenda.at(due_us, self._show)

    def _show(self) -> None:
        self.tell()
        self._enter()
