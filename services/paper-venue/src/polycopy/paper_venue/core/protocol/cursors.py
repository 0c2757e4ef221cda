"""Opaque cursors: signed, and typed by the endpoint that made them."""

import base64
import binascii

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.protocol.parameters import BadParameterError

_CHARACTERS_MAX = 2000
_SIGNATURE = 12
_DECODER = msgspec.json.Decoder(list[int | str])


def written(kind: str, *values: int | str) -> str:
    raw = msgspec.json.encode([_signature(kind, values), *values])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(kind: str, cursor: str) -> list[int | str]:
    """The values. BadParameterError: of another endpoint, changed, or no cursor at all."""
    refused = BadParameterError("cursor", "invalid cursor")
    if len(cursor) > _CHARACTERS_MAX or not cursor.isascii():
        raise refused
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        signature, *values = _DECODER.decode(raw)
    except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise refused from error
    if signature != _signature(kind, tuple(values)):
        raise refused
    return values


def _signature(kind: str, values: tuple[int | str, ...]) -> str:
    return identity.digest("cursor", kind, *(f"{type(each).__name__}:{each}" for each in values))[
        :_SIGNATURE
    ]
