"""The order of effects around the desk. One thread, no waiting in between.

A request is answered first and told to the sockets in the same turn of the loop; what comes later
stands in the agenda. Books change with leader trades and with the orders of the venue's users,
never with the clock, so that the same seed driven in lock-step gives the same fills.
"""

from collections.abc import Callable, Sequence

from polycopy.paper_venue.core.chain import settlement
from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.clob.pipeline import Pipeline
from polycopy.paper_venue.core.control.journal import Emission, Journal, Seen, Tally, rows
from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.engine import exchange
from polycopy.paper_venue.core.engine.facts import AnyFact
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Host, Request
from polycopy.paper_venue.core.sources.playing import tradable, transacted
from polycopy.paper_venue.core.sources.script import Script
from polycopy.paper_venue.ports import Clock, Outlet
from polycopy.paper_venue.service.agenda import Agenda, VenueClock
from polycopy.paper_venue.service.entrance import Entrance
from polycopy.paper_venue.service.library import Library
from polycopy.paper_venue.service.posts import Posts
from polycopy.paper_venue.service.restarts import Restarts
from polycopy.paper_venue.service.rpc import Rpc
from polycopy.paper_venue.service.settling import Settling
from polycopy.paper_venue.service.streams import Streams

_NOBODY = Answer(0, b"", lost=True)
_NOTED_MAX = 256
Watch = Callable[[Sequence[AnyFact]], None]


class PaperVenue:
    """Implements the port `Venue`. Lives inside one running event loop.

    What is public beyond the port is for the director. `watch` is called with what has happened
    after everybody was told of it; with nothing after a leader's trade.
    """

    def __init__(
        self,
        desk: Desk,
        script: Script,
        clock: Clock,
        pipeline: Pipeline,
        *,
        terms: settlement.Terms,
        start_us: int | None = None,
        journal: Journal,
    ) -> None:
        """`start_us`: where the clock stands; None: it runs."""
        self.clock = VenueClock(clock, start_us=start_us)
        self.agenda = Agenda(self.clock)
        self.pipeline = pipeline
        self.entrance = Entrance(pipeline, self.agenda, self.clock, self.tell)
        self.desk = desk
        self.script = script
        posts = Posts(pipeline.faults, self.agenda, self.clock)
        self._streams = Streams(desk, posts)
        self.settling = Settling(
            desk,
            self.agenda,
            self.clock,
            self._streams,
            terms=terms,
            mishaps=pipeline.faults,
            tell=self.tell,
        )
        self.journal = journal
        self.watch: Watch = _nobody
        self.emitted = 0
        self.rpc = Rpc(
            self.settling.ledger,
            desk.market_of,
            clock=self.clock,
            agenda=self.agenda,
            seed=desk.exchange.seed,
            note=self.note,
            tally=self.journal.sockets["rpc"],
        )
        self.restarts = Restarts(self.clock, break_off=self.entrance.break_off, forget=self._forget)
        self.rpc.down = lambda: self.restarts.down
        self.library = Library(desk, self.settling.ledger, IndexDelay())
        pipeline.read_with(Host.DATA, self.library.data)
        pipeline.read_with(Host.GAMMA, self.library.gamma)
        self._open()

    def now_us(self) -> int:
        return self.clock.now_us()

    def wall_us(self) -> int:
        return self.clock.wall_us()

    async def answer(self, request: Request) -> Answer:
        if self.restarts.down:
            return _NOBODY
        return await self.entrance.answer(request)

    def note(
        self, method: str, path: str, answer: Answer, received_at_us: int, wallet: str = ""
    ) -> None:
        self.journal.requests.append(
            Seen(
                method=method,
                path=_written(path),
                status=answer.status,
                received_at_us=received_at_us,
                answered_at_us=self.now_us(),
                wallet=_written(wallet.lower()),
                lost=answer.lost,
                fault=answer.fault,
            )
        )

    def came(self, outlet: Outlet, socket: str) -> Tally | None:
        return self.journal.sockets[socket] if self.restarts.came(outlet, socket) else None

    def user_said(self, outlet: Outlet, text: str) -> None:
        self._streams.user_said(outlet, text)

    def market_said(self, outlet: Outlet, text: str) -> None:
        self._streams.market_said(outlet, text)

    def rtds_said(self, outlet: Outlet, text: str) -> None:
        self._streams.rtds_said(outlet, text)

    def gone(self, outlet: Outlet) -> None:
        self.restarts.gone(outlet)
        self._streams.gone(outlet)

    def disconnect(self, socket: str) -> None:
        """Close the connections of a channel; of all where none is named."""
        if socket in ("", "rpc"):
            self.rpc.disconnect()
        self.restarts.disconnect(socket)

    def told(self) -> wire.Body:
        """Who listens, what there is to emit, and where it comes from."""
        return {
            "rtds_subscribers": self._streams.rtds_subscribers,
            "user_subscribers": self._streams.user_subscribers,
            "leader_trades": self.script.total,
            "emitted": self.emitted,
            "wallets": self.script.wallets,
            "source_note": self.script.source_note,
            "payouts": {
                token.token_id: token.payout_micros
                for market in self.script.markets
                for token in market.tokens
                if token.payout_micros is not None
            },
        }

    def next_trade(self) -> wire.Body:
        """Emit one leader transaction: its market's books first, then the activity feed. Those of
        a market that does not trade are passed over, and count as emitted."""
        before = self.emitted
        while self.emitted < self.script.total and not self._can_be(self.emitted):
            self.emitted += 1
        index = self.emitted
        if index >= self.script.total:
            if index > before:
                self.watch(())
            return {"done": True, "index": index}
        self.emitted += 1
        transaction = self.script.transaction(index)
        now_us = self.now_us()
        self.desk.direct(transacted(self.desk.exchange, transaction, now_us), now_us)
        self.tell()
        emitted_at_us = self.settling.lead(transaction)
        transaction_hash = transaction.transaction_hash
        self.journal.emissions.append(
            Emission(index=index, transaction_hash=transaction_hash, at_us=emitted_at_us)
        )
        self.watch(())
        return {
            "done": False,
            "index": index,
            "transaction_hash": transaction_hash,
            "rows": rows(transaction.rows),
            "emitted_at_us": emitted_at_us,
        }

    def _can_be(self, index: int) -> bool:
        return tradable(self.desk.exchange, self.script.transaction(index))

    def _open(self) -> None:
        """The books before anybody came."""
        for condition, ladder in self.script.opening.items():
            self.desk.put_ladder(condition, ladder, self.now_us())
        self.desk.drain()

    def _forget(self) -> None:
        """As at the start: no order, no trade, no key. The chain, the script and the journal, which
        are not the venue's own, stay as they are."""
        old = self.desk.exchange
        markets = self.script.markets
        seed = f"{old.seed}+"
        again = exchange.initial(seed, markets, credit_when_mined=old.credit_when_mined)
        self.desk.forget(again)
        self.pipeline.forget()
        self.settling.forget()
        self._streams.forget()
        self._open()

    def tell(self) -> None:
        """Send what the desk has to say, and enter what follows from it in the agenda."""
        drained = self.desk.drain()
        self._streams.tell_users(drained.notices)
        self.settling.follow(drained.facts)
        self._streams.tell_markets(drained.facts)
        self.journal.follow(drained.facts)
        if drained.facts:
            self.watch(drained.facts)


def _written(text: str) -> str:
    """What a stranger sent, fit for the journal: short, and without the halves of characters that
    bytes outside of UTF-8 become, which JSON cannot hold."""
    return text[:_NOTED_MAX].encode("utf-8", "replace").decode()


def _nobody(facts: Sequence[AnyFact]) -> None:
    """Nobody watches."""
    del facts
