"""`GET /v2/resolutions?condition_id=` of the Data API: how markets ended.

Payouts are whole numbers of a millionth pUSD a share, in the order of the market's outcomes.
Source: the parser of the venue's own client (polymarket-client 0.14, `models/data/resolutions`).
"""

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.data_page import DataPage, read_page
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId
from polycopy.schemas.money import MICROS

CONDITIONS_MAX = 20
"""So many markets one request may name."""
_RESOLVED = "resolved"


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """`payouts_micros` is empty where the market is not resolved, or nobody says what it pays."""

    condition_id: ConditionId
    status: str
    payouts_micros: tuple[int, ...] = ()
    resolved_at_ms: int = 0


def parse_resolutions(body: bytes) -> DataPage[Resolution] | Unreadable:
    return read_page(body, _resolution)


def _resolution(source: wire.Object) -> Resolution:
    status = wire.text(source, "status").lower()
    payouts: tuple[int, ...] = ()
    if status == _RESOLVED:
        payouts = _payouts(source.get("payouts"))
    return Resolution(
        condition_id=wire.condition_id(source, "condition_id"),
        status=status,
        payouts_micros=payouts,
        resolved_at_ms=wire.time_note_ms(source, "resolved_at", "last_update_timestamp"),
    )


def _payouts(listed: wire.Json) -> tuple[int, ...]:
    """What shares of all outcomes pay together is one pUSD, whatever each of them pays."""
    each_of = wire.a_list(listed, "payouts")
    payouts = [wire.whole({"a payout": each}, "a payout") for each in each_of]
    if payouts and sum(payouts) != MICROS:
        raise wire.MisfitError(f"payouts add up to {sum(payouts)} micros")
    return tuple(payouts)
