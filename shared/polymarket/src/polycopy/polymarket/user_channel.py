"""The socket that tells about our own orders and trades. Nothing is replayed after a reconnect.

Orders and trades come in any order: a cancellation can precede the last trade.
"""

from collections.abc import Callable

import msgspec

from polycopy.polymarket import reports, wire
from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.polymarket.wire import Unreadable

PING = "PING"
PING_EVERY_S = 10
_READERS: dict[str, Callable[[wire.Object], OrderReport | TradeReport]] = {
    "order": reports.order_report,
    "trade": reports.trade_report,
}


def subscribe_message(credentials: ApiCredentials) -> str:
    """Subscribes to all markets. Holds the secret: never log it."""
    auth = {
        "apiKey": credentials.api_key,
        "secret": credentials.secret,
        "passphrase": credentials.passphrase,
    }
    return msgspec.json.encode({"type": "user", "auth": auth}).decode()


def feed(raw: str | bytes) -> list[OrderReport | TradeReport | Unreadable]:
    """What a frame says, an object or a list of them. Never raises; PONG and empty frames say
    nothing."""
    if not raw.strip() or raw in ("PONG", b"PONG"):
        return []
    try:
        parsed = wire.document(raw)
        messages = [parsed] if isinstance(parsed, dict) else wire.a_list(parsed)
    except wire.MisfitError as error:
        return [wire.unreadable(error, raw)]
    return [_message(message) for message in messages]


def _message(message: wire.Json) -> OrderReport | TradeReport | Unreadable:
    try:
        source = wire.an_object(message, "the message")
        said = wire.text(source, "event_type", default=_by_shape(source))
        if said not in _READERS:
            return Unreadable(
                reason=f"neither order nor trade: {said!r}", raw=wire.compact(message)
            )
        return _READERS[said](source)
    except wire.MisfitError as error:
        return wire.unreadable(error, wire.compact(message))


def _by_shape(source: wire.Object) -> str:
    return "trade" if "taker_order_id" in source else "order"
