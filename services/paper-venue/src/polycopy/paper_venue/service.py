"""The venue at work: the order of effects around the desk. One thread, no waiting in between.

A request is answered first and told to the sockets in the same turn of the loop; settlement follows
by timers. Books change with leader trades and with the orders of the venue's users, never with the
clock, so that the same seed driven in lock-step gives the same fills.
"""

import asyncio
from collections import deque

import msgspec

from polycopy.paper_venue.core import journal, routes, rtds, settlement, wire
from polycopy.paper_venue.core.channels import (
    MarketChannel,
    MarketSubscribe,
    RtdsRequest,
    Subscription,
    UserChannel,
    UserSubscribe,
    understood,
)
from polycopy.paper_venue.core.desk import Desk
from polycopy.paper_venue.core.facts import (
    AnyFact,
    LadderSet,
    OrderAccepted,
    OrderClosed,
    TradeMatched,
    TradeStatus,
)
from polycopy.paper_venue.core.identity import uuid_like
from polycopy.paper_venue.core.journal import Emission, Seen
from polycopy.paper_venue.core.messages import Answer, Request
from polycopy.paper_venue.core.orders import EXPIRES_EARLY_S
from polycopy.paper_venue.core.script import Script, Transaction
from polycopy.paper_venue.ports import Clock, Outlet
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId

_MICROS = 1_000_000
_TIMER_S_MAX = 3600.0


class PaperVenue:
    """Implements the ports `Venue` and `Director`. Lives inside one running event loop."""

    def __init__(self, desk: Desk, script: Script, clock: Clock, *, settle_ms: int) -> None:
        self._desk = desk
        self._script = script
        self._clock = clock
        self._steps = settlement.schedule(settle_ms)
        self._users: UserChannel[Outlet] = UserChannel()
        self._markets: MarketChannel[Outlet] = MarketChannel()
        self._rtds: dict[Outlet, tuple[str, list[Subscription]]] = {}
        self._connections = 0
        self._emissions: list[Emission] = []
        self._requests: deque[Seen] = deque(maxlen=journal.KEPT)
        for condition, ladder in script.opening.items():
            desk.put_ladder(condition, ladder, clock.now_us())
        desk.drain()

    def now_us(self) -> int:
        return self._clock.now_us()

    def answer(self, request: Request) -> Answer:
        answer = routes.respond(self._desk, request)
        self._tell()
        return answer

    def note(self, method: str, path: str, status: int, received_at_us: int) -> None:
        self._requests.append(
            Seen(method=method, path=path, status=status, received_at_us=received_at_us)
        )

    def user_said(self, outlet: Outlet, text: str) -> None:
        """Wrong secrets close the connection."""
        try:
            asked = msgspec.json.decode(text, type=UserSubscribe)
        except msgspec.MsgspecError:
            return
        auth = asked.auth
        if self._desk.recognises(auth.apiKey, auth.secret, auth.passphrase):
            self._users.add(outlet, asked)
        else:
            outlet.close()

    def market_said(self, outlet: Outlet, text: str) -> None:
        try:
            asked = msgspec.json.decode(text, type=MarketSubscribe)
        except msgspec.MsgspecError:
            return
        owed = self._markets.change(outlet, asked)
        books = [book for token in owed if (book := self._book(token)) is not None]
        if books:
            outlet.send(wire.encode(books).decode())

    def rtds_said(self, outlet: Outlet, text: str) -> None:
        try:
            asked = msgspec.json.decode(text, type=RtdsRequest)
        except msgspec.MsgspecError:
            return
        if not understood(asked.subscriptions):
            outlet.send('{"body":{"message":"leger GetTopics error"},"statusCode":401}')
        elif asked.action == "subscribe":
            self._connections += 1
            known = self._rtds.get(outlet)
            name = known[0] if known else uuid_like("connection", self._connections)[:16]
            held = known[1] if known else []
            self._rtds[outlet] = (name, [*held, *asked.subscriptions])
        elif asked.action == "unsubscribe":
            self._rtds.pop(outlet, None)

    def gone(self, outlet: Outlet) -> None:
        self._users.remove(outlet)
        self._markets.remove(outlet)
        self._rtds.pop(outlet, None)

    def status(self) -> bytes:
        return wire.encode(
            {
                "rtds_subscribers": len(self._rtds),
                "user_subscribers": len(self._users),
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
        now_us = self._clock.now_us()
        self._desk.put_ladder(transaction.condition_id, transaction.ladder, now_us)
        self._tell()
        emitted_at_us = self._emit(transaction)
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

    def _emit(self, transaction: Transaction) -> int:
        books = self._desk.exchange.books
        frames = rtds.frames(
            transaction, lambda row: books[row.condition_id].market, self._clock.now_us()
        )
        emitted_at_us = self._clock.now_us()
        for frame in frames:
            for outlet, (name, subscriptions) in self._rtds.items():
                if any(subscription.wants(frame) for subscription in subscriptions):
                    outlet.send(rtds.text(frame, name))
        return emitted_at_us

    def _tell(self) -> None:
        """Send what the desk has to say, and set the timers that follow from it."""
        drained = self._desk.drain()
        for owner, condition, body in drained.notices:
            listeners = self._users.listeners(owner, condition)
            text = wire.encode(body).decode() if listeners else ""
            for outlet in listeners:
                outlet.send(text)
        changed: dict[ConditionId, None] = {}
        for fact in drained.facts:
            self._follow(fact)
            where = self._changed(fact)
            if where is not None:
                changed[where] = None
        for where in changed:
            self._show(where)

    def _follow(self, fact: AnyFact) -> None:
        match fact:
            case TradeMatched():
                self._settle(fact.trade_id, self._steps, 0)
                self._last_trade(fact)
            case OrderAccepted() if fact.terms.expiration_s:
                end_s = fact.terms.expiration_s - EXPIRES_EARLY_S
                self._end_at(fact.terms.order_id, end_s * _MICROS)
            case _:
                pass

    def _settle(
        self, trade_id: VenueTradeId, steps: tuple[tuple[TradeStatus, int], ...], done_ms: int
    ) -> None:
        """One timer at a time, so that the steps keep their order even with no time between."""
        if not steps:
            return
        (status, due_ms), rest = steps[0], steps[1:]

        def step() -> None:
            self._desk.advance(trade_id, status, self._clock.now_us())
            self._tell()
            self._settle(trade_id, rest, due_ms)

        asyncio.get_running_loop().call_later((due_ms - done_ms) / 1000, step)

    def _end_at(self, order_id: VenueOrderId, end_us: int) -> None:
        """Looks at the clock again when the timer is due: the two do not run alike."""
        left_us = end_us - self._clock.now_us()
        if left_us > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(min(left_us / _MICROS, _TIMER_S_MAX), self._end_at, order_id, end_us)
        else:
            self._desk.expire(order_id, self._clock.now_us())
            self._tell()

    def _changed(self, fact: AnyFact) -> ConditionId | None:
        exchange = self._desk.exchange
        match fact:
            case LadderSet() | TradeMatched():
                return fact.condition_id
            case OrderAccepted():
                return exchange.conditions[fact.terms.token_id]
            case OrderClosed():
                return exchange.conditions[exchange.orders[fact.order_id].terms.token_id]
            case _:
                return None

    def _show(self, condition: ConditionId) -> None:
        """The market channel gets whole books: the venue sends them for trades, and for anything
        else they say what its `price_change` would."""
        for token in self._desk.exchange.books[condition].market.tokens:
            listeners = self._markets.listeners(token.token_id)
            if listeners:
                text = wire.encode(self._book(token.token_id)).decode()
                for outlet in listeners:
                    outlet.send(text)

    def _book(self, token_id: TokenId) -> wire.Body | None:
        body = wire.book(self._desk.exchange, token_id)
        return None if body is None else {"event_type": "book", **body}

    def _last_trade(self, fact: TradeMatched) -> None:
        listeners = self._markets.listeners(fact.taker.token_id)
        if listeners:
            exchange = self._desk.exchange
            market = exchange.books[fact.condition_id].market
            body = wire.last_trade_message(exchange.trades[fact.trade_id], market)
            for outlet in listeners:
                outlet.send(wire.encode(body).decode())
