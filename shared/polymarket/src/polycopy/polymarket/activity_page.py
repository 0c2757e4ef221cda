"""A page of `activity` as the Data API answers, either version. Nothing here raises.

Combos (baskets of several markets, condition ids of 62 digits) are no market that can be copied:
their rows are counted and left out, as are rows of types that nobody asked for.
"""

from collections.abc import Sequence

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.activity_query import TRADE, TYPES, Version
from polycopy.polymarket.leader_rows import ActivityRow, LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.trades import ActivityKind

_OK = 200
_COMBO_LENGTH = len("0x") + 62
Row = LeaderRow | ActivityRow


class ActivityPage(msgspec.Struct, frozen=True, kw_only=True):
    """`count` rows came, of which `skipped` are not ours to tell. `last_s` is the time of the last
    row that has one (the oldest, as they come newest first), `newest_s` the largest; -1 where none
    has one. `next_cursor` is empty at the end, and in version 1, which tells of no end."""

    rows: tuple[Row | Unreadable, ...]
    count: int
    skipped: int = 0
    last_s: int = -1
    newest_s: int = -1
    next_cursor: str = ""


class _Names(msgspec.Struct, frozen=True, kw_only=True):
    wallet: str
    token: str
    condition: str
    transaction: str
    usdc: str
    combo: str


_NAMES = {
    Version.V2: _Names(
        wallet="proxy_wallet",
        token="token_id",  # noqa: S106 - a name of the venue's
        condition="condition_id",
        transaction="transaction_hash",
        usdc="usdc_size",
        combo="is_combo",
    ),
    Version.V1: _Names(
        wallet="proxyWallet",
        token="asset",  # noqa: S106 - a name of the venue's
        condition="conditionId",
        transaction="transactionHash",
        usdc="usdcSize",
        combo="isCombo",
    ),
}


def read_page(
    version: Version, status: int, body: bytes, wallet: Wallet
) -> ActivityPage | Unreadable:
    """`wallet` in lower case: whose rows were asked for. A row that cannot be read, or is of
    another wallet, stands as Unreadable beside those that can."""
    if status != _OK:
        return _refused(status, body)
    try:
        document = wire.document(body)
        if version is Version.V1:
            return _page(version, _listed(document), wallet, "")
        envelope = wire.an_object(document)
        return _page(version, _listed(envelope.get("data")), wallet, _next_cursor(envelope))
    except wire.MisfitError as error:
        return wire.unreadable(error, body)


def _listed(value: wire.Json) -> Sequence[wire.Json]:
    """Nothing at all is no empty list: rows may be missing."""
    return wire.a_list("" if value is None else value, "what holds the rows")


def _refused(status: int, body: bytes) -> Unreadable:
    try:
        words = wire.note(wire.an_object(wire.document(body)), "error")
    except wire.MisfitError:
        words = ""
    said = f"status {status}: {words}" if words else f"status {status}"
    return wire.unreadable(wire.MisfitError(said), body)


def _next_cursor(envelope: wire.Object) -> str:
    """Without a word about the next page nobody knows whether this is all: that is a misfit."""
    pagination = wire.an_object(envelope.get("pagination"), "pagination")
    if not isinstance(pagination.get("has_more"), bool):
        raise wire.MisfitError("has_more is no boolean")
    if not wire.flag(pagination, "has_more"):
        return ""
    cursor = wire.text(pagination, "next_cursor", default="")
    if not cursor:
        raise wire.MisfitError("more rows, and no cursor to them")
    return cursor


def _page(
    version: Version, listed: Sequence[wire.Json], wallet: Wallet, next_cursor: str
) -> ActivityPage:
    names, rows, times_s, skipped = _NAMES[version], list[Row | Unreadable](), list[int](), 0
    for value in listed:
        try:
            source = wire.an_object(value, "a row")
            if time_ms := wire.time_note_ms(source, "timestamp"):
                times_s.append(time_ms // 1000)
            row = _row(version, names, source, wallet)
        except wire.MisfitError as error:
            rows.append(wire.unreadable(error, wire.compact(value)))
            continue
        if row is None:
            skipped += 1
        else:
            rows.append(row)
    return ActivityPage(
        rows=tuple(rows),
        count=len(listed),
        skipped=skipped,
        last_s=times_s[-1] if times_s else -1,
        newest_s=max(times_s, default=-1),
        next_cursor=next_cursor,
    )


def _row(version: Version, names: _Names, source: wire.Object, wallet: Wallet) -> Row | None:
    kind = wire.text(source, "type").upper()
    if kind not in TYPES or _is_combo(names, source):
        return None
    if wire.wallet(source, names.wallet) != wallet:
        raise wire.MisfitError("a row of another wallet")
    if kind == TRADE:
        return _trade(version, names, source, wallet)
    return _activity(version, names, source, ActivityKind(kind))


def _is_combo(names: _Names, source: wire.Object) -> bool:
    condition = source.get(names.condition)
    by_length = isinstance(condition, str) and len(condition) == _COMBO_LENGTH
    return by_length or wire.flag(source, names.combo)


def _trade(version: Version, names: _Names, source: wire.Object, wallet: Wallet) -> LeaderRow:
    return LeaderRow(
        kind=version.value,
        transaction_hash=wire.transaction_hash(source, names.transaction),
        wallet=wallet,
        token_id=wire.token_id(source, names.token),
        condition_id=wire.condition_id(source, names.condition),
        side=wire.side(source),
        size_micros=wire.above_0(wire.amount(source, "size"), "size"),
        price_micros=wire.price(source, "price"),
        traded_at_ms=wire.time_ms(source, "timestamp"),
        notional_micros=_notional_micros(names, source),
        outcome=wire.note(source, "outcome"),
        slug=wire.note(source, "slug"),
        title=wire.note(source, "title"),
    )


def _notional_micros(names: _Names, source: wire.Object) -> int:
    """The pUSD of the fill, without the fee: what size times price is before it is rounded.
    -1 where it is not told, or is 0, which no fill is."""
    return wire.amount_if_told(source, names.usdc) or -1


def _activity(
    version: Version, names: _Names, source: wire.Object, kind: ActivityKind
) -> ActivityRow:
    """The official client reads no `size` of these: where there is none the pUSD stand for it,
    which is exact for whatever pays one dollar a share."""
    notional_micros = wire.amount(source, names.usdc, default=0)
    size_micros = wire.amount(source, "size", default=notional_micros)
    has_token = wire.text(source, names.token, default="") != ""
    return ActivityRow(
        source_kind=version.value,
        kind=kind,
        transaction_hash=wire.transaction_hash(source, names.transaction),
        wallet=wire.wallet(source, names.wallet),
        condition_id=wire.condition_id(source, names.condition),
        size_micros=wire.above_0(size_micros, "size"),
        notional_micros=notional_micros,
        happened_at_ms=wire.time_ms(source, "timestamp"),
        token_id=wire.token_id(source, names.token) if has_token else TokenId(""),
        slug=wire.note(source, "slug"),
        title=wire.note(source, "title"),
    )
