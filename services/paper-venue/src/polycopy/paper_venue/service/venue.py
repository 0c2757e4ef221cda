"""The order of effects around the desk. One thread, no waiting in between.

A request is answered first and told to the sockets in the same turn of the loop; what comes later
stands in the agenda. Books change with leader trades and with the orders of the venue's users,
never with the clock, so that the same seed driven in lock-step gives the same fills.
"""

import asyncio
from collections import deque

from polycopy.paper_venue.core import clearing, exchange, journal, settlement, wire
from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.desk import Desk
from polycopy.paper_venue.core.journal import Emission, Seen
from polycopy.paper_venue.core.messages import Answer, Host, Request
from polycopy.paper_venue.core.pipeline import Pipeline
from polycopy.paper_venue.core.script import Script
from polycopy.paper_venue.ports import Clock, Outlet
from polycopy.paper_venue.service.agenda import Agenda, VenueClock
from polycopy.paper_venue.service.entrance import Entrance
from polycopy.paper_venue.service.library import Library
from polycopy.paper_venue.service.posts import Posts
from polycopy.paper_venue.service.restarts import Restarts
from polycopy.paper_venue.service.rpc import Rpc
from polycopy.paper_venue.service.settling import Settling
from polycopy.paper_venue.service.streams import Streams

_USUAL = IndexDelay()
_NOBODY = Answer(0, b"", lost=True)


class PaperVenue:
    """Implements the ports `Venue` and `Director`. Lives inside one running event loop."""

    def __init__(
        self,
        desk: Desk,
        script: Script,
        clock: Clock,
        pipeline: Pipeline,
        *,
        terms: settlement.Terms,
        index_delay: IndexDelay = _USUAL,
    ) -> None:
        self.clock = VenueClock(clock)
        self.agenda = Agenda(self.clock)
        self.pipeline = pipeline
        self.entrance = Entrance(pipeline, self.agenda, self.clock, self._tell)
        self._desk = desk
        self._script = script
        posts = Posts(pipeline.faults, self.agenda, self.clock)
        self._streams = Streams(desk, posts)
        self.settling = Settling(
            desk,
            self.agenda,
            self.clock,
            self._streams,
            terms=terms,
            mishaps=pipeline.faults,
            tell=self._tell,
        )
        self._emissions: list[Emission] = []
        self._requests: deque[Seen] = deque(maxlen=journal.KEPT)
        self.rpc = Rpc(
            self.settling.ledger,
            lambda condition: desk.exchange.books[condition].market,
            clock=self.clock,
            agenda=self.agenda,
            seed=desk.exchange.seed,
            note=self.note,
        )
        self.restarts = Restarts(self.clock, break_off=self.entrance.break_off, forget=self._forget)
        library = Library(desk, self.settling.ledger, index_delay)
        pipeline.read_with(Host.DATA, library.data)
        pipeline.read_with(Host.GAMMA, library.gamma)
        self._open()

    def now_us(self) -> int:
        return self.clock.now_us()

    async def answer(self, request: Request) -> Answer:
        if self.restarts.down:
            return _NOBODY
        return await self.entrance.answer(request)

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None:
        self._requests.append(
            Seen(
                method=method,
                path=path,
                status=answer.status,
                received_at_us=received_at_us,
                lost=answer.lost,
                fault=answer.fault,
            )
        )

    def came(self, outlet: Outlet) -> bool:
        return self.restarts.came(outlet)

    def user_said(self, outlet: Outlet, text: str) -> None:
        self._streams.user_said(outlet, text)

    def market_said(self, outlet: Outlet, text: str) -> None:
        self._streams.market_said(outlet, text)

    def rtds_said(self, outlet: Outlet, text: str) -> None:
        self._streams.rtds_said(outlet, text)

    def gone(self, outlet: Outlet) -> None:
        self.restarts.gone(outlet)
        self._streams.gone(outlet)

    def status(self) -> bytes:
        return wire.encode(
            {
                "rtds_subscribers": self._streams.rtds_subscribers,
                "user_subscribers": self._streams.user_subscribers,
                "leader_trades": self._script.total,
                "emitted": len(self._emissions),
                "wallets": self._script.wallets,
                "source_note": self._script.source_note,
                "payouts": {
                    token.token_id: token.payout_micros
                    for market in self._script.markets
                    for token in market.tokens
                    if token.payout_micros is not None
                },
            }
        )

    def next_trade(self) -> bytes:
        """Emit one leader transaction: its market's books first, then the activity feed."""
        index = len(self._emissions)
        if index >= self._script.total:
            return wire.encode({"done": True, "index": index})
        transaction = self._script.transaction(index)
        self._desk.direct(clearing.transacted(self._desk.exchange, transaction, self.now_us()))
        self._tell()
        emitted_at_us = self.settling.lead(transaction)
        self._emissions.append(
            Emission(
                index=index, transaction_hash=transaction.transaction_hash, at_us=emitted_at_us
            )
        )
        return wire.encode(
            {
                "done": False,
                "index": index,
                "transaction_hash": transaction.transaction_hash,
                "rows": journal.rows(transaction.rows),
                "emitted_at_us": emitted_at_us,
            }
        )

    def journal(self) -> bytes:
        desk = self._desk
        return journal.body(
            (*desk.past, desk.exchange), desk.attempts, self._emissions, self._requests
        )

    async def run(self, pace_ms: int) -> None:
        """Emit the script at a pace; with 0 only the control port does."""
        while pace_ms and len(self._emissions) < self._script.total:
            await asyncio.sleep(pace_ms / 1000)
            self.next_trade()
        await asyncio.Event().wait()

    def _open(self) -> None:
        """The books before anybody came."""
        for condition, ladder in self._script.opening.items():
            self._desk.put_ladder(condition, ladder, self.now_us())
        self._desk.drain()

    def _forget(self) -> None:
        """As at the start: no order, no trade, no key. The chain, the script and the journal, which
        are not the venue's own, stay as they are."""
        old = self._desk.exchange
        markets = self._script.markets
        seed = f"{old.seed}+"
        again = exchange.initial(seed, markets, credit_when_mined=old.credit_when_mined)
        self._desk.forget(again)
        self.pipeline.forget()
        self.settling.forget()
        self._streams.forget()
        self._open()

    def _tell(self) -> None:
        """Send what the desk has to say, and enter what follows from it in the agenda."""
        drained = self._desk.drain()
        self._streams.tell_users(drained.notices)
        self.settling.follow(drained.facts)
        self._streams.tell_markets(drained.facts)
