"""The Data API's paths. Never raises for what a stranger sends."""

from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core.data_api import (
    boards,
    feeds,
    old_portfolio,
    portfolio_pages,
    refusing,
    upkeep,
)
from polycopy.paper_venue.core.data_api.cdn import Cdn
from polycopy.paper_venue.core.data_api.rows import Index, IndexDelay
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Ledger
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, Parameters


class DataApi(msgspec.Struct, frozen=True, kw_only=True):
    """What the Data API reads, and the cache before it (None: no cache)."""

    exchange: Exchange
    ledger: Ledger
    delay: IndexDelay = IndexDelay()
    cdn: Cdn | None = None


def respond(api: DataApi, request: Request) -> Answer:
    if request.path not in PATHS:
        return _no(request, 404, "not_found", "not found")
    if request.method != "GET":
        return _no(request, 405, "method_not_allowed", "method not allowed")
    if request.path in _FIRST:
        return _first(api, request, _FIRST[request.path])
    return _cached(api, request, _SECOND[request.path])


def _no(request: Request, status: int, code: str, text: str) -> Answer:
    """In the version that the path belongs to."""
    if request.path.startswith("/v2/"):
        return refusing.problem(request, status, code, text)
    return Answer(status, wire.error(text))


def _cached(api: DataApi, request: Request, read: "_New") -> Answer:
    if api.cdn is None:
        return _second(api, request, read)
    target = request.target or f"{request.path}?{request.pairs or request.query}"
    cached = api.cdn.find(target, request.received_at_us)
    if cached is not None:
        return cached
    answer = _second(api, request, read)
    return api.cdn.keep(target, request.path, answer, request.received_at_us)


def _first(api: DataApi, request: Request, read: "_Old") -> Answer:
    parameters = Parameters(request, words=refusing.words)
    index = Index(api.ledger, api.delay, request.received_at_us)
    try:
        return Answer(200, wire.encode(read(api.exchange, index, parameters)))
    except BadParameterError as error:
        return refusing.first_version(error)


def _second(api: DataApi, request: Request, read: "_New") -> Answer:
    parameters = Parameters(request, words=refusing.words, snake=True)
    index = Index(api.ledger, api.delay, request.received_at_us)
    try:
        return refusing.served(request, read(api.exchange, index, parameters))
    except BadParameterError as error:
        return refusing.second_version(error, request)


_Old = Callable[[Exchange, Index, Parameters], list[object]]
_New = Callable[[Exchange, Index, Parameters], wire.Body]

_FIRST: dict[str, _Old] = {
    "/trades": feeds.old_trades,
    "/activity": feeds.old_activity,
    "/positions": old_portfolio.held,
    "/closed-positions": old_portfolio.closed,
    "/value": old_portfolio.value,
    "/holders": old_portfolio.holders,
    "/v1/leaderboard": boards.old_board,
}
_SECOND: dict[str, _New] = {
    "/v2/trades": feeds.trades,
    "/v2/activity": feeds.activity,
    "/v2/positions": portfolio_pages.page,
    "/v2/value": portfolio_pages.value,
    "/v2/leaderboard": boards.board,
    "/v2/resolutions": upkeep.resolutions,
    "/v2/status": upkeep.status,
}
PATHS = frozenset((*_FIRST, *_SECOND))
