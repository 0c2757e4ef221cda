"""What the answer to `POST /order` proves. Three outcomes: placed, proven not placed, unknown.

Texts are matched by substring, because the venue puts ids, prices and advice around them. Whatever
is not proven is Unknown: a wrong "rejected" would free money that is being spent.
Source: the venue's error page, its changelog, and reports of users.
"""

import msgspec

from polycopy.polymarket import wire
from polycopy.schemas.ids import VenueOrderId, VenueTradeId
from polycopy.schemas.terms import FailureCode, UncertainCode


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The venue knows the order. `status`: live, matched or delayed. Amounts are 0 where the answer
    names none, which says nothing about fills: a delayed order fills later."""

    venue_order_id: VenueOrderId
    status: str
    making_micros: int = 0
    taking_micros: int = 0
    trade_ids: tuple[VenueTradeId, ...] = ()


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """Proven: the order does not and will not exist at the venue."""

    code: FailureCode
    detail: str


class Duplicated(msgspec.Struct, frozen=True, kw_only=True):
    """The venue already knows this very order: adopt it."""

    detail: str


class NotAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says that it took no order at this time; the same bytes may be sent again.
    `retry_after_s` is 0 where the answer names none."""

    detail: str
    retry_after_s: int = 0


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """The answer proves nothing. Look for the order by its id."""

    code: UncertainCode
    detail: str


PostAnswer = Placed | Rejected | Duplicated | NotAccepted | Unknown

_PLACED = ("live", "matched", "delayed")
_DUPLICATED = "duplicated"
_PROVEN: tuple[tuple[str, FailureCode], ...] = (
    ("invalid order payload", FailureCode.INVALID_PAYLOAD),
    ("breaks minimum tick size rule", FailureCode.TICK_SIZE),
    ("lower than the minimum", FailureCode.MINIMUM_SIZE),
    ("invalid amount for a marketable buy order", FailureCode.MINIMUM_SIZE),
    ("crosses the book", FailureCode.CROSSES_BOOK),
    ("order crosses book", FailureCode.CROSSES_BOOK),
    ("not enough balance / allowance", FailureCode.BALANCE_OR_ALLOWANCE),
    ("invalid expiration", FailureCode.EXPIRATION),
    ("order canceled in the ctf exchange contract", FailureCode.INVALID_PAYLOAD),
    ("order couldn't be fully filled", FailureCode.NOT_FILLED_COMPLETELY),
    ("no orders found to match with fak order", FailureCode.NO_MATCH),
    ("market is not yet ready to process new orders", FailureCode.MARKET_NOT_READY),
    ("order_version_mismatch", FailureCode.ORDER_VERSION),
    ("order signer address has to be", FailureCode.CONFIGURATION),
    ("order owner has to be", FailureCode.CONFIGURATION),
    ("maker address not allowed", FailureCode.CONFIGURATION),
    ("address banned", FailureCode.CONFIGURATION),
    ("in closed only mode", FailureCode.CONFIGURATION),
)
_DETAIL_MAX = 500


def classify_post(http_status: int, body: bytes) -> PostAnswer:
    """What is known after this answer. Never raises."""
    try:
        source: wire.Object = wire.an_object(wire.document(body))
    except wire.MisfitError:
        source = {}
    said = _said(source) or body[:_DETAIL_MAX].decode(errors="replace")
    match http_status:
        case 200 | 201:
            return _of_success(source, said)
        case 400:
            return _of_text(said) or Unknown(code=UncertainCode.UNRECOGNISED, detail=said)
        case 401 | 403:
            # Both are decided before the order is looked at.
            return Rejected(code=FailureCode.CONFIGURATION, detail=said)
        case 425 | 429:
            return NotAccepted(detail=said, retry_after_s=_retry_after(source))
        case 503 if source.get("error") is not None:
            # Without the venue's own words a 503 may come from anything in between.
            return NotAccepted(detail=said, retry_after_s=_retry_after(source))
        case status if status >= 500:  # noqa: PLR2004 - server errors
            return Unknown(code=UncertainCode.SERVER_ERROR, detail=said)
        case _:
            return Unknown(code=UncertainCode.UNRECOGNISED, detail=said)


def _of_success(source: wire.Object, said: str) -> PostAnswer:
    try:
        placed = _placed(source)
    except wire.MisfitError as error:
        return Unknown(code=UncertainCode.UNREADABLE, detail=f"{error}: {said}"[:_DETAIL_MAX])
    if placed.venue_order_id and placed.status in _PLACED and _is_success(source):
        return placed
    if not placed.venue_order_id and (proven := _of_text(said)):
        return proven
    return Unknown(code=UncertainCode.UNRECOGNISED, detail=said)


def _is_success(source: wire.Object) -> bool:
    """`success` is true and there is no error message."""
    return source.get("success") is True and not source.get("errorMsg")


def _placed(source: wire.Object) -> Placed:
    trade_ids = wire.a_list(source.get("tradeIDs"), "tradeIDs")
    return Placed(
        venue_order_id=VenueOrderId(wire.text(source, "orderID", default="").lower()),
        status=wire.text(source, "status", default="").lower(),
        making_micros=wire.amount(source, "makingAmount", default=0),
        taking_micros=wire.amount(source, "takingAmount", default=0),
        trade_ids=tuple(VenueTradeId(trade) for trade in trade_ids if isinstance(trade, str)),
    )


def _of_text(said: str) -> Rejected | Duplicated | None:
    lowered = said.lower()
    if _DUPLICATED in lowered:
        return Duplicated(detail=said)
    for words, code in _PROVEN:
        if words in lowered:
            return Rejected(code=code, detail=said)
    return None


def _said(source: wire.Object) -> str:
    for name in ("error", "errorMsg"):
        value = source.get(name)
        if isinstance(value, str) and value:
            return value[:_DETAIL_MAX].encode(errors="replace").decode()
    return ""


def _retry_after(source: wire.Object) -> int:
    try:
        return wire.whole(source, "retry_after_seconds", default=0)
    except wire.MisfitError:
        return 0
