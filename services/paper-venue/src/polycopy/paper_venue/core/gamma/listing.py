"""Lists of markets and events: filters, orders, and both ways of paging.

`closed` is false where nobody says otherwise, for lookups too, since April 2026. A limit beyond
100 is cut. A name that the API does not know is not looked at: who writes `cursor` instead of
`after_cursor` gets the first page again.
"""

from datetime import UTC, datetime

from polycopy.paper_venue.core.gamma.entries import ORDERS, Entry
from polycopy.paper_venue.core.protocol import cursors, wire
from polycopy.paper_venue.core.protocol.parameters import INT64_MAX, BadParameterError, Parameters

LIMIT, LIMIT_MAX = 20, 100
OFFSET_MAX = 2000
_DIGITS_MAX = 18


def page(kind: str, entries: list[Entry], parameters: Parameters) -> wire.Body:
    """`/markets/keyset`, `/events/keyset`: no `next_cursor` on the last page."""
    if "offset" in parameters:
        raise BadParameterError("offset", "offset is not allowed on keyset endpoints")
    limit = min(parameters.whole("limit", default=LIMIT, least=1), LIMIT_MAX)
    order, ascending = _order(parameters)
    ranked = _ranked(_fitting(entries, parameters), order, ascending=ascending)
    ranks = [_rank(entry, order) for entry in ranked]
    after = _after(kind, parameters, order, ascending=ascending)
    if after is not None:
        left = [rank > after if ascending else rank < after for rank in ranks]
        ranked = [entry for entry, is_left in zip(ranked, left, strict=True) if is_left]
    shown = ranked[:limit]
    body: wire.Body = {kind: [entry.body() for entry in shown]}
    if len(ranked) > limit:
        place = _rank(shown[-1], order)
        body["next_cursor"] = cursors.written(kind, ",".join(order), int(ascending), *place)
    return body


def whole(entries: list[Entry], parameters: Parameters) -> list[object]:
    """`/markets`, `/events`: a bare list, by offset as far as 2,000."""
    limit = min(parameters.whole("limit", default=LIMIT, least=0), LIMIT_MAX)
    offset = parameters.whole("offset", default=0, least=0)
    if offset > OFFSET_MAX:
        words = "offset too large, use /events/keyset for deeper pagination"
        raise BadParameterError("offset", words)
    order, ascending = _order(parameters)
    ranked = _ranked(_fitting(entries, parameters), order, ascending=ascending)
    return [entry.body() for entry in ranked[offset : offset + limit]]


def _order(parameters: Parameters) -> tuple[tuple[str, ...], bool]:
    """`volumeNum` and `volume_num` are one; several fields with commas, in one direction."""
    asked = [name.replace("_", "").lower() for name in parameters.texts("order")]
    order = tuple(name.removesuffix("num") for name in asked)
    if any(name not in ORDERS for name in order):
        raise BadParameterError("order", "order fields are not valid")
    return order, parameters.flag("ascending") is not False


def _rank(entry: Entry, order: tuple[str, ...]) -> tuple[int, ...]:
    return (*(entry.key(name) for name in order), entry.number)


def _ranked(entries: list[Entry], order: tuple[str, ...], *, ascending: bool) -> list[Entry]:
    return sorted(entries, key=lambda entry: _rank(entry, order), reverse=not ascending)


def _after(
    kind: str, parameters: Parameters, order: tuple[str, ...], *, ascending: bool
) -> tuple[int, ...] | None:
    """The last rank of the page before. A cursor of another order is none."""
    cursor = parameters.text("after_cursor")
    if not cursor:
        return None
    try:
        bound, direction, *place = cursors.read(kind, cursor)
    except (BadParameterError, ValueError) as error:
        raise parameters.bad("after_cursor") from error
    if (bound, direction) != (",".join(order), int(ascending)):
        raise parameters.bad("after_cursor")
    return tuple(int(each) for each in place)


def _fitting(entries: list[Entry], parameters: Parameters) -> list[Entry]:
    closed = parameters.flag("closed") or False
    if parameters.flag("active") is False or parameters.flag("archived"):
        return []
    for text in parameters.texts("id", "tag_id"):
        if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
            raise parameters.bad("id")
    names = sorted({name for entry in entries[:1] for name in entry.names})
    asked = {
        name: frozenset(value.lower() for value in values)
        for name in names
        if (values := parameters.texts(name))
    }
    starts = _span(parameters, "start_date")
    ends = _span(parameters, "end_date")
    volume, liquidity = (_amounts(parameters, name) for name in ("volume", "liquidity"))
    return [
        entry
        for entry in entries
        if entry.closed == closed
        and all(not wanted.isdisjoint(entry.names[name]) for name, wanted in asked.items())
        and starts[0] <= entry.starts_s <= starts[1]
        and ends[0] <= entry.ends_s <= ends[1]
        and (volume is None or volume[0] <= entry.key("volume") <= volume[1])
        and (liquidity is None or liquidity[0] <= entry.key("liquidity") <= liquidity[1])
    ]


def _span(parameters: Parameters, name: str) -> tuple[int, int]:
    """Times from `…_min` to `…_max`, both included."""
    least, most = f"{name}_min", f"{name}_max"
    return (
        _instant_s(parameters, least, default=-INT64_MAX),
        _instant_s(parameters, most, default=INT64_MAX),
    )


def _instant_s(parameters: Parameters, name: str, *, default: int) -> int:
    text = parameters.text(name)
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise parameters.bad(name) from error
    known = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int((known - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _amounts(parameters: Parameters, name: str) -> tuple[int, int] | None:
    """Markets say `volume_num_min`, events `volume_min`; None where neither was said."""
    least = (f"{name}_num_min", f"{name}_min")
    most = (f"{name}_num_max", f"{name}_max")
    if not any(each in parameters for each in (*least, *most)):
        return None
    return (
        parameters.amount_micros(*least, default=0),
        parameters.amount_micros(*most, default=INT64_MAX),
    )
