"""Which logs a caller wants: address and topics, as nodes read and compare them.

Source of rules and texts: Bor (Polygon's node) `eth/filters/api.go`.
"""

from collections.abc import Mapping

import msgspec

from polycopy.paper_venue.core.chain.abi import Emitted
from polycopy.paper_venue.core.chain.errors import SERVER_ERROR, RpcError, invalid

EARLIEST, LATEST, PENDING, SAFE, FINALIZED = "earliest", "latest", "pending", "safe", "finalized"
_TAGS = (EARLIEST, LATEST, PENDING, SAFE, FINALIZED)
_POSITIONS_MAX = 4
_CHOICES_MAX = 1000
_ADDRESS_BYTES, _HASH_BYTES = 20, 32
_NUMBER_MAX = (1 << 63) - 1


class Filter(msgspec.Struct, frozen=True):
    """No addresses: any. A position without topics: any topic, but one must be there."""

    addresses: frozenset[str]
    topics: tuple[frozenset[str], ...]

    def wants(self, log: Emitted) -> bool:
        if self.addresses and log.address not in self.addresses:
            return False
        if len(self.topics) > len(log.topics):
            return False
        pairs = zip(self.topics, log.topics, strict=False)
        return all(not wanted or topic in wanted for wanted, topic in pairs)


class Span(msgspec.Struct, frozen=True):
    """Which blocks, as the caller wrote it: one hash, or two numbers or tags."""

    block_hash: str | None
    first: int | str
    last: int | str


def filter_of(given: object, argument: int) -> Filter:
    """RpcError for anything that a node would not read."""
    asked = _object(given, argument)
    return Filter(
        _addresses(asked.get("address"), argument), _topics(asked.get("topics"), argument)
    )


def span_of(given: object, argument: int) -> Span:
    asked = _object(given, argument)
    block_hash, first, last = (asked.get(key) for key in ("blockHash", "fromBlock", "toBlock"))
    if block_hash is None:
        return Span(
            None,
            LATEST if first is None else block_number(first, argument),
            LATEST if last is None else block_number(last, argument),
        )
    if first is not None or last is not None:
        raise invalid(
            argument,
            "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other",
        )
    return Span(hash_of(block_hash, argument), LATEST, LATEST)


def block_number(given: object, argument: int) -> int | str:
    """A number in hex, or a tag."""
    if given in _TAGS:
        return str(given)
    if not isinstance(given, str) or not given.startswith("0x"):
        raise invalid(argument, "hex string without 0x prefix")
    digits = given[2:]
    if not digits:
        raise invalid(argument, 'hex string "0x"')
    if digits[0] == "0" and len(digits) > 1:
        raise invalid(argument, "hex number with leading zero digits")
    if not _is_hex(digits):
        raise invalid(argument, "invalid hex string")
    if len(digits) > _HASH_BYTES or int(digits, 16) > _NUMBER_MAX:
        raise invalid(argument, "block number larger than int64")
    return int(digits, 16)


def hash_of(given: object, argument: int) -> str:
    """32 bytes in lower-case hex."""
    return _bytes(given, _HASH_BYTES, "hash", argument)


def _object(given: object, argument: int) -> Mapping[str, object]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise invalid(argument, "json: cannot unmarshal into a filter")
    return given


def _addresses(given: object, argument: int) -> frozenset[str]:
    match given:
        case None:
            return frozenset()
        case str():
            return frozenset([_bytes(given, _ADDRESS_BYTES, "address", argument)])
        case list() if len(given) <= _CHOICES_MAX:
            return frozenset(_bytes(each, _ADDRESS_BYTES, "address", argument) for each in given)
        case list():
            raise RpcError(SERVER_ERROR, "exceed max addresses or topics per search position")
        case _:
            raise invalid(argument, "invalid addresses in query")


def _topics(given: object, argument: int) -> tuple[frozenset[str], ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise invalid(argument, "json: cannot unmarshal into the topics of a filter")
    if len(given) > _POSITIONS_MAX:
        raise invalid(argument, "exceed max topics")
    return tuple(_position(each, argument) for each in given)


def _position(given: object, argument: int) -> frozenset[str]:
    match given:
        case None:
            return frozenset()
        case str():
            return frozenset([_bytes(given, _HASH_BYTES, "topic", argument)])
        case list() if len(given) > _CHOICES_MAX:
            raise invalid(argument, "exceed max topics")
        case list() if None in given:
            return frozenset()
        case list():
            return frozenset(_bytes(each, _HASH_BYTES, "topic", argument) for each in given)
        case _:
            raise invalid(argument, "invalid topic(s)")


def _bytes(given: object, length: int, name: str, argument: int) -> str:
    if not isinstance(given, str):
        raise invalid(argument, f"non-string {name}")
    if not given.startswith(("0x", "0X")):
        raise invalid(argument, "hex string without 0x prefix")
    digits = given[2:].lower()
    if not _is_hex(digits):
        raise invalid(argument, "invalid hex string")
    if len(digits) != 2 * length:
        raise invalid(
            argument,
            f"hex has invalid length {len(digits) // 2} after decoding; "
            f"expected {length} for {name}",
        )
    return "0x" + digits


def _is_hex(digits: str) -> bool:
    return all(letter in "0123456789abcdefABCDEF" for letter in digits)
