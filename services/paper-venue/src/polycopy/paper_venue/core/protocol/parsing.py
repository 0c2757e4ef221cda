"""JSON that strangers send."""

from typing import TypeVar

import msgspec

Shape = TypeVar("Shape")


def parsed(raw: bytes | str, shape: type[Shape]) -> Shape | None:
    """The document in that shape; None where it is no such thing, nested without end included."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, RecursionError):
        return None
