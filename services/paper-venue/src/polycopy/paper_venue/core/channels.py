"""Who listens to what: subscriptions of the three sockets, as the venue's messages ask for them."""

from typing import Generic, TypeVar

import msgspec

from polycopy.paper_venue.core.rtds import TOPIC, Frame
from polycopy.schemas.ids import ConditionId, TokenId

Listener = TypeVar("Listener")
_TYPES = ("trades", "orders_matched", "*")


class Auth(msgspec.Struct, frozen=True):
    """The secrets in a user subscription."""

    apiKey: str  # noqa: N815 - the venue's names
    secret: str
    passphrase: str


class UserSubscribe(msgspec.Struct, frozen=True):
    auth: Auth
    markets: list[str] = msgspec.field(default_factory=list)


class MarketSubscribe(msgspec.Struct, frozen=True):
    """`operation` is absent in the first message of a connection."""

    assets_ids: list[str]
    operation: str = "subscribe"


class Subscription(msgspec.Struct, frozen=True):
    """`filters` is JSON in a text; the venue compares it letter by letter, so a space after the
    colon matches nothing."""

    topic: str
    type: str = "*"
    filters: str = ""

    def wants(self, frame: Frame) -> bool:
        if self.type not in ("*", frame.kind):
            return False
        event, market = frame.event_slug, frame.slug
        known = (f'{{"event_slug":"{event}"}}', f'{{"market_slug":"{market}"}}')
        return not self.filters or self.filters in known


class RtdsRequest(msgspec.Struct, frozen=True):
    """Without `action` the connection stays open and nothing ever comes."""

    subscriptions: list[Subscription]
    action: str = ""


def understood(subscriptions: list[Subscription]) -> bool:
    """One topic or type that the feed does not have poisons the whole request."""
    return all(part.topic == TOPIC and part.type in _TYPES for part in subscriptions)


class UserChannel(Generic[Listener]):
    """API key to listeners, each with the markets it named; none named means all."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[Listener, frozenset[str]]] = {}

    def add(self, listener: Listener, subscribe: UserSubscribe) -> None:
        markets = frozenset(market.lower() for market in subscribe.markets)
        self._by_key.setdefault(subscribe.auth.apiKey, {})[listener] = markets

    def remove(self, listener: Listener) -> None:
        for listeners in self._by_key.values():
            listeners.pop(listener, None)

    def heard(self, api_key: str) -> bool:
        """Whether anybody listens to anything of this key."""
        return bool(self._by_key.get(api_key))

    def listeners(self, api_key: str, condition_id: ConditionId) -> list[Listener]:
        found = self._by_key.get(api_key, {})
        return [each for each, markets in found.items() if not markets or condition_id in markets]

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))


class MarketChannel(Generic[Listener]):
    """Token to listeners."""

    def __init__(self) -> None:
        self._by_token: dict[TokenId, dict[Listener, None]] = {}

    def change(self, listener: Listener, asked: MarketSubscribe) -> list[TokenId]:
        """Subscribe or unsubscribe; the tokens whose book is now owed."""
        tokens = [TokenId(token) for token in asked.assets_ids]
        if asked.operation == "unsubscribe":
            for token in tokens:
                self._by_token.get(token, {}).pop(listener, None)
            return []
        for token in tokens:
            self._by_token.setdefault(token, {})[listener] = None
        return tokens

    def remove(self, listener: Listener) -> None:
        for listeners in self._by_token.values():
            listeners.pop(listener, None)

    def listeners(self, token_id: TokenId) -> list[Listener]:
        return list(self._by_token.get(token_id, {}))
