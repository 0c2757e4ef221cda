"""The three sockets: who listens, and what is sent to them in which order."""

from collections.abc import Iterable, Sequence

from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.engine.facts import AnyFact
from polycopy.paper_venue.core.gamma.catalogue import Catalogue
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.streams import rtds
from polycopy.paper_venue.core.streams.channels import (
    POLICY_VIOLATION,
    UNKNOWN_KEY,
    Heard,
    UserChannel,
    user_subscribe,
)
from polycopy.paper_venue.core.streams.market_stream import MarketStream
from polycopy.paper_venue.core.streams.notices import Notice
from polycopy.paper_venue.core.streams.rtds_channel import RtdsChannel
from polycopy.paper_venue.ports import Outlet
from polycopy.paper_venue.service.posts import Posts
from polycopy.schemas.ids import ConditionId, Wallet


class Streams:
    """Sends and never waits. A message tells the state right after its fact."""

    def __init__(self, desk: Desk, posts: Posts) -> None:
        self._desk = desk
        self._posts = posts
        self._users: UserChannel[Outlet] = UserChannel()
        desk.tell_only(self._users.heard)
        self._rtds: RtdsChannel[Outlet] = RtdsChannel()
        self.forget()

    def forget(self) -> None:
        """The books are others from now on, and nobody listens to them yet."""
        self._markets: MarketStream[Outlet] = MarketStream(self._desk.exchange, self._numbers)

    @property
    def rtds_subscribers(self) -> int:
        return len(self._rtds)

    @property
    def user_subscribers(self) -> int:
        return len(self._users)

    def user_said(self, outlet: Outlet, text: str) -> None:
        """Wrong secrets close the connection."""
        if self._users.knows(outlet):
            _answer(outlet, self._users.said(outlet, text))
            return
        asked = user_subscribe(text)
        if isinstance(asked, Heard):
            _answer(outlet, asked)
            return
        auth = asked.auth
        if self._desk.keys.recognises(auth.apiKey, auth.secret, auth.passphrase):
            self._users.add(outlet, asked)
        else:
            outlet.close(POLICY_VIOLATION, UNKNOWN_KEY)

    def market_said(self, outlet: Outlet, text: str) -> None:
        heard = self._markets.said(outlet, text)
        if heard.text:
            self._posts.send(outlet, "market", heard.text)
        if heard.closes:
            outlet.close(POLICY_VIOLATION, heard.closes)

    def rtds_said(self, outlet: Outlet, text: str) -> None:
        answer = self._rtds.said(outlet, text)
        if answer:
            outlet.send(answer)

    def gone(self, outlet: Outlet) -> None:
        self._users.remove(outlet)
        self._markets.gone(outlet)
        self._rtds.gone(outlet)
        self._posts.gone(outlet)

    def tell_users(self, notices: Iterable[Notice]) -> None:
        for owner, condition, body in notices:
            listeners = self._users.listeners(owner, condition)
            text = wire.encode(body).decode() if listeners else ""
            for outlet in listeners:
                self._posts.send(outlet, "user", text, *self._wallets(owner))

    def _wallets(self, owner: str) -> tuple[str, ...]:
        """Whose API key it is, and every wallet that this trader has."""
        holder = Wallet(self._desk.keys.address_of(owner))
        return holder, *self._desk.exchange.wallets_of.get(holder, ())

    def tell_markets(self, facts: Sequence[AnyFact]) -> None:
        for listeners, text in self._markets.told(facts):
            for outlet in listeners:
                self._posts.send(outlet, "market", text)

    def tell_activity(self, frames: Iterable[rtds.Frame]) -> None:
        for outlet, text in self._rtds.told(frames):
            self._posts.send(outlet, "rtds", text)

    def _numbers(self, condition_id: ConditionId) -> tuple[int, int]:
        listed = Catalogue(self._desk.exchange).listed[condition_id]
        return listed.market_id, listed.event_id


def _answer(outlet: Outlet, heard: Heard) -> None:
    if heard.text:
        outlet.send(heard.text)
    if heard.closes:
        outlet.close(POLICY_VIOLATION, heard.closes)
