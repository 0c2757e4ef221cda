"""The Data API's leaderboards, `/v2/leaderboard` and `/v1/leaderboard`: what is asked, what comes.

Version 2 goes on by cursor and counts volume in shares; version 1 by offset, in pUSD, with the rank
as a text. No route looks up a name for certain: `userName` of version 1 is a filter whose exactness
nobody documents, so whoever uses it compares the names himself.
"""

from collections.abc import Callable, Sequence

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.control import Pool, PoolOrder, PoolPeriod
from polycopy.schemas.money import Rounding, micros
from polycopy.schemas.traders import PoolMember

V2_PATH, V1_PATH = "/v2/leaderboard", "/v1/leaderboard"
V2_LIMIT_MAX = 1_000
V1_LIMIT_MAX = 50
V1_OFFSET_MAX = 1_000
_V2_ORDER = {PoolOrder.PNL: "PNL", PoolOrder.VOLUME: "VOLUME"}
_V1_ORDER = {PoolOrder.PNL: "PNL", PoolOrder.VOLUME: "VOL"}


class BoardPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order of the board. `next_cursor` is empty on the last page, and always in
    version 1, which has none."""

    rows: tuple[PoolMember, ...]
    unreadable: tuple[Unreadable, ...]
    next_cursor: str = ""


def query_v2(pool: Pool, *, limit: int, cursor: str = "") -> dict[str, str]:
    """A page of at most V2_LIMIT_MAX rows. A cursor holds the whole question."""
    question = {
        "time_period": pool.period.value,
        "category": pool.category.lower(),
        "sort_by": _V2_ORDER[pool.order],
        "limit": str(limit),
    }
    return question | ({"cursor": cursor} if cursor else {})


def query_v1(pool: Pool, *, limit: int, offset: int) -> dict[str, str]:
    """A page of at most V1_LIMIT_MAX rows."""
    return {
        "timePeriod": pool.period.value.upper(),
        "category": pool.category.upper(),
        "orderBy": _V1_ORDER[pool.order],
        "limit": str(limit),
        "offset": str(offset),
    }


def query_name(name: str) -> dict[str, str]:
    """Version 1, everybody since ever who has that name."""
    period = PoolPeriod.ALL.value.upper()
    return {"userName": name, "timePeriod": period, "limit": str(V1_LIMIT_MAX)}


def read_v2(body: bytes) -> BoardPage | Unreadable:
    """A page of version 2. Never raises; a row that cannot be read is beside those that can."""
    try:
        document = wire.an_object(wire.document(body))
        rows = wire.a_list(document.get("data"), "data")
        pagination = document.get("pagination")
        cursor = wire.note(pagination, "next_cursor") if isinstance(pagination, dict) else ""
    except wire.MisfitError as error:
        return wire.unreadable(error, body)
    return _page(rows, _row_v2, cursor)


def read_v1(body: bytes) -> BoardPage | Unreadable:
    """A page of version 1. Never raises."""
    try:
        rows = wire.a_list(wire.document(body))
    except wire.MisfitError as error:
        return wire.unreadable(error, body)
    return _page(rows, _row_v1, "")


def _page(
    rows: Sequence[wire.Json], row_of: Callable[[wire.Object, int], PoolMember], cursor: str
) -> BoardPage:
    read: list[PoolMember] = []
    unreadable: list[Unreadable] = []
    for place, row in enumerate(rows, start=1):
        try:
            read.append(row_of(wire.an_object(row, "the row"), place))
        except wire.MisfitError as error:
            unreadable.append(wire.unreadable(error, wire.compact(row)))
    return BoardPage(rows=tuple(read), unreadable=tuple(unreadable), next_cursor=cursor)


def _row_v2(row: wire.Object, place: int) -> PoolMember:
    return _member(row, place, wallet="user_id", name="user_name", volume="volume")


def _row_v1(row: wire.Object, place: int) -> PoolMember:
    return _member(row, place, wallet="proxyWallet", name="userName", volume="vol")


def _member(row: wire.Object, place: int, *, wallet: str, name: str, volume: str) -> PoolMember:
    """The wallet must be there; figures that nobody decides by read as 0."""
    return PoolMember(
        wallet=wire.wallet(row, wallet),
        rank=_rank(row) or place,
        pnl_micros=_figure(row, "pnl"),
        volume_micros=_figure(row, volume),
        name=wire.note(row, name),
    )


def _rank(row: wire.Object) -> int:
    try:
        rank = wire.whole(row, "rank", default=0)
    except wire.MisfitError:
        return 0
    return rank if rank < 1 << 31 else 0


def _figure(row: wire.Object, name: str) -> int:
    """Micros, negative ones too."""
    try:
        return micros(wire.note(row, name), Rounding.HALF_EVEN)
    except ValueError:
        return 0
