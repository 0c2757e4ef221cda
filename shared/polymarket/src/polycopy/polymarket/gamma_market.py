"""Markets as Gamma lists them: `/markets`, `/markets/keyset`.

Lists are written there as JSON inside of texts (`outcomes`, `outcomePrices`, `clobTokenIds`); the
position ids of protocol V2 are a list that is one. Most markets name no category any more: it is
read from their tags then.
"""

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.clob import MarketToken, fee_curve
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId
from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import FeeCurve

_HALF = MICROS // 2
_TAGS_MAX = 40
_TAG_MAX = 60
_SECTIONS = {
    **{name.lower(): name for name in ("Politics", "Sports", "Crypto", "Esports", "Geopolitics")},
    **{name.lower(): name for name in ("Economics", "Finance", "Culture", "Mentions", "Weather")},
    **{name.lower(): name for name in ("Tech", "Science")},
    "economy": "Economics",
    "elections": "Politics",
    "pop culture": "Culture",
    "technology": "Tech",
}
"""The sections of the venue's leaderboard and front page, by the names that tags have for them."""
_OVER = ("resolved", "settled")


class GammaMarket(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out in the answer is empty, false or 0. `outcomes` is empty as long as the
    market has no tokens. `payouts_micros`, in the order of the outcomes, is what their shares pay;
    empty while that is not final. `delay_s`: how long an order that takes waits."""

    condition_id: ConditionId
    outcomes: tuple[MarketToken, ...] = ()
    tick_size_micros: int = 0
    minimum_size_micros: int = 0
    fee: FeeCurve = FeeCurve()
    version: str = ""
    slug: str = ""
    title: str = ""
    event_slug: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    starts_at_ms: int = 0
    game_starts_at_ms: int = 0
    ends_at_ms: int = 0
    neg_risk: bool = False
    delay_s: int = 0
    accepting_orders: bool = False
    closed: bool = False
    closed_at_ms: int = 0
    payouts_micros: tuple[int, ...] = ()


class GammaPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next_cursor` is empty on the last page, and always of a bare list."""

    markets: tuple[GammaMarket, ...]
    next_cursor: str = ""
    unreadable: tuple[Unreadable, ...] = ()


def parse_markets(body: bytes) -> GammaPage | Unreadable:
    """Of either way of listing. A market that cannot be read does not hide the others."""
    try:
        rows, cursor = _listed(wire.document(body))
    except wire.MisfitError as error:
        return wire.unreadable(error, body)
    markets: list[GammaMarket] = []
    faults: list[Unreadable] = []
    for row in rows:
        try:
            markets.append(_market(wire.an_object(row, "a market")))
        except wire.MisfitError as error:
            faults.append(wire.unreadable(error, wire.compact(row)))
    return GammaPage(markets=tuple(markets), next_cursor=cursor, unreadable=tuple(faults))


def _listed(document: wire.Json) -> tuple[list[wire.Json], str]:
    """Null is no list here: an honest page without markets has an empty one."""
    if isinstance(document, list):
        return document, ""
    source = wire.an_object(document)
    rows = source.get("markets")
    if not isinstance(rows, list):
        raise wire.MisfitError("no markets")
    return rows, wire.note(source, "next_cursor")


def _market(source: wire.Object) -> GammaMarket:
    event = _first(source, "events")
    tags = _tags(source) or _tags(event)
    outcomes = _outcomes(source)
    return GammaMarket(
        condition_id=wire.condition_id(source, "conditionId"),
        outcomes=outcomes,
        tick_size_micros=wire.amount(source, "orderPriceMinTickSize", default=0),
        minimum_size_micros=wire.amount(source, "orderMinSize", default=0),
        fee=_fee(source),
        version=wire.note(source, "version"),
        slug=wire.note(source, "slug"),
        title=wire.note(source, "question"),
        event_slug=wire.note(event, "slug"),
        category=_category(source, event, tags),
        tags=tags,
        starts_at_ms=wire.time_note_ms(source, "startDate"),
        game_starts_at_ms=wire.time_note_ms(source, "gameStartTime"),
        ends_at_ms=wire.time_note_ms(source, "endDate"),
        neg_risk=wire.flag(source, "negRisk"),
        delay_s=wire.whole(source, "secondsDelay", default=0),
        accepting_orders=wire.flag(source, "acceptingOrders"),
        closed=wire.flag(source, "closed"),
        closed_at_ms=wire.time_note_ms(source, "closedTime", "umaEndDate"),
        payouts_micros=_payouts(source),
    )


def _outcomes(source: wire.Object) -> tuple[MarketToken, ...]:
    """The first of the two lists of ids that has some; an empty id is none yet."""
    names = _texts(source, "outcomes")
    ids = _texts(source, "positionIds") or _texts(source, "clobTokenIds")
    if not any(ids):
        return ()
    names = names or [""] * len(ids)
    if len(ids) != len(names):
        raise wire.MisfitError(f"{len(ids)} tokens for {len(names)} outcomes")
    return tuple(
        MarketToken(token_id=wire.token_id({"a token": each}, "a token"), outcome=name)
        for each, name in zip(ids, names, strict=True)
    )


def _payouts(source: wire.Object) -> tuple[int, ...]:
    """The last prices of a closed market are its payouts, where they are 1 and 0 or all alike.

    Two zeros (legacy markets) say nothing, and so do prices while a status says that it is open.
    """
    said = wire.note(source, "resolutionStatus") or wire.note(source, "umaResolutionStatus")
    if not wire.flag(source, "closed") or (said and said.lower() not in _OVER):
        return ()
    prices = [wire.amount({"price": each}, "price") for each in _texts(source, "outcomePrices")]
    final = all(each in (0, _HALF, MICROS) for each in prices)
    return tuple(prices) if final and sum(prices) == MICROS else ()


def _fee(source: wire.Object) -> FeeCurve:
    if source.get("feesEnabled") is False:
        return FeeCurve()
    schedule = wire.an_object(source.get("feeSchedule") or {}, "feeSchedule")
    return fee_curve(schedule, "rate", "exponent")


def _category(source: wire.Object, event: wire.Object, tags: tuple[str, ...]) -> str:
    """As it is said; else the first tag that is a section of the venue; else what the name of the
    fees begins with (`sports_fees_v2`)."""
    said = wire.note(source, "category") or wire.note(event, "category")
    known = [_SECTIONS[tag.lower()] for tag in tags if tag.lower() in _SECTIONS]
    kind, of_fees, _ = wire.note(source, "feeType").partition("_fees")
    by_fees = kind.replace("_", " ") if of_fees and kind != "general" else ""
    found = said or (known[0] if known else by_fees)
    return _SECTIONS.get(found.lower(), found)[:_TAG_MAX]


def _tags(source: wire.Object) -> tuple[str, ...]:
    """Their labels, each once, in the order in which they came."""
    labels: dict[str, None] = {}
    listed = source.get("tags")
    for tag in listed if isinstance(listed, list) else ():
        label = tag if isinstance(tag, str) else wire.note(_object(tag), "label", "slug")
        if label:
            labels.setdefault(label[:_TAG_MAX].encode(errors="replace").decode())
    return tuple(labels)[:_TAGS_MAX]


def _texts(source: wire.Object, name: str) -> list[str]:
    """A list of texts, or one that is written inside of a text."""
    value = source.get(name)
    if isinstance(value, str):
        value = wire.document(value) if value else None
    return [wire.text({name: each}, name, default="") for each in wire.a_list(value, name)]


def _first(source: wire.Object, name: str) -> wire.Object:
    listed = source.get(name)
    return _object(listed[0]) if isinstance(listed, list) and listed else {}


def _object(value: wire.Json) -> wire.Object:
    return value if isinstance(value, dict) else {}
