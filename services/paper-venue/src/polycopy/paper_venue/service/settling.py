"""What comes of orders and trades later: ends of delays, expiries, and the way to the chain, from
where the activity feed has them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from polycopy.paper_venue.core.chain import settlement
from polycopy.paper_venue.core.chain.settlement import retried
from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.engine.clearing import owed
from polycopy.paper_venue.core.engine.exchange import Trade
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    OrderAccepted,
    OrderDelayed,
    TradeMatched,
    TradeStatus,
)
from polycopy.paper_venue.core.engine.ledger import Ledger, Settled
from polycopy.paper_venue.core.engine.orders import EXPIRES_EARLY_S, Terms
from polycopy.paper_venue.core.faults.mishaps import Mishaps
from polycopy.paper_venue.core.faults.rules import FaultKind
from polycopy.paper_venue.core.sources.script import Transaction
from polycopy.paper_venue.core.streams import rtds
from polycopy.paper_venue.service.agenda import Action, Agenda, VenueClock
from polycopy.paper_venue.service.streams import Streams
from polycopy.schemas.ids import VenueOrderId, VenueTradeId

_US_PER_S = 1_000_000
_RETRY_MS = 10_000
_ENDS = (TradeStatus.CONFIRMED, TradeStatus.FAILED)
_OFF_CHAIN = (TradeStatus.MATCHED, TradeStatus.RETRYING)
_LANDED = (TradeStatus.MINED, TradeStatus.CONFIRMED)
_GHOSTS = (FaultKind.SETTLE_FAILED, FaultKind.SETTLE_STUCK)
"""The feed tells of a match of which the chain never hears."""


class Settling:
    """Enters in the agenda what follows from facts. `tell`: send what the desk has to say."""

    def __init__(
        self,
        desk: Desk,
        agenda: Agenda,
        clock: VenueClock,
        streams: Streams,
        *,
        terms: settlement.Terms,
        mishaps: Mishaps,
        tell: Callable[[], None],
    ) -> None:
        self.ledger = Ledger()
        self._desk = desk
        self._agenda = agenda
        self._clock = clock
        self._streams = streams
        self.terms = terms
        self._mishaps = mishaps
        self._tell = tell
        self._life = 0

    def forget(self) -> None:
        """Nothing more comes of what was before. The chain keeps what it has."""
        self._life += 1

    def follow(self, facts: Iterable[AnyFact]) -> None:
        batches: dict[VenueTradeId, list[TradeMatched]] = {}
        for fact in facts:
            match fact:
                case TradeMatched():
                    batches.setdefault(fact.batch, []).append(fact)
                case OrderDelayed():
                    self._at(fact.until_us, partial(self._resume, fact))
                    self._end(fact.terms)
                case OrderAccepted():
                    self._end(fact.terms)
                case _:
                    pass
        for batch in batches.values():
            self._settle(batch)

    def lead(self, transaction: Transaction) -> int:
        """A leader's transaction that is matched now comes to the chain and the feed after the
        feed's delay; with none, at once. The time just before its first frame; 0 while it waits."""
        fault = self._mishaps.strike("trade", *(row.wallet for row in transaction.rows))
        delay_ms = settlement.feed_delay_ms(self.terms, transaction.transaction_hash)
        struck = None if fault is None else fault.kind
        seed = self._desk.exchange.seed
        kind = settlement.fate(self.terms, seed, transaction.transaction_hash, struck)
        if kind in _GHOSTS:
            return self._tell_leader(transaction)
        if kind is FaultKind.SETTLE_RETRIED:
            # The feed tells the first hash, which never lands, and later the one that does.
            self._agenda.after(
                max(delay_ms, _RETRY_MS), partial(self._land_later, retried(transaction))
            )
            return self._tell_leader(transaction)
        if delay_ms:
            self._agenda.after(delay_ms, partial(self._land_later, transaction))
            return 0
        return self._land(transaction)

    def put_on_chain(self, settled: Settled) -> None:
        """A transaction is mined, and the feed tells it."""
        self.ledger.add(settled)
        self._tell_feed(settled)

    def _tell_feed(self, settled: Settled) -> None:
        if not self._streams.rtds_subscribers:
            return
        market = self._desk.market_of(settled.condition_id)
        parts = [(execution, market) for execution in settled.executions]
        frames = rtds.frames(settled.transaction_hash, parts, self._clock.now_us())
        self._streams.tell_activity(frames)

    def _land(self, transaction: Transaction) -> int:
        for settled in settlement.of_script(transaction, self._clock.now_us()):
            self.ledger.add(settled)
        return self._tell_leader(transaction)

    def _land_later(self, transaction: Transaction) -> None:
        self._land(transaction)

    def _tell_leader(self, transaction: Transaction) -> int:
        now_us = self._clock.now_us()
        parts = [(row, self._desk.market_of(row.condition_id)) for row in transaction.rows]
        frames = rtds.frames(transaction.transaction_hash, parts, now_us)
        emitted_at_us = self._clock.now_us()
        self._streams.tell_activity(frames)
        return emitted_at_us

    def _at(self, due_us: int, action: Action) -> None:
        life = self._life

        def act() -> None:
            if self._life == life:
                action()

        self._agenda.at(due_us, act)

    def _settle(self, batch: Sequence[TradeMatched]) -> None:
        first, seed = batch[0], self._desk.exchange.seed
        for step in settlement.course(self.terms, seed, first.batch, self._struck(batch)):
            due_us = first.at_us + step.due_ms * 1000
            self._at(due_us, partial(self.advance, batch, step.status))

    def _struck(self, batch: Sequence[TradeMatched]) -> FaultKind | None:
        if not self._mishaps.strikes_at("trade"):
            return None
        accounts = self._desk.exchange.accounts
        wallets = dict.fromkeys(wallet for matched in batch for wallet in matched.wallets)
        holders = (accounts[wallet].holder for wallet in wallets)
        fault = self._mishaps.strike("trade", *wallets, *holders)
        return None if fault is None else fault.kind

    def advance(self, batch: Sequence[TradeMatched], status: TradeStatus) -> None:
        """A step of all trades of a batch; nothing where a director has brought them there, or to
        their end. The feed tells of a transaction before it lands: RETRYING is one that never
        will."""
        trades = [self._desk.exchange.trades[matched.trade_id] for matched in batch]
        before = trades[0].status
        if before is status or before in _ENDS:
            return
        if before is TradeStatus.MINED:
            # A director has overtaken its own course: what is mined can only be confirmed.
            if status not in _ENDS:
                return
            status = TradeStatus.CONFIRMED
        if before in _OFF_CHAIN and status in _LANDED and owed(self._desk.exchange, batch):
            status = TradeStatus.FAILED
        for matched in batch:
            self._desk.advance(matched.trade_id, status, self._clock.now_us())
        self._tell()
        unseen = status is TradeStatus.CONFIRMED and before is not TradeStatus.MINED
        if status is TradeStatus.MINED or unseen:
            self.put_on_chain(_told(batch, trades[0]))
        elif status is TradeStatus.RETRYING:
            self._tell_feed(_told(batch, trades[0]))

    def _resume(self, waited: OrderDelayed) -> None:
        at_us = self._clock.now_us()
        self._desk.resume(waited.terms.order_id, at_us, unmatched=waited.unmatched)
        self._tell()

    def _end(self, terms: Terms) -> None:
        """A GTD order has its end in the agenda."""
        if terms.expiration_s:
            end_us = (terms.expiration_s - EXPIRES_EARLY_S) * _US_PER_S
            self._at(end_us, partial(self._expire, terms.order_id))

    def _expire(self, order_id: VenueOrderId) -> None:
        self._desk.expire(order_id, self._clock.now_us())
        self._tell()


def _told(batch: Sequence[TradeMatched], trade: Trade) -> Settled:
    return settlement.of_batch(batch, trade.transaction_hash, trade.updated_at_us)
