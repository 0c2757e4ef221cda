"""What becomes of the messages of one socket: a state machine between the venue and an outlet.

Messages are the texts that would be sent; only one that a fault changes is read and written anew,
everything else goes out letter by letter. A message is changed or doubled first, then put in its
place, then held back or sent. PING is answered beside all this, so a stalled socket looks alive. A
connection that is made anew starts with a fresh state.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from polycopy.paper_venue.core.engine.ledger import NO_OUTCOME
from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.protocol.wire import Body, encode

Change = Callable[[Body], Body]
FOR_EVER = 2**63 - 1
HELD_MAX = 20_000
PASSED_US_MAX = 1_000_000
"""So long a message waits for the one that is to overtake it, where the fault says nothing."""
_PASSED_MAX = 100
_MS = 1000
_TIMES = frozenset({"timestamp", "match_time", "matchtime", "match_time_nano", "last_update"})
_UNITS_A_SECOND = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (0, 1))


class Stream(msgspec.Struct, kw_only=True):
    """Where one outlet stands. Times are 0 where nothing is on."""

    silent_until_us: int = 0
    burst_until_us: int = 0
    held: list[str] = msgspec.field(default_factory=list)
    passed_until_us: int = 0
    passed: list[str] = msgspec.field(default_factory=list)

    @property
    def next_us(self) -> int | None:
        """When `due` has something to send, if nothing else happens."""
        ends = [self.burst_until_us] if self.held else []
        if self.passed:
            ends.append(self.passed_until_us)
        return min(ends, default=None)


class Told(msgspec.Struct, frozen=True):
    """What goes out now, in this order. `close`: the connection breaks instead."""

    messages: tuple[str, ...] = ()
    close: bool = False


def pass_on(
    book: FaultBook, stream: Stream, on: str, message: str, now_us: int, *wallets: str
) -> Told:
    """`feed` with whatever strikes the message. What a stall swallows is not asked for."""
    silent = now_us < stream.silent_until_us
    fault = None if silent else book.strike(on, *wallets)
    return feed(stream, message, fault, now_us)


def feed(stream: Stream, message: str, fault: Fault | None, now_us: int) -> Told:
    """One message of the venue. Whatever fell due before it goes out first."""
    sent = list(due(stream, now_us).messages)
    if now_us < stream.silent_until_us:
        return Told()
    if fault is not None and fault.kind is FaultKind.DISCONNECT:
        return Told(tuple(sent), close=True)
    if fault is not None and fault.kind is FaultKind.STALL:
        stream.silent_until_us = now_us + fault.delay_ms * _MS if fault.delay_ms else FOR_EVER
        stream.held, stream.passed = [], []
        return Told(tuple(sent))
    if fault is not None and fault.kind is FaultKind.BURST and not stream.held:
        stream.burst_until_us = now_us + fault.delay_ms * _MS
    sent.extend(_out(stream, _placed(stream, message, fault, now_us), now_us))
    return Told(tuple(sent))


def due(stream: Stream, now_us: int) -> Told:
    """What was held back and need not wait any longer."""
    sent: list[str] = []
    if stream.held and stream.burst_until_us <= now_us:
        sent, stream.held = stream.held, []
    if stream.passed and stream.passed_until_us <= now_us:
        sent.extend(_out(stream, _overtaken(stream), now_us))
    return Told(tuple(sent))


def _placed(stream: Stream, message: str, fault: Fault | None, now_us: int) -> list[str]:
    """The message as often as it goes out, and what it has overtaken behind it."""
    if fault is None:
        copies = [message]
    elif fault.kind is FaultKind.REORDER and len(stream.passed) < _PASSED_MAX:
        if not stream.passed:
            wait_us = fault.delay_ms * _MS or PASSED_US_MAX
            stream.passed_until_us = now_us + wait_us
        stream.passed.append(message)
        return []
    else:
        copies = _changed(message, fault)
    if not copies:
        return []
    return [*copies, *_overtaken(stream)]


def _overtaken(stream: Stream) -> list[str]:
    """Each behind the one that came after it."""
    passed, stream.passed = stream.passed, []
    return passed[::-1]


def _out(stream: Stream, messages: list[str], now_us: int) -> list[str]:
    """Through, or to those that wait for the end of a burst, of whom there may not be too many."""
    if now_us >= stream.burst_until_us:
        return messages
    stream.held.extend(messages)
    if len(stream.held) <= HELD_MAX:
        return []
    sent, stream.held = stream.held, []
    return sent


def _changed(message: str, fault: Fault) -> list[str]:
    match fault.kind:
        case FaultKind.GAP:
            return []
        case FaultKind.DUPLICATE:
            return [message, message]
        case FaultKind.STALE:
            return [_each(message, lambda body: _moved_back(body, fault.delay_ms))]
        case FaultKind.NO_HASH:
            return [_each(message, _without_hash)]
        case FaultKind.NO_OUTCOME:
            return [_each(message, _without_outcome)]
        case _:
            return [message]


def _each(message: str, change: Change) -> str:
    """The market channel may send several bodies in one frame."""
    try:
        read: Any = msgspec.json.decode(message)
    except msgspec.MsgspecError:
        return message
    bodies = [change(body) if isinstance(body, dict) else body for body in _listed(read)]
    return encode(bodies if isinstance(read, list) else bodies[0]).decode()


def _listed(read: Any) -> list[Any]:
    return read if isinstance(read, list) else [read]


def _moved_back(body: Body, delay_ms: int) -> Body:
    """Every time in it, in its own unit and type. A number says by its size which unit it has."""
    moved: Body = {}
    for key, value in body.items():
        if key in _TIMES and isinstance(value, int | str):
            moved[key] = _earlier(value, delay_ms)
        elif isinstance(value, dict):
            moved[key] = _moved_back(value, delay_ms)
        else:
            moved[key] = value
    return moved


def _earlier(value: int | str, delay_ms: int) -> int | str:
    text = str(value)
    if not (text.isascii() and text.isdecimal()):
        return value
    number = int(text)
    a_second = next(units for least, units in _UNITS_A_SECOND if number >= least)
    earlier = max(number - delay_ms * a_second // _MS, 0)
    return str(earlier) if isinstance(value, str) else earlier


def _without_hash(body: Body) -> Body:
    """The activity feed drops the key; the user channel leaves it empty."""
    left: Body = {}
    for key, value in body.items():
        if isinstance(value, dict):
            left[key] = _without_hash(value)
        elif key != "transactionHash":
            left[key] = "" if key == "transaction_hash" else value
    return left


def _without_outcome(body: Body) -> Body:
    """Of the activity feed only: no other message has the field."""
    payload = body.get("payload")
    if not isinstance(payload, dict) or "outcomeIndex" not in payload:
        return body
    return {**body, "payload": {**payload, "outcomeIndex": NO_OUTCOME}}


class _Payload(msgspec.Struct):
    proxyWallet: str = ""  # noqa: N815 - the venue's name


class _Activity(msgspec.Struct):
    payload: _Payload


def trader(message: str) -> str:
    """Whom a message of the activity feed tells about, in lower case; empty where it is none."""
    try:
        return msgspec.json.decode(message, type=_Activity).payload.proxyWallet.lower()
    except msgspec.MsgspecError:
        return ""
