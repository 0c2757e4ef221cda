"""How far the Data API is behind the chain: `GET /v2/status`."""

from polycopy.polymarket import wire
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.money import MICROS

_OK = 200


def read_lag_ms(status: int, body: bytes) -> int | Unreadable:
    """The age of the oldest block that is not served yet, by the venue's own word. Never raises."""
    if status != _OK:
        return wire.unreadable(wire.MisfitError(f"status {status}"), body)
    try:
        envelope = wire.an_object(wire.document(body))
        told = wire.an_object(envelope.get("data"), "data")
        serving = wire.an_object(told.get("serving"), "serving")
        return wire.amount(serving, "lag_seconds") * 1000 // MICROS
    except wire.MisfitError as error:
        return wire.unreadable(error, body)
