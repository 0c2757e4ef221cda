"""The three sockets: who listens, and what is sent to them in which order."""

from collections.abc import Iterable

import msgspec

from polycopy.paper_venue.core import rtds, wire
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
)
from polycopy.paper_venue.core.identity import uuid_like
from polycopy.paper_venue.core.notices import Notice
from polycopy.paper_venue.ports import Outlet
from polycopy.schemas.ids import ConditionId, TokenId


class Streams:
    """Sends and never waits. A message tells the state right after its fact."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._users: UserChannel[Outlet] = UserChannel()
        desk.tell_only(self._users.heard)
        self._markets: MarketChannel[Outlet] = MarketChannel()
        self._rtds: dict[Outlet, tuple[str, list[Subscription]]] = {}
        self._connections = 0

    @property
    def rtds_subscribers(self) -> int:
        return len(self._rtds)

    @property
    def user_subscribers(self) -> int:
        return len(self._users)

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

    def tell_users(self, notices: Iterable[Notice]) -> None:
        for owner, condition, body in notices:
            listeners = self._users.listeners(owner, condition)
            text = wire.encode(body).decode() if listeners else ""
            for outlet in listeners:
                outlet.send(text)

    def tell_markets(self, facts: Iterable[AnyFact]) -> None:
        changed: dict[ConditionId, None] = {}
        for fact in facts:
            if isinstance(fact, TradeMatched):
                self._last_trade(fact)
            where = self._changed(fact)
            if where is not None:
                changed[where] = None
        for where in changed:
            self._show(where)

    def tell_activity(self, frames: Iterable[rtds.Frame]) -> None:
        for frame in frames:
            for outlet, (name, subscriptions) in self._rtds.items():
                if any(subscription.wants(frame) for subscription in subscriptions):
                    outlet.send(rtds.text(frame, name))

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
