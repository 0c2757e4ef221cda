"""What a trader's positions and trades amount to. Pure; the order of the rows does not matter.

An ended position is one that is gone, or is held in a market that is over. It won where it brought
more than it cost; what a void market pays is counted like any other money, so a void may win, lose,
or do neither. Gains are without fees, as the venue counts them. A trade is a group (transaction,
token, side), however many fills it had.

Niches split the whole twice: by category and by price. A position's price is its average entry, a
trade's its own. So the niches of either kind add up to the whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

import msgspec

from polycopy.polymarket.positions_page import PositionRow, TradeRow
from polycopy.schemas.event import encode
from polycopy.schemas.ids import ConditionId, TokenId, Wallet, derive
from polycopy.schemas.money import MICROS
from polycopy.schemas.traders import Niche, Record, TraderMeasured

RECENT_MS = 30 * 86_400_000
UNKNOWN = "unknown"
"""The category of a market of which none is known."""
LOW, MID, HIGH = "low", "mid", "high"
_LOW_BELOW_MICROS = 300_000
_HIGH_ABOVE_MICROS = 700_000
_CATEGORIES_MAX = 100
_NOTHING = Record()


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a trader. `whole`: nothing was left out, and all could be read."""

    positions: tuple[PositionRow, ...]
    trades: tuple[TradeRow, ...]
    source: str
    whole: bool


class _Deed(msgspec.Struct, frozen=True, kw_only=True):
    """An ended position or a trade, as a record of one."""

    record: Record
    category: str
    price_micros: int
    at_ms: int


def trader_record(
    wallet: Wallet,
    rows: Rows,
    *,
    categories: Mapping[ConditionId, str],
    resolved_at_ms: Mapping[ConditionId, int],
    now_ms: int,
) -> TraderMeasured:
    """`resolved_at_ms`: when the markets ended in which something is held to the end. Of one that
    is missing there, the last trade or the planned day stands for it, whichever is later."""
    deeds = (
        *_ended(rows.positions, categories, resolved_at_ms, now_ms),
        *_traded(rows, categories),
    )
    since_ms = now_ms - RECENT_MS
    return TraderMeasured(
        wallet=wallet,
        lifetime=_sum(deeds),
        recent=_sum(deed for deed in deeds if deed.at_ms >= since_ms),
        niches=(
            *_niches(deeds, since_ms, _by_category(deeds), "category"),
            *_niches(deeds, since_ms, _bracket, "price_bracket"),
        ),
        source=rows.source,
        read_at_ms=now_ms,
        whole=rows.whole,
        name=_name(rows),
    )


def changed(before: TraderMeasured | None, after: TraderMeasured) -> bool:
    """Whether anything is new but who said it and when."""
    return before is None or content(before) != content(after)


def content(event: TraderMeasured) -> str:
    """32 hex digits of what is said; the same whoever said it, whenever."""
    said = msgspec.structs.replace(event, source="", read_at_ms=0)
    return derive("trader", encode(said).decode())


def held_to_the_end(positions: Iterable[PositionRow]) -> list[ConditionId]:
    """The markets whose end has to be known: what is held there says nothing of when it ended."""
    return sorted({row.condition_id for row in positions if row.held and row.over})


def _ended(
    positions: Iterable[PositionRow],
    categories: Mapping[ConditionId, str],
    resolved_at_ms: Mapping[ConditionId, int],
    now_ms: int,
) -> Iterator[_Deed]:
    for row in _once(positions):
        at_ms = row.last_event_ms
        if row.held or not at_ms:
            planned_ms = max(at_ms, min(row.ends_at_ms, now_ms))
            at_ms = resolved_at_ms.get(row.condition_id) or planned_ms
        record = Record(
            resolved=1,
            won=int(row.gain_micros > 0),
            cost_micros=row.cost_micros,
            returned_micros=row.cost_micros + row.gain_micros,
            entry_price_sum_micros=row.entry_price_micros,
        )
        category = categories.get(row.condition_id) or UNKNOWN
        yield _Deed(
            record=record, category=category, price_micros=row.entry_price_micros, at_ms=at_ms
        )


def _once(positions: Iterable[PositionRow]) -> Iterator[PositionRow]:
    """Each token's row that is over, the one that is gone before one that is held: a page can move
    while it is read, and give a row again. Without a share ever bought there is nothing to judge.
    """
    best: dict[TokenId, PositionRow] = {}
    over = [row for row in positions if row.over and row.bought_micros]
    for row in sorted(over, key=lambda row: (row.held, -row.last_event_ms, encoded(row))):
        best.setdefault(row.token_id, row)
    return iter(best.values())


def encoded(row: PositionRow) -> bytes:
    """For an order of rows that nothing else tells apart."""
    return msgspec.json.encode(row)


def _traded(rows: Rows, categories: Mapping[ConditionId, str]) -> Iterator[_Deed]:
    groups: dict[tuple[str, str, str], list[TradeRow]] = {}
    for row in rows.trades:
        groups.setdefault((row.transaction_hash, row.token_id, row.side), []).append(row)
    for fills in groups.values():
        size = sum(row.size_micros for row in fills)
        notional = sum(row.notional_micros for row in fills)
        yield _Deed(
            record=Record(trades=1, traded_micros=notional),
            category=categories.get(min(row.condition_id for row in fills)) or UNKNOWN,
            price_micros=notional * MICROS // size if size else 0,
            at_ms=max(row.traded_at_ms for row in fills),
        )


def _niches(
    deeds: tuple[_Deed, ...], since_ms: int, key: Callable[[_Deed], str], name: str
) -> Iterator[Niche]:
    groups: dict[str, list[_Deed]] = {}
    for deed in deeds:
        groups.setdefault(key(deed), []).append(deed)
    for value, group in sorted(groups.items()):
        recent = _sum(deed for deed in group if deed.at_ms >= since_ms)
        whole = Niche(lifetime=_sum(group), recent=recent)
        yield msgspec.structs.replace(whole, **{name: value})


def _by_category(deeds: tuple[_Deed, ...]) -> Callable[[_Deed], str]:
    """No more than an event can hold: of more the first by name, the others together."""
    known = frozenset(sorted({deed.category for deed in deeds} - {UNKNOWN})[:_CATEGORIES_MAX])
    return lambda deed: deed.category if deed.category in known else UNKNOWN


def _bracket(deed: _Deed) -> str:
    if deed.price_micros < _LOW_BELOW_MICROS:
        return LOW
    return HIGH if deed.price_micros > _HIGH_ABOVE_MICROS else MID


def _sum(deeds: Iterable[_Deed]) -> Record:
    records = [deed.record for deed in deeds] or [_NOTHING]
    return Record(
        **{
            field: sum(getattr(record, field) for record in records)
            for field in Record.__struct_fields__
        }
    )


def _name(rows: Rows) -> str:
    """The one that was shown last."""
    named = chain(
        ((row.traded_at_ms, row.name) for row in rows.trades if row.name),
        ((row.last_event_ms, row.name) for row in rows.positions if row.name),
    )
    return max(named, default=(0, ""))[1]
