"""The order of effects around the desk. One thread, no waiting in between.

A request is answered first and told to the sockets in the same turn of the loop; what comes later
stands in the agenda. Books change with leader trades and with the orders of the venue's users,
never with the clock, so that the same seed driven in lock-step gives the same fills.
"""

import asyncio
from collections import deque
from functools import partial

from polycopy.paper_venue.core import clearing, journal, rtds, settlement, wire
from polycopy.paper_venue.core.desk import Desk
from polycopy.paper_venue.core.facts import (
    AnyFact,
    OrderAccepted,
    OrderDelayed,
    TradeMatched,
    TradeStatus,
)
from polycopy.paper_venue.core.journal import Emission, Seen
from polycopy.paper_venue.core.ledger import Ledger
from polycopy.paper_venue.core.messages import Answer, Request
from polycopy.paper_venue.core.orders import EXPIRES_EARLY_S, Terms
from polycopy.paper_venue.core.pipeline import Pipeline
from polycopy.paper_venue.core.script import Script, Transaction
from polycopy.paper_venue.ports import Clock, Outlet
from polycopy.paper_venue.service.agenda import Agenda, VenueClock
from polycopy.paper_venue.service.entrance import Entrance
from polycopy.paper_venue.service.streams import Streams
from polycopy.schemas.ids import VenueOrderId

_US_PER_S = 1_000_000


class PaperVenue:
    """Implements the ports `Venue` and `Director`. Lives inside one running event loop."""

    def __init__(
        self, desk: Desk, script: Script, clock: Clock, pipeline: Pipeline, *, settle_ms: int
    ) -> None:
        self.clock = VenueClock(clock)
        self.agenda = Agenda(self.clock)
        self.ledger = Ledger()
        self.pipeline = pipeline
        self.entrance = Entrance(pipeline, self.agenda, self.clock, self._tell)
        self._desk = desk
        self._script = script
        self._settlement = settlement.Terms(least_ms=settle_ms, most_ms=settle_ms)
        self._streams = Streams(desk)
        self._emissions: list[Emission] = []
        self._requests: deque[Seen] = deque(maxlen=journal.KEPT)
        for condition, ladder in script.opening.items():
            desk.put_ladder(condition, ladder, self.now_us())
        desk.drain()

    def now_us(self) -> int:
        return self.clock.now_us()

    async def answer(self, request: Request) -> Answer:
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

    def user_said(self, outlet: Outlet, text: str) -> None:
        self._streams.user_said(outlet, text)

    def market_said(self, outlet: Outlet, text: str) -> None:
        self._streams.market_said(outlet, text)

    def rtds_said(self, outlet: Outlet, text: str) -> None:
        self._streams.rtds_said(outlet, text)

    def gone(self, outlet: Outlet) -> None:
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
        emitted_at_us = self._settle_on_chain(transaction)
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
        return journal.body(desk.exchange, desk.attempts, self._emissions, self._requests)

    async def run(self, pace_ms: int) -> None:
        """Emit the script at a pace; with 0 only the control port does."""
        while pace_ms and len(self._emissions) < self._script.total:
            await asyncio.sleep(pace_ms / 1000)
            self.next_trade()
        await asyncio.Event().wait()

    def _settle_on_chain(self, transaction: Transaction) -> int:
        """A leader's transaction is on the chain, and the activity feed tells of it."""
        books = self._desk.exchange.books
        now_us = self.now_us()
        for settled in settlement.of_script(transaction, now_us):
            self.ledger.add(settled)
        frames = rtds.frames(transaction, lambda row: books[row.condition_id].market, now_us)
        emitted_at_us = self.now_us()
        self._streams.tell_activity(frames)
        return emitted_at_us

    def _tell(self) -> None:
        """Send what the desk has to say, and enter what follows from it in the agenda."""
        drained = self._desk.drain()
        self._streams.tell_users(drained.notices)
        for fact in drained.facts:
            self._follow(fact)
        self._streams.tell_markets(drained.facts)

    def _follow(self, fact: AnyFact) -> None:
        match fact:
            case TradeMatched():
                self._settle(fact)
            case OrderDelayed():
                self.agenda.at(fact.until_us, partial(self._resume, fact))
                self._end(fact.terms)
            case OrderAccepted():
                self._end(fact.terms)
            case _:
                pass

    def _settle(self, matched: TradeMatched) -> None:
        seed = self._desk.exchange.seed
        for step in settlement.course(self._settlement, seed, matched.trade_id, None):
            due_us = matched.at_us + step.due_ms * 1000
            self.agenda.at(due_us, partial(self._advance, matched, step.status))

    def _advance(self, matched: TradeMatched, status: TradeStatus) -> None:
        self._desk.advance(matched.trade_id, status, self.now_us())
        self._tell()
        if status is TradeStatus.MINED:
            trade = self._desk.exchange.trades[matched.trade_id]
            self.ledger.add(
                settlement.of_trade(matched, trade.transaction_hash, trade.updated_at_us)
            )

    def _resume(self, waited: OrderDelayed) -> None:
        self._desk.resume(waited.terms.order_id, self.now_us(), unmatched=waited.unmatched)
        self._tell()

    def _end(self, terms: Terms) -> None:
        """A GTD order has its end in the agenda."""
        if terms.expiration_s:
            end_us = (terms.expiration_s - EXPIRES_EARLY_S) * _US_PER_S
            self.agenda.at(end_us, partial(self._expire, terms.order_id))

    def _expire(self, order_id: VenueOrderId) -> None:
        self._desk.expire(order_id, self.now_us())
        self._tell()
