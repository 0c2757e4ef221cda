"""JSON from a stranger, read so that nothing is lost and nothing raises outside this library.

Numbers stay the text that was sent: no float exists between the wire and micros. The venue writes
the same number as `0.5` in one answer and as `"0.5"` in the next, so both read alike.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import msgspec

from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, VenueOrderId, Wallet
from polycopy.schemas.money import Rounding, Side, micros

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[0-9]{1,15}(?:\.[0-9]+)?")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_HEX = re.compile(r"0x[0-9a-f]{1,80}")
_DIGITS = re.compile(r"[0-9]{1,78}")
_UINT256 = 1 << 256
_SECONDS_BELOW = (
    10**11
)  # Epoch seconds stay below this until the year 5138, milliseconds are above.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_MAX = 1_000
_REASON_MAX = 200


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """What was received, and why it says nothing that we can use."""

    reason: str
    raw: bytes


class NumberText(str):
    """A JSON number as it was written; a JSON string is a plain `str`."""

    __slots__ = ()


class MisfitError(Exception):
    """A value is not what it should be. Caught inside this library and turned into Unreadable."""


Json = None | bool | str | Sequence["Json"] | Mapping[str, "Json"]
Object = Mapping[str, Json]


def unreadable(error: Exception, raw: str | bytes) -> Unreadable:
    """The refusal of `raw` because of `error`."""
    kept = raw.encode(errors="replace") if isinstance(raw, str) else raw
    return Unreadable(reason=str(error)[:_REASON_MAX], raw=kept)


def document(raw: str | bytes) -> Json:
    """The JSON document, numbers as NumberText. Raises MisfitError."""
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        parsed: Json = _DECODER.decode(text)
    except ValueError as error:  # Covers JSONDecodeError and UnicodeDecodeError.
        raise MisfitError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise MisfitError("nested too deeply") from error
    return parsed


def compact(value: Json) -> bytes:
    """A part of a document as bytes again, to be kept beside the reason why it was refused."""
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except RecursionError:
        return b""


def an_object(value: Json, what: str = "the document") -> Object:
    if not isinstance(value, dict):
        raise MisfitError(f"{what} is no object")
    return value


def a_list(value: Json, what: str = "the document") -> Sequence[Json]:
    """A list; null counts as an empty one, as the venue means it."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise MisfitError(f"{what} is no list")
    return value


def text(source: Object, *names: str, default: str | None = None) -> str:
    """The first of the named fields that is there, as text; without a default one must be."""
    for name in names:
        value = source.get(name)
        if isinstance(value, str):
            if len(value) <= _TEXT_MAX and value.isascii():
                return str(value)  # Plain, where it was a number.
            # A lone surrogate is legal JSON and cannot be written as UTF-8.
            return value[:_TEXT_MAX].encode(errors="replace").decode()
        if value is not None:
            raise MisfitError(f"{name} is no text")
    if default is None:
        raise MisfitError(f"no {names[0]}")
    return default


def note(source: Object, *names: str) -> str:
    """A text that nothing depends on: whatever else is there reads as empty."""
    try:
        return text(source, *names, default="")
    except MisfitError:
        return ""


def flag(source: Object, name: str) -> bool:
    """A boolean; absent and null are false, as the venue means it."""
    value = source.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise MisfitError(f"{name} is no boolean")
    return value


def amount(
    source: Object,
    *names: str,
    default: int | None = None,
    rounding: Rounding = Rounding.HALF_EVEN,
) -> int:
    """A decimal number of at least 0 in micros. Empty text and null read as the default."""
    written = text(source, *names, default="")
    if not written:
        if default is None:
            raise MisfitError(f"no {names[0]}")
        return default
    if not _NUMBER.fullmatch(written):
        raise MisfitError(f"{names[0]} is no number: {written[:40]!r}")
    try:
        value = micros(written, rounding)
    except ValueError as error:
        raise MisfitError(f"{names[0]}: {error}") from error
    if value < 0:
        raise MisfitError(f"{names[0]} is negative")
    return value


def amount_if_told(source: Object, name: str) -> int | None:
    """As `amount`; None for an empty text, null, or nothing at all. What is not told is not 0."""
    return amount(source, name) if text(source, name, default="") else None


def price(source: Object, *names: str) -> int:
    """A price between 0 and 1, in micros."""
    value = amount(source, *names)
    if value > 1_000_000:  # noqa: PLR2004 - one pUSD: no share can be worth more
        raise MisfitError(f"{names[0]} is above 1")
    return value


def above_0(read: int, name: str) -> int:
    """What was read, which must not be 0."""
    if not read:
        raise MisfitError(f"{name} is 0")
    return read


def whole(source: Object, name: str, default: int | None = None) -> int:
    """An integer that fits a uint256."""
    written = text(source, name, default="" if default is not None else None)
    if not written and default is not None:
        return default
    return _uint256(written, name)


def time_ms(source: Object, *names: str, default: int | None = None) -> int:
    """Epoch seconds, epoch milliseconds or ISO 8601, as epoch milliseconds."""
    written = text(source, *names, default="")
    if not written and default is not None:
        return default
    if _WHOLE.fullmatch(written):
        value = int(written.partition(".")[0])
        return value * 1000 if value < _SECONDS_BELOW else value
    return _iso_ms(written, names[0])


def time_note_ms(source: Object, *names: str) -> int:
    """A time that nothing depends on: 0 where it is missing or unreadable."""
    try:
        return time_ms(source, *names, default=0)
    except MisfitError:
        return 0


def side(source: Object, name: str = "side") -> Side:
    written = text(source, name)
    try:
        return Side(written.upper())
    except ValueError as error:
        raise MisfitError(f"{name} is neither BUY nor SELL: {written[:40]!r}") from error


def wallet(source: Object, *names: str) -> Wallet:
    """An address in lower case."""
    return Wallet(_shaped(source, names, _ADDRESS, "address"))


def address(source: Object, *names: str) -> str:
    """An address, in the case in which it was written."""
    written = text(source, *names)
    if not _ADDRESS.fullmatch(written.lower()):
        raise MisfitError(f"{names[0]} is no address: {written[:90]!r}")
    return written


def bytes32(source: Object, name: str) -> str:
    """`0x` and 64 hex digits."""
    return _shaped(source, (name,), _HASH, "32 bytes")


def token_id(source: Object, *names: str) -> TokenId:
    """A uint256 in decimal, without leading zeros: one token has one id."""
    return TokenId(str(_uint256(text(source, *names), names[0])))


def condition_id(source: Object, *names: str) -> ConditionId:
    """Lower-case hex. Combos have 62 digits where others have 64."""
    return ConditionId(_shaped(source, names, _HEX, "condition id"))


def venue_order_id(source: Object, *names: str) -> VenueOrderId:
    """In lower case, whatever its form."""
    written = text(source, *names).lower()
    if not written:
        raise MisfitError(f"no {names[0]}")
    return VenueOrderId(written)


def transaction_hash(source: Object, *names: str) -> TransactionHash:
    """Lower-case `0x` and 64 hex digits."""
    if not text(source, *names, default=""):
        raise MisfitError("no transaction hash")
    return TransactionHash(_shaped(source, names, _HASH, "transaction hash"))


def _shaped(source: Object, names: tuple[str, ...], shape: re.Pattern[str], what: str) -> str:
    written = text(source, *names).lower()
    if not shape.fullmatch(written):
        raise MisfitError(f"{names[0]} is no {what}: {written[:90]!r}")
    return written


def _uint256(written: str, name: str) -> int:
    if _DIGITS.fullmatch(written):
        value = int(written)
        if value < _UINT256:
            return value
    raise MisfitError(f"{name} is no uint256: {written[:90]!r}")


def _iso_ms(written: str, name: str) -> int:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise MisfitError(f"{name} is no time: {written[:40]!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    value = (moment - _EPOCH) // timedelta(milliseconds=1)
    if value < 0:
        raise MisfitError(f"{name} is no time of ours: {written[:40]!r}")
    return value


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


# Made once: `json.loads` with hooks makes one for every document.
_DECODER = json.JSONDecoder(
    parse_float=NumberText, parse_int=NumberText, parse_constant=_no_constant
)
