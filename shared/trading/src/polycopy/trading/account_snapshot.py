"""An account as bytes and back, exactly: what a snapshot keeps of it.

It is made of pieces. An account that remembers ten thousand orders is 15 MB, and whoever writes it
down has other things to do in between.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from sys import intern
from types import GenericAlias
from typing import Any, get_args

import msgspec
from immutables import Map

from polycopy.schemas.ids import OrderId, TokenId, VenueOrderId
from polycopy.trading.account_state import Account
from polycopy.trading.lots import Lot, Position
from polycopy.trading.order_state import Order

_ENTRIES_A_PIECE = 200
"""About a millisecond's work."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Entries of those maps of an account that may grow long."""

    orders: dict[OrderId, Order] = {}
    lots: dict[OrderId, Lot] = {}
    positions: dict[TokenId, Position] = {}
    venue_ids: dict[VenueOrderId, OrderId] = {}
    refused_ids: dict[OrderId, int] = {}
    external_ids: dict[VenueOrderId, int] = {}


def encode(account: Account) -> Iterator[bytes]:
    """The pieces, each made when it is asked for. Raises OverflowError for a sum beyond 64 bits."""
    rest: dict[str, object] = dict.fromkeys(_LONG, Map())
    yield _ENCODER.encode(msgspec.structs.replace(account, **rest))
    for name in _LONG:
        entries = iter(getattr(account, name).items())
        while some := dict(islice(entries, _ENTRIES_A_PIECE)):
            yield _ENCODER.encode(_Part(**{name: some}))


def decode(pieces: Iterable[bytes]) -> Account:
    """The account of which these are the pieces. Raises ValueError where they are none."""
    rest = iter(pieces)
    account = _ACCOUNT.decode(next(rest, b""))
    maps: dict[str, dict[object, object]] = {name: {} for name in _LONG}
    for part in map(_PART.decode, rest):
        for name, entries in maps.items():
            for key, value in getattr(part, name).items():
                entries[_shared(key)] = _shared(value)
    whole: dict[str, object] = {name: Map(entries) for name, entries in maps.items()}
    return msgspec.structs.replace(account, **whole)


def _shared(value: Any) -> Any:
    """The value with one text for all that are equal, as the fold has it: ids are the larger part
    of an account, and each stands in several places. A struct is changed in place: it is new."""
    if type(value) is str:
        return intern(value)
    if type(value) is tuple:
        return tuple([_shared(one) for one in value])
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if type(inner) is str or (type(inner) is tuple and inner):
                msgspec.structs.force_setattr(value, name, _shared(inner))
    return value


def _to_map(kind: type, entries: object) -> object:
    """msgspec knows no Map: it gives what it read instead, and the type that it should be."""
    typed = msgspec.convert(entries, GenericAlias(dict, get_args(kind)), dec_hook=_to_map)
    return Map({_shared(one): known for one, known in typed.items()})


_LONG = _Part.__struct_fields__
_ENCODER = msgspec.msgpack.Encoder(enc_hook=dict)  # Of a Map; all else it knows.
_ACCOUNT = msgspec.msgpack.Decoder(Account, dec_hook=_to_map)
_PART = msgspec.msgpack.Decoder(_Part, dec_hook=_to_map)
