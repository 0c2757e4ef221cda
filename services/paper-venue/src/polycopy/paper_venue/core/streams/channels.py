"""Who listens to what: the subscriptions of the market and the user channel, message by message.

The first message of a connection must be a whole subscription, later ones are operations. A first
message that is none closes the connection, code 1008; a later one that is none, and a second whole
subscription, is answered `INVALID OPERATION` and changes nothing. Both are what others saw at the
venue (nautilus_trader 3717 and 4864). A PING is none of these: it is answered at any time, also
before the first.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

from polycopy.paper_venue.core.protocol.parsing import parsed
from polycopy.schemas.ids import ConditionId, TokenId

Listener = TypeVar("Listener")
INVALID_OPERATION = "INVALID OPERATION"
INVALID_SUBSCRIPTION = "invalid subscription payload"
UNKNOWN_KEY = "authentication failed"
POLICY_VIOLATION = 1008
"""The code with which the venue closes what it does not want to hear."""
SNAPSHOTS_UP_TO = 500
"""With more tokens than this on one connection no book is dumped any more."""


class Auth(msgspec.Struct, frozen=True):
    """The secrets in a user subscription."""

    apiKey: str  # noqa: N815 - the venue's names
    secret: str
    passphrase: str


class UserSubscribe(msgspec.Struct, frozen=True):
    """The user channel's first message. No market named: all of them."""

    auth: Auth
    markets: list[str] = msgspec.field(default_factory=list)


class UserOperation(msgspec.Struct, frozen=True):
    operation: str
    markets: list[str]


class MarketSubscribe(msgspec.Struct, frozen=True):
    """Both forms. `custom_feature_enabled` counts for the connection; not named, it stays."""

    assets_ids: list[str]
    type: str = "market"
    operation: str = ""
    initial_dump: bool = True
    custom_feature_enabled: bool | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a listener's message: tokens that are new to it and whether their books are
    dumped, tokens that nobody listens to any more, a text in answer, the reason for which the
    connection is closed."""

    new: tuple[TokenId, ...] = ()
    dumped: bool = False
    left: tuple[TokenId, ...] = ()
    text: str = ""
    closes: str = ""


class MarketChannel(Generic[Listener]):
    """Token to listeners. A token that no market has is taken like any other, and is silent."""

    def __init__(self) -> None:
        self._by_token: dict[TokenId, dict[Listener, None]] = {}
        self._tokens: dict[Listener, dict[TokenId, None]] = {}
        self._custom: dict[Listener, None] = {}

    def said(self, listener: Listener, text: str) -> Heard:
        known = listener in self._tokens
        asked = parsed(text, MarketSubscribe)
        if asked is None:
            return _misunderstood(known=known)
        if not known:
            first = asked.operation in ("", "subscribe") and asked.type.lower() == "market"
            return self._subscribe(listener, asked) if first else _misunderstood(known=False)
        match asked.operation:
            case "subscribe":
                return self._subscribe(listener, asked)
            case "unsubscribe":
                tokens = [TokenId(token) for token in asked.assets_ids]
                return Heard(left=self._leave(listener, tokens))
            case _:
                return _misunderstood(known=True)

    def remove(self, listener: Listener) -> tuple[TokenId, ...]:
        """The connection is gone; the tokens that nobody listens to any more."""
        left = self._leave(listener, list(self._tokens.get(listener, ())))
        self._tokens.pop(listener, None)
        self._custom.pop(listener, None)
        return left

    def listeners(self, tokens: Iterable[TokenId], *, custom: bool) -> list[Listener]:
        """Who listens to any of the tokens, everybody where there are none; `custom`: only who
        asked for custom features."""
        found: dict[Listener, None] = {}
        named = tuple(tokens)
        for token in named:
            found.update(self._by_token.get(token, {}))
        if not named:
            found.update(dict.fromkeys(self._tokens))
        return [each for each in found if each in self._custom] if custom else list(found)

    def heard(self, token_id: TokenId) -> bool:
        """Whether anybody listens to a token."""
        return token_id in self._by_token

    def _subscribe(self, listener: Listener, asked: MarketSubscribe) -> Heard:
        """A token that it has already is owed no book again: the venue refuses duplicates, after
        it has looked at `custom_feature_enabled`."""
        held = self._tokens.setdefault(listener, {})
        if asked.custom_feature_enabled:
            self._custom[listener] = None
        elif asked.custom_feature_enabled is not None:
            self._custom.pop(listener, None)
        new = [
            token
            for each in dict.fromkeys(asked.assets_ids)
            if (token := TokenId(each)) not in held
        ]
        for token in new:
            held[token] = None
            self._by_token.setdefault(token, {})[listener] = None
        dumped = asked.initial_dump and len(held) <= SNAPSHOTS_UP_TO
        return Heard(new=tuple(new), dumped=dumped)

    def _leave(self, listener: Listener, tokens: list[TokenId]) -> tuple[TokenId, ...]:
        held = self._tokens.get(listener, {})
        left: list[TokenId] = []
        for token in tokens:
            if token not in held:
                continue
            del held[token]
            listeners = self._by_token[token]
            del listeners[listener]
            if not listeners:
                del self._by_token[token]
                left.append(token)
        return tuple(left)


class UserChannel(Generic[Listener]):
    """API key to listeners, each with the markets it named; none named means all. Operations add
    and take away; who takes the last one away has all again, as the official client means it."""

    def __init__(self) -> None:
        self._by_key: dict[str, dict[Listener, dict[str, None]]] = {}
        self._key: dict[Listener, str] = {}

    def knows(self, listener: Listener) -> bool:
        return listener in self._key

    def add(self, listener: Listener, subscribe: UserSubscribe) -> None:
        markets = dict.fromkeys(market.lower() for market in subscribe.markets)
        self._by_key.setdefault(subscribe.auth.apiKey, {})[listener] = markets
        self._key[listener] = subscribe.auth.apiKey

    def said(self, listener: Listener, text: str) -> Heard:
        """A later message of a listener that was added."""
        asked = parsed(text, UserOperation)
        if asked is None:
            return _misunderstood(known=True)
        markets = self._by_key[self._key[listener]][listener]
        named = [market.lower() for market in asked.markets]
        match asked.operation:
            case "subscribe":
                markets.update(dict.fromkeys(named))
            case "unsubscribe":
                for market in named:
                    markets.pop(market, None)
            case _:
                return _misunderstood(known=True)
        return Heard()

    def remove(self, listener: Listener) -> None:
        key = self._key.pop(listener, None)
        if key is not None:
            listeners = self._by_key[key]
            del listeners[listener]
            if not listeners:
                del self._by_key[key]

    def heard(self, api_key: str) -> bool:
        """Whether anybody listens to anything of this key."""
        return bool(self._by_key.get(api_key))

    def listeners(self, api_key: str, condition_id: ConditionId) -> list[Listener]:
        found = self._by_key.get(api_key, {})
        return [each for each, markets in found.items() if not markets or condition_id in markets]

    def __len__(self) -> int:
        return len(self._key)


def user_subscribe(text: str) -> UserSubscribe | Heard:
    """A first message on the user channel: check its secrets before `UserChannel.add`."""
    return parsed(text, UserSubscribe) or _misunderstood(known=False)


def _misunderstood(*, known: bool) -> Heard:
    return Heard(text=INVALID_OPERATION) if known else Heard(closes=INVALID_SUBSCRIPTION)
