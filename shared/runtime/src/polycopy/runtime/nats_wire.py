"""What JetStream's messages say besides their body: headers, positions, statuses."""

import msgspec
from nats.aio.msg import Msg
from nats.js.api import Header

from polycopy.runtime.errors import Unreadable
from polycopy.runtime.log import Recorded
from polycopy.schemas.catalog import decode_event
from polycopy.schemas.envelope import from_headers

_ACK_PREFIX = "$JS.ACK."
_ACK_TOKENS_V1 = 9
"""`$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`; version 2
has the domain and the account's hash before the stream, and may have a token more at the end."""
_ACK_SHIFT_V2 = 2


class Place(msgspec.Struct, frozen=True):
    """Where a delivered message stands: `attempt` counts its deliveries from 1, `consumer_sequence`
    the deliveries of its consumer from 1."""

    sequence: int
    consumer_sequence: int
    attempt: int


class Status(msgspec.Struct, frozen=True):
    """A message of the server about a pull, such as 408. `unused` messages were not delivered."""

    code: int
    text: str
    unused: int


def place_of(reply: str) -> Place:
    """From the subject on which a message is answered. ValueError for any other subject."""
    tokens = reply.split(".")
    shift = 0 if len(tokens) == _ACK_TOKENS_V1 else _ACK_SHIFT_V2
    if not reply.startswith(_ACK_PREFIX) or len(tokens) < _ACK_TOKENS_V1 + shift:
        raise ValueError(f"not an acknowledgement subject: {reply!r}")
    return Place(int(tokens[5 + shift]), int(tokens[6 + shift]), int(tokens[4 + shift]))


def pending_of(reply: str) -> int:
    """How many messages the consumer has left, from the subject on which one is answered."""
    tokens = reply.split(".")
    shift = 0 if len(tokens) == _ACK_TOKENS_V1 else _ACK_SHIFT_V2
    return int(tokens[8 + shift])


def status_of(message: Msg) -> Status | None:
    """None for a message of the stream."""
    if message.reply.startswith(_ACK_PREFIX):
        return None
    headers = message.headers or {}
    return Status(
        int(headers.get(Header.STATUS.value, "0")),
        # nats-py's key is the enum member, whose hash is not that of its text.
        headers.get(Header.DESCRIPTION, "").strip(),
        int(headers.get("Nats-Pending-Messages", "0")),
    )


def recorded(subject: str, headers: dict[str, str] | None, body: bytes, sequence: int) -> Recorded:
    """The event in a message. Raises Unreadable where it is none."""
    try:
        envelope = from_headers(headers or {})
        event = decode_event(envelope.event_type, body)
    except ValueError as error:  # msgspec.ValidationError is one.
        raise Unreadable(
            f"the message at sequence {sequence} ({subject}) is unreadable: {error}; start the "
            "newest version, which may know it, or find out who else writes to this log",
            sequence=sequence,
        ) from error
    return Recorded(sequence=sequence, subject=subject, envelope=envelope, event=event)


def headers_from(raw: bytes) -> dict[str, str]:
    """The headers of a stored message, from their wire form."""
    pairs = (line.partition(b":") for line in raw.split(b"\r\n")[1:] if b":" in line)
    return {name.decode(): value.strip().decode() for name, _, value in pairs}
