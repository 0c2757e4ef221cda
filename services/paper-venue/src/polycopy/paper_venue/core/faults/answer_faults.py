"""What a fault makes of an answer."""

from typing import Any

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, answer

_OK = 200
_LOST = Answer(0, b"", lost=True)
_GATEWAY = (
    b"<html>\r\n<head><title>%d</title></head>\r\n<body>\r\n<center><h1>%d</h1></center>\r\n"
    b"<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


def instead(fault: Fault) -> Answer | None:
    """The answer of a venue that has not looked at the request. None: it looks, now or later."""
    match fault.kind:
        case FaultKind.GEOBLOCKED:
            return _named(answer(refusals.GEOBLOCKED), fault)
        case FaultKind.LOST_BEFORE:
            return _named(_LOST, fault)
        case FaultKind.ERROR_BEFORE:
            return _named(_error(fault), fault)
        case _:
            return None


def spoiled(given: Answer, fault: Fault) -> Answer:
    """What is left of the answer to a request that was done. The fault is one of `AFTER`."""
    match fault.kind:
        case FaultKind.LOST_AFTER:
            return _named(Answer(given.status, given.body, given.headers, lost=True), fault)
        case FaultKind.ERROR_AFTER:
            return _named(_error(fault), fault)
        case FaultKind.SLOW_ANSWER:
            delay_ms = given.delay_ms + fault.delay_ms
            return _named(Answer(given.status, given.body, given.headers, delay_ms), fault)
        case FaultKind.MISSING_KEYS:
            body = _without(given.body, fault.keys)
            return _named(Answer(given.status, body, given.headers), fault)
        case FaultKind.NULL_ANSWER:
            return _named(Answer(_OK, b"null", given.headers), fault)
        case _:  # GARBAGE
            page = _GATEWAY % (fault.status, fault.status)
            return _named(Answer(fault.status, page, (("Content-Type", "text/html"),)), fault)


def _error(fault: Fault) -> Answer:
    wait = (("Retry-After", str(fault.retry_after_s)),) if fault.retry_after_s else ()
    return Answer(fault.status, wire.error(fault.text), wait)


def _named(given: Answer, fault: Fault) -> Answer:
    return msgspec.structs.replace(given, fault=fault.called)


def _without(body: bytes, keys: tuple[str, ...]) -> bytes:
    """Of an object, or of every object in a list. The other values stay letter by letter."""
    try:
        given: Any = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return wire.encode({key: value for key, value in given.items() if key not in keys})
    except msgspec.MsgspecError:
        pass
    try:
        given = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.MsgspecError:
        return body
    return wire.encode([msgspec.Raw(_without(bytes(each), keys)) for each in given])
