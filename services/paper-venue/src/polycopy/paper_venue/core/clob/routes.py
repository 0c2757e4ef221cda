"""The venue's REST endpoints: method and path to what answers. Never raises for what a stranger
sends."""

from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.clob import catalogue, reading
from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.engine.accounts import CASH
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Reply, Request, answer
from polycopy.paper_venue.core.protocol.parsing import parsed
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.polymarket.auth import ApiCredentials
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import Side

BATCH_MAX = 15
CANCELS_MAX = 1000
TOKENS_MAX = 500
_SIGNATURE_TYPES = ("0", "1", "2", "3")


class _Token(msgspec.Struct):
    token_id: str


class _TokenSide(msgspec.Struct):
    token_id: str
    side: Side


class _OneCancel(msgspec.Struct):
    orderID: str  # noqa: N815 - the venue's name


class _MarketCancel(msgspec.Struct):
    market: str = ""
    asset_id: str = ""


_Public = Callable[[Desk, Request], Answer]
Private = Callable[[Desk, Request, ApiCredentials], Answer]
Through = Callable[[Private, Desk, Request, ApiCredentials], Answer]


def straight(private: Private, desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    return private(desk, request, caller)


def respond(desk: Desk, request: Request, through: Through = straight) -> Answer:
    """The answer to any request. `through` stands between a caller who has proven who it is and
    what it asks for."""
    public = _PUBLIC.get((request.method, request.path))
    if public is not None:
        return public(desk, request)
    for start, named in _NAMED.items():
        if request.method == "GET" and request.path.startswith(start):
            return answer(named(desk, request.path.removeprefix(start)))
    private = _PRIVATE.get((request.method, request.path))
    if private is None and not _is_own_order(request):
        known = {path for _, path in (*_PUBLIC, *_PRIVATE)}
        missing = request.path not in known
        return answer(refusals.PATH_NOT_FOUND if missing else refusals.METHOD_NOT_ALLOWED)
    caller = desk.keys.caller(request)
    if caller is None:
        return answer(refusals.UNAUTHORIZED)
    return through(private or _own_order, desk, request, caller)


def endpoints() -> frozenset[tuple[str, str]]:
    """Every method and path that is answered here, `{}` where a path goes on."""
    goes_on = {("GET", f"{start}{{}}") for start in (*_NAMED, _OWN_ORDER)}
    return frozenset((*_PUBLIC, *_PRIVATE, *goes_on))


def _is_own_order(request: Request) -> bool:
    return request.method == "GET" and request.path.startswith(_OWN_ORDER)


def _own_order(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    order_id = request.path.removeprefix(_OWN_ORDER)
    return answer(reading.order(desk.exchange, caller.api_key, order_id))


def _post_order(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    return desk.post_order(request.body, caller, request.received_at_us)[0]


def _post_orders(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    """One entry an order. A leg that is refused does not stop the others."""
    raws = parsed(request.body, list[msgspec.Raw])
    if raws is None:
        return answer(refusals.INVALID_PAYLOAD)
    if len(raws) > BATCH_MAX:
        return answer(refusals.too_many(len(raws), BATCH_MAX))
    legs: list[msgspec.Raw] = []
    for raw in raws:
        given, no = desk.post_order(bytes(raw), caller, request.received_at_us)
        legs.append(msgspec.Raw(wire.encode(wire.refused_leg(no)) if no else given.body))
    return Answer(200, wire.encode(legs))


def _cancel_order(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    asked = parsed(request.body, _OneCancel)
    if asked is None:
        return answer(refusals.INVALID_PAYLOAD)
    return _cancelled(desk, request, caller, [asked.orderID])


def _cancel_orders(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    order_ids = parsed(request.body, list[str])
    if order_ids is None:
        return answer(refusals.INVALID_PAYLOAD)
    if len(order_ids) > CANCELS_MAX:
        return answer(refusals.too_many(len(order_ids), CANCELS_MAX))
    return _cancelled(desk, request, caller, order_ids)


def _cancel_all(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    return _cancelled(desk, request, caller, desk.open_orders(caller.api_key))


def _cancel_market(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    asked = parsed(request.body, _MarketCancel)
    if asked is None:
        return answer(refusals.INVALID_PAYLOAD)
    found = desk.open_orders(caller.api_key, market=asked.market, asset_id=asked.asset_id)
    return _cancelled(desk, request, caller, found)


def _cancelled(
    desk: Desk, request: Request, caller: ApiCredentials, order_ids: list[str]
) -> Answer:
    return answer(desk.cancel(caller.api_key, order_ids, request.received_at_us))


def _balance(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    """Of the caller's wallet of the signature type that it names: another type is another wallet,
    and its balance is another."""
    wallet = _wallet(desk, request, caller)
    if isinstance(wallet, Refusal):
        return answer(wallet)
    return answer(reading.balance(desk.exchange, wallet, request.query))


def _refresh(desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    wallet = _wallet(desk, request, caller)
    if isinstance(wallet, Refusal):
        return answer(wallet)
    if wallet is not None:
        dollars = request.query.get("asset_type") == reading.COLLATERAL
        what = CASH if dollars else TokenId(request.query.get("token_id", ""))
        desk.refresh(wallet, what, request.received_at_us)
    return Answer(200, b"")


def _wallet(desk: Desk, request: Request, caller: ApiCredentials) -> Wallet | Refusal | None:
    named = request.query.get("signature_type") or "0"
    if named not in _SIGNATURE_TYPES:
        return refusals.INVALID_QUERY
    return desk.wallet_of(caller, int(named))


def _of_tokens(read: Callable[[Exchange, list[str]], Reply]) -> _Public:
    """A POST that names many tokens."""

    def respond_to(desk: Desk, request: Request) -> Answer:
        tokens = parsed(request.body, list[_Token])
        if tokens is None or len(tokens) > TOKENS_MAX:
            return answer(refusals.INVALID_PAYLOAD)
        return answer(read(desk.exchange, [token.token_id for token in tokens]))

    return respond_to


def _prices(desk: Desk, request: Request) -> Answer:
    wanted = parsed(request.body, list[_TokenSide])
    if wanted is None or len(wanted) > TOKENS_MAX:
        return answer(refusals.INVALID_PAYLOAD)
    named = [(each.token_id, each.side.value) for each in wanted]
    return answer(catalogue.prices(desk.exchange, named))


def _closed_only(desk: Desk, _request: Request, caller: ApiCredentials) -> Answer:
    held = desk.exchange.accounts.get(Wallet(caller.address))
    return answer({"closed_only": held is not None and held.closed_only})


def _keys(desk: Desk, _request: Request, caller: ApiCredentials) -> Answer:
    return answer({"apiKeys": desk.keys.of_address(caller.address)})


def _delete_key(desk: Desk, _request: Request, caller: ApiCredentials) -> Answer:
    desk.keys.delete(caller.api_key)
    return answer("OK")


_OWN_ORDER = "/data/order/"


def _query(read: Callable[[Exchange, reading.Query], Reply]) -> _Public:
    return lambda desk, request: answer(read(desk.exchange, request.query))


def _own(read: Callable[[Exchange, str, reading.Query], Reply]) -> Private:
    return lambda desk, request, caller: answer(read(desk.exchange, caller.api_key, request.query))


_PUBLIC: dict[tuple[str, str], _Public] = {
    ("GET", "/book"): _query(reading.book),
    ("POST", "/books"): _of_tokens(reading.books),
    ("POST", "/prices"): _prices,
    ("POST", "/midpoints"): _of_tokens(catalogue.midpoints),
    ("POST", "/spreads"): _of_tokens(catalogue.spreads),
    ("POST", "/last-trades-prices"): _of_tokens(catalogue.last_trades_prices),
    ("GET", "/markets"): _query(catalogue.markets),
    ("GET", "/simplified-markets"): _query(catalogue.simplified_markets),
    ("GET", "/sampling-markets"): _query(catalogue.sampling_markets),
    ("GET", "/sampling-simplified-markets"): _query(catalogue.sampling_simplified_markets),
    ("GET", "/ok"): lambda _desk, _request: answer("OK"),
    ("GET", "/price"): _query(reading.price),
    ("GET", "/midpoint"): _query(reading.midpoint),
    ("GET", "/spread"): _query(reading.spread),
    ("GET", "/last-trade-price"): _query(reading.last_trade_price),
    ("GET", "/tick-size"): _query(reading.tick_size),
    ("GET", "/neg-risk"): _query(reading.neg_risk),
    ("GET", "/fee-rate"): _query(reading.fee_rate),
    ("GET", "/time"): lambda _, request: answer(request.now_s),
    # The relayer's, without which no client of a contract wallet starts.
    ("GET", "/deployed"): lambda _desk, _request: answer({"deployed": True}),
    ("GET", "/version"): lambda _desk, _request: answer({"version": 2}),
    ("POST", "/auth/api-key"): lambda desk, request: desk.sign_in(request, create=True),
    ("GET", "/auth/derive-api-key"): lambda desk, request: desk.sign_in(request, create=False),
}
_NAMED: dict[str, Callable[[Desk, str], Reply]] = {
    "/markets-by-token/": lambda desk, name: reading.market_by_token(desk.exchange, name),
    "/clob-markets/": lambda desk, name: reading.clob_market(desk.exchange, name),
    "/markets/": lambda desk, name: catalogue.market(desk.exchange, name),
}
_PRIVATE: dict[tuple[str, str], Private] = {
    ("POST", "/order"): _post_order,
    ("POST", "/orders"): _post_orders,
    ("DELETE", "/order"): _cancel_order,
    ("DELETE", "/orders"): _cancel_orders,
    ("DELETE", "/cancel-all"): _cancel_all,
    ("DELETE", "/cancel-market-orders"): _cancel_market,
    ("GET", "/data/orders"): _own(reading.orders),
    ("GET", "/data/trades"): _own(reading.trades),
    ("GET", "/balance-allowance"): _balance,
    ("GET", "/balance-allowance/update"): _refresh,
    ("DELETE", "/auth/api-key"): _delete_key,
    ("GET", "/auth/ban-status/closed-only"): _closed_only,
    ("GET", "/auth/api-keys"): _keys,
}
