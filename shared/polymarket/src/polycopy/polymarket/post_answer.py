"""What the answer to `POST /order` proves. Three outcomes: placed, proven not placed, unknown.

The venue's words prove something, a status alone does not: anything on the way may write a status.
Texts are matched by substring where the venue puts ids, prices and advice around them. Whatever is
not proven is Unknown: a wrong "rejected" would free money that is being spent.
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
    """The answer proves nothing. Look for the order by its id. `retry_after_s` as above."""

    code: UncertainCode
    detail: str
    retry_after_s: int = 0


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
_AT_THE_DOOR: dict[int, tuple[str, ...]] = {
    401: ("unauthorized/invalid api key", "invalid l1 request headers"),
    403: ("trading restricted in your region, please refer to available regions",),
}
"""How the whole text begins where the order was not even looked at."""
_CLOSED = (
    "trading is currently disabled. check polymarket.com for updates",
    "trading is currently cancel-only. new orders are not accepted",
    "post-only mode: only post-only orders and cancels are allowed",
)
_POST_ONLY = "post_only_mode"
_DETAIL_MAX = 500


def classify_post(http_status: int, body: bytes, *, retry_after_s: int = 0) -> PostAnswer:
    """What is known after this answer, whose headers name a wait or none. Never raises."""
    try:
        source: wire.Object = wire.an_object(wire.document(body))
    except wire.MisfitError:
        source = {}
    words = _words(source)
    said = words or body[:_DETAIL_MAX].decode(errors="replace")
    wait_s = max(retry_after_s, _retry_after(source))
    match http_status:
        case 200 | 201:
            return _of_success(source, words, said)
        case 400 if proven := _of_text(words):
            return proven
        case 401 | 403 if words.lower().startswith(_AT_THE_DOOR[http_status]):
            return Rejected(code=FailureCode.CONFIGURATION, detail=words)
        case 503 if words.lower().startswith(_CLOSED) or source.get("code") == _POST_ONLY:
            return NotAccepted(detail=said, retry_after_s=wait_s)
        case status:
            return Unknown(code=_doubt(status), detail=said, retry_after_s=wait_s)


def _doubt(http_status: int) -> UncertainCode:
    """425 and 429 are doubts too: a gateway that answers with them may have passed our bytes on."""
    match http_status:
        case 425:
            return UncertainCode.RESTARTING
        case 429:
            return UncertainCode.RATE_LIMITED
        case status if status >= 500:  # noqa: PLR2004 - server errors
            return UncertainCode.SERVER_ERROR
        case _:
            return UncertainCode.UNRECOGNISED


def _of_success(source: wire.Object, words: str, said: str) -> PostAnswer:
    try:
        placed = _placed(source)
    except wire.MisfitError as error:
        return Unknown(code=UncertainCode.UNREADABLE, detail=f"{error}: {said}"[:_DETAIL_MAX])
    if placed.venue_order_id and placed.status in _PLACED and _is_success(source):
        return placed
    if not placed.venue_order_id and (proven := _of_text(words)):
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


def _of_text(words: str) -> Rejected | Duplicated | None:
    lowered = words.lower()
    if _DUPLICATED in lowered:
        return Duplicated(detail=words)
    for known, code in _PROVEN:
        if known in lowered:
            return Rejected(code=code, detail=words)
    return None


def _words(source: wire.Object) -> str:
    """The venue's own words in its own shape; empty where a page of somebody else came."""
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
