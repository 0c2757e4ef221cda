"""The activity feed's subscriptions (RTDS), with the ways in which they fail.

Without an `action` nothing ever comes, and nothing is said. One topic or type that the feed does
not have poisons its whole request, one part without a type makes the request invalid; topics that
exist but are about other things than trades are taken and silent. Source: research 3.3, and what
others observed at the venue in August and September 2026.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.parsing import parsed
from polycopy.paper_venue.core.streams import rtds
from polycopy.paper_venue.core.streams.rtds import Frame

Listener = TypeVar("Listener")
_ALL = "*"
_TYPES = {
    "activity": ("trades", "orders_matched"),
    "comments": ("comment_created", "comment_removed", "reaction_created", "reaction_removed"),
    "crypto_prices": ("update",),
    "crypto_prices_chainlink": ("update",),
    "crypto_prices_twap_thirty": ("update",),
    "crypto_prices_twap_sixty": ("update",),
    "equity_prices": ("update",),
    "rfq": (),
}


class Subscription(msgspec.Struct, frozen=True):
    """`filters` is JSON in a text; the venue compares it letter by letter, so a space after the
    colon matches nothing."""

    topic: str
    type: str
    filters: str = ""

    @property
    def known(self) -> bool:
        return self.topic in _TYPES and self.type in (_ALL, *_TYPES[self.topic])

    @property
    def types(self) -> tuple[str, ...]:
        """Each type that it means."""
        return _TYPES[self.topic] if self.type == _ALL else (self.type,)

    def wants(self, frame: Frame) -> bool:
        if self.topic != rtds.TOPIC or frame.kind not in self.types:
            return False
        event, market = frame.event_slug, frame.slug
        known = (f'{{"event_slug":"{event}"}}', f'{{"market_slug":"{market}"}}')
        return not self.filters or self.filters in known


class _Action(msgspec.Struct, frozen=True):
    action: str = ""


class _Request(msgspec.Struct, frozen=True):
    subscriptions: list[Subscription]


class _Ear(msgspec.Struct):
    """A connection's name and what it asked for: topic, type, and the filter's text."""

    name: str
    wanted: dict[tuple[str, str, str], Subscription] = msgspec.field(default_factory=dict)


class RtdsChannel(Generic[Listener]):
    """Who hears which frames. Connections are named by the order in which they speak."""

    def __init__(self) -> None:
        self._ears: dict[Listener, _Ear] = {}
        self._names = 0
        self._refused = 0

    def said(self, listener: Listener, text: str) -> str:
        """The answer; mostly empty, which is to say nothing."""
        said = parsed(text, _Action)
        if said is None or said.action not in ("subscribe", "unsubscribe"):
            return ""
        ear = self._ear(listener)
        asked = parsed(text, _Request)
        if asked is None:
            return self._invalid(ear)
        for part in asked.subscriptions:
            if not part.known:
                return _poisoned(part)
        if said.action == "subscribe":
            _subscribe(ear, asked.subscriptions)
        else:
            _unsubscribe(ear, asked.subscriptions)
        return ""

    def gone(self, listener: Listener) -> None:
        self._ears.pop(listener, None)

    def __len__(self) -> int:
        """Connections that asked for something."""
        return sum(bool(ear.wanted) for ear in self._ears.values())

    def told(self, frames: Iterable[Frame]) -> Iterator[tuple[Listener, str]]:
        """Each frame for each who wants it, once, with its own connection's name in it."""
        for frame in frames:
            written = ""
            for listener, ear in self._ears.items():
                if any(wanted.wants(frame) for wanted in ear.wanted.values()):
                    written = written or rtds.written(frame)
                    yield listener, rtds.named(written, ear.name)

    def _ear(self, listener: Listener) -> _Ear:
        ear = self._ears.get(listener)
        if ear is None:
            self._names += 1
            name = identity.uuid_like("connection", self._names)[:16]
            ear = self._ears[listener] = _Ear(name=name)
        return ear

    def _invalid(self, ear: _Ear) -> str:
        self._refused += 1
        answer = {
            "message": "Invalid request body",
            "connectionId": ear.name,
            "requestId": identity.uuid_like("request", self._refused)[:16],
        }
        return wire.encode(answer).decode()


def _subscribe(ear: _Ear, asked: list[Subscription]) -> None:
    for part in asked:
        for kind in part.types:
            narrowed = Subscription(topic=part.topic, type=kind, filters=part.filters)
            ear.wanted[part.topic, kind, part.filters] = narrowed


def _unsubscribe(ear: _Ear, asked: list[Subscription]) -> None:
    """Topic and type go, whatever their filter; other types of the topic stay."""
    ended = {(part.topic, kind) for part in asked for kind in part.types}
    for place in [place for place in ear.wanted if place[:2] in ended]:
        del ear.wanted[place]


def _poisoned(part: Subscription) -> str:
    missing = f"topic: {part.topic} and type: {part.type} not found"
    status = f"rpc error: code = NotFound desc = {missing}"
    message = f"leger GetTopics error: {status}, status: {status}, message: {missing}"
    return wire.encode({"body": {"message": message}, "statusCode": 401}).decode()
