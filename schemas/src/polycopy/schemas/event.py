"""The base of every event, and how its body becomes bytes."""

from typing import TypeVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A fact. Past tense, frozen, never renamed; a new field has a default."""


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event of a type that this build does not know. What to do is each consumer's decision."""

    event_type: str
    body: bytes


_ENCODER = msgspec.json.Encoder(order="deterministic")
SomeEvent = TypeVar("SomeEvent", bound=Event)


def encode(event: Event) -> bytes:
    """JSON with the fields in the order of declaration and no spaces: equal events, equal bytes."""
    return _ENCODER.encode(event)


def decode(kind: type[SomeEvent], body: bytes) -> SomeEvent:
    """The event in `body`; unknown fields are let pass. Raises msgspec.ValidationError."""
    return msgspec.json.decode(body, type=kind)
