"""A ledger as bytes and back, exactly, but for its `ends`: they are the venue's word to this
process and no fold of the log, and it is asked for them anew."""

from collections.abc import Iterable, Iterator
from sys import intern

import msgspec
from immutables import Map

from polycopy.schemas.ids import EventId, OrderId, TokenId
from polycopy.status_sync.core.ledger import Ledger
from polycopy.trading import account_snapshot
from polycopy.trading.order_state import FillKey


class _Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot of the ledger holds beside the account."""

    sequence: int
    event_id: EventId
    causes: dict[OrderId, tuple[str, str]]
    unsettled: tuple[tuple[FillKey, int], ...]
    examined: tuple[EventId, ...]
    gone: tuple[OrderId, ...]
    resends: dict[int, int]
    matched_at_ms: int
    touched: dict[TokenId, int]
    touched_at_ms: int


def encode(ledger: Ledger) -> Iterator[bytes]:
    """The ledger as bytes, in pieces (`account_snapshot`)."""
    yield msgspec.msgpack.encode(
        _Beside(
            sequence=ledger.sequence,
            event_id=ledger.event_id,
            causes=dict(ledger.causes),
            unsettled=tuple(ledger.unsettled.items()),
            examined=tuple(ledger.examined),
            gone=tuple(ledger.gone),
            resends=dict(ledger.resends),
            matched_at_ms=ledger.matched_at_ms,
            touched=dict(ledger.touched),
            touched_at_ms=ledger.touched_at_ms,
        )
    )
    yield from account_snapshot.encode(ledger.account)


def decode(pieces: Iterable[bytes]) -> Ledger:
    """The ledger of which these are the pieces. Raises ValueError where they are none."""
    rest = iter(pieces)
    beside = msgspec.msgpack.decode(next(rest, b""), type=_Beside)
    causes = {
        OrderId(intern(order_id)): (intern(cause), intern(correlation))
        for order_id, (cause, correlation) in beside.causes.items()
    }
    return Ledger(
        account=account_snapshot.decode(rest),
        sequence=beside.sequence,
        event_id=beside.event_id,
        causes=Map(causes),
        unsettled=Map(beside.unsettled),
        examined=Map(dict.fromkeys(beside.examined)),
        gone=Map(dict.fromkeys(beside.gone)),
        resends=Map(beside.resends),
        matched_at_ms=beside.matched_at_ms,
        touched=Map(beside.touched),
        touched_at_ms=beside.touched_at_ms,
    )
