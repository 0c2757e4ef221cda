"""JSON-RPC 2.0 as Polygon's nodes speak it: calls to send, and what comes back. Never raises.

Numbers of a node are hex texts. What a refusal means is told by its text rather than its code: for
"too many blocks" alone nodes answer -32000, -32005, -32600, -32602, -32614 or -32701.
Sources: Bor, Infura (issue 237: -32602 where -32005 is documented), Alchemy (-32600), QuickNode
(-32614), PublicNode (-32701).
"""

import re
from collections.abc import Sequence

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.wire import Unreadable

METHOD_NOT_FOUND = -32601
_CODES_OF_RATE = (429, -32029, -32097)
_RATE = re.compile(
    r"rate.?limit|too many requests|request (limit|rate)|requests? per|per second|compute unit"
    r"|capacity|throughput|quota|daily|credits|exceeded.{0,20}(calls|requests)",
    re.IGNORECASE,
)
_NO_ENTRY = re.compile(
    r"unauthori[sz]ed|forbidden|api.?key|invalid project|must be authenticated|payment",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,16}")
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_MESSAGE_MAX = 200


class Call(msgspec.Struct, frozen=True):
    """A request; `params` holds what JSON holds."""

    id: int
    method: str
    params: Sequence[object] = ()


class Answered(msgspec.Struct, frozen=True):
    """The result of a call."""

    id: int
    result: wire.Json


class Refused(msgspec.Struct, frozen=True):
    """The node's error. `id` is -1 where it does not say to which call."""

    id: int
    code: int
    message: str

    @property
    def asks_too_often(self) -> bool:
        """The same call will be answered later."""
        return self.code in _CODES_OF_RATE or bool(_RATE.search(self.message))

    @property
    def may_be_too_much(self) -> bool:
        """A call for less may be answered. Whatever is not surely something else: nodes have too
        many words for it, and half of it asked in vain costs a few calls."""
        surely_else = self.code == METHOD_NOT_FOUND or _NO_ENTRY.search(self.message)
        return not self.asks_too_often and not surely_else


class Notified(msgspec.Struct, frozen=True):
    """What a subscription brings."""

    subscription: str
    result: wire.Json


Message = Answered | Refused | Notified | Unreadable


def written(call: Call) -> bytes:
    return msgspec.json.encode(_body(call))


def written_batch(calls: Sequence[Call]) -> bytes:
    return msgspec.json.encode([_body(call) for call in calls])


def feed(raw: str | bytes) -> list[Message]:
    """All messages of a frame or a body; a batch is a list of them."""
    try:
        parsed = wire.document(raw)
    except wire.MisfitError as error:
        return [wire.unreadable(error, raw)]
    if not isinstance(parsed, list):
        return [_message(parsed, raw)]
    return [_message(each, wire.compact(each)) for each in parsed]


def quantity(source: wire.Object, name: str) -> int:
    """A hex number of up to 64 bits; decimal ones, which some nodes write, too. MisfitError."""
    written = wire.text(source, name)
    if _QUANTITY.fullmatch(written):
        return int(written, 16)
    if _NUMBER.fullmatch(written) and not written.startswith("-"):
        return int(written)
    raise wire.MisfitError(f"{name} is no quantity: {written[:40]!r}")


def _body(call: Call) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": call.id, "method": call.method, "params": call.params}


def _message(parsed: wire.Json, raw: str | bytes) -> Message:
    try:
        message = wire.an_object(parsed, "the message")
        if "method" in message:
            return _notified(message)
        if message.get("error") is not None:
            return _refused(message, message["error"])
        return _answered(message)
    except wire.MisfitError as error:
        return wire.unreadable(error, raw)


def _answered(message: wire.Object) -> Answered:
    if "result" not in message:
        raise wire.MisfitError("neither a result nor an error")
    id_ = _id(message)
    if id_ < 0:
        raise wire.MisfitError("an answer to no call of ours")
    return Answered(id_, message["result"])


def _notified(message: wire.Object) -> Notified:
    params = wire.an_object(message.get("params"), "params")
    if "result" not in params:
        raise wire.MisfitError("a notification without a result")
    return Notified(wire.note(params, "subscription"), params["result"])


def _refused(message: wire.Object, error: wire.Json) -> Refused:
    """Some nodes hide the cause in `data`; it is told with the message."""
    if not isinstance(error, dict):
        return Refused(_id(message), 0, str(error)[:_MESSAGE_MAX])
    code = wire.note(error, "code")
    said = wire.note(error, "message") or "no message"
    more = error.get("data")
    if more is not None and not isinstance(more, bool):
        said += f" ({more if isinstance(more, str) else wire.compact(more).decode()})"
    return Refused(_id(message), _number(code), said[:_MESSAGE_MAX])


def _id(message: wire.Object) -> int:
    return _number(wire.note(message, "id"), default=-1)


def _number(written: str, default: int = 0) -> int:
    return int(written) if _NUMBER.fullmatch(written) else default
