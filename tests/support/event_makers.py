"""Makes an example of any event type: full (every field set) or minimal (only what is required)."""

from enum import Enum
from typing import Any, get_args

import msgspec
from msgspec import inspect

from polycopy.schemas.event import Event

_HEX = {
    "wallet": "0x" + "ab" * 20,
    "targets": "0x" + "ab" * 20,
    "transaction_hash": "0x" + "c1" * 32,
    "condition_id": "0x" + "d2" * 32,
    "venue_order_id": "0x" + "e3" * 32,
    "venue_trade_id": "0f0e0d0c-1111-4222-8333-444455556666",
    "token_id": "71321045679252212594626385532706912750332728571942532289631379312455583992563",
    "order_id": "0a" * 16,
    "signal_id": "0b" * 16,
    "trade_id": "0c" * 16,
    "log_id": "0d" * 16,
    "strategy_version": "0e" * 16,
    "request_body": '{"order":{}}',
}
_NUMBERS = {"price": 520_000, "vwap": 520_000, "worst": 530_000, "limit_price": 540_000}
_TIME_MS = 1_795_327_986_814


def make(kind: type[Event], *, full: bool) -> Event:
    """An event of `kind` with the same values at every call."""
    event: Event = _struct(kind, full=full)
    return event


def _struct(kind: Any, *, full: bool) -> Any:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    chosen = {
        field.name: _value(field.name, field.type, full=full)
        for field in info.fields
        if full or field.required
    }
    plain = msgspec.to_builtins(chosen)
    return msgspec.convert(list(plain.values()) if info.array_like else plain, type=kind)


def _value(name: str, kind: inspect.Type, *, full: bool) -> Any:
    match kind:
        case inspect.StrType():
            return text_of(name)
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return _number(name)
        case inspect.EnumType():
            return _member(kind.cls)
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.StructType():
            return msgspec.to_builtins(_struct(kind.cls, full=full))
        case inspect.VarTupleType():
            return [_value(name, kind.item_type, full=full)]
        case inspect.UnionType():
            return _value(name, kind.types[0], full=full)
        case _:
            raise AssertionError(f"no example for {kind}")


def text_of(name: str) -> str:
    """What every example has in a text field of this name."""
    return _HEX.get(name, name.replace("_", "-"))


def _number(name: str) -> int:
    if name.endswith("at_ms"):
        return _TIME_MS
    for start, value in _NUMBERS.items():
        if name.startswith(start):
            return value
    return 1 + sum(name.encode()) * 1000


def _member(kind: type[Enum]) -> Any:
    return next(iter(kind)).value


def members(union: Any) -> tuple[Any, ...]:
    """The types of a union such as OrderEvent."""
    return get_args(union)
