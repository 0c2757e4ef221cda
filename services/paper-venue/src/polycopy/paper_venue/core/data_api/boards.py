"""The leaderboards of both versions: gains and volumes of all wallets in a window.

Since ever it is what was realised; in a day, week or month it is how far what a wallet is worth has
moved, and what it brought into the window counts at the last price that was paid before.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from polycopy.paper_venue.core.data_api import holdings, refusing
from polycopy.paper_venue.core.data_api.refusing import LIMIT_DEFAULT, LIMIT_MAX, Paging
from polycopy.paper_venue.core.data_api.rows import Index
from polycopy.paper_venue.core.data_api.selecting import asked_wallet
from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Settled
from polycopy.paper_venue.core.engine.marks import mark_micros
from polycopy.paper_venue.core.profiles import profile
from polycopy.paper_venue.core.protocol import cursors, wire
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, Parameters
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import MICROS

_DAY_S = 86_400
_WINDOWS_S = {"day": _DAY_S, "week": 7 * _DAY_S, "month": 30 * _DAY_S, "all": 0}
_OVERALL = "overall"
_OLD_LIMIT, _OLD_LIMIT_MAX, _OLD_OFFSET_MAX = 25, 50, 1000
_OLD_CATEGORIES = (
    *("OVERALL", "POLITICS", "SPORTS", "CRYPTO", "CULTURE", "MENTIONS"),
    *("WEATHER", "ECONOMICS", "TECH", "FINANCE"),
)


class Standing(msgspec.Struct, kw_only=True):
    """A wallet in a window. Volume in shares and in dollars, both sides."""

    wallet: Wallet
    gain_micros: int = 0
    shares_micros: int = 0
    dollars_micros: int = 0


_Ranking = Callable[[Standing], int]


def _by_gain(one: Standing) -> int:
    return one.gain_micros


def _by_shares(one: Standing) -> int:
    return one.shares_micros


def _by_dollars(one: Standing) -> int:
    return one.dollars_micros


def old_board(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """`/v1/leaderboard`: the rank is a text, the volume dollars."""
    window = parameters.text("timePeriod", default="DAY").lower()
    if window not in _WINDOWS_S:
        raise parameters.bad("timePeriod")
    order = parameters.text("orderBy", default="PNL").upper()
    if order not in ("PNL", "VOL"):
        raise parameters.bad("orderBy")
    category = parameters.text("category", default="OVERALL").upper()
    if category not in _OLD_CATEGORIES:
        raise parameters.bad("category")
    limit = parameters.whole("limit", default=_OLD_LIMIT, least=1, most=_OLD_LIMIT_MAX)
    offset = parameters.whole("offset", default=0, least=0, most=_OLD_OFFSET_MAX)
    wallet = asked_wallet(parameters, needed=False, words=refusing.words("user"))
    name = parameters.text("userName")
    by = _by_gain if order == "PNL" else _by_dollars
    board = _ranked(_standings(exchange, index, window, category.lower()), by)
    found = [
        (rank, one)
        for rank, one in board
        if wallet in (None, one.wallet) and name in ("", profile(one.wallet).name)
    ]
    return [_old_row(rank, one) for rank, one in found[offset : offset + limit]]


def board(exchange: Exchange, index: Index, parameters: Parameters) -> wire.Body:
    """`/v2/leaderboard`: a page, or one wallet's standing with both ranks."""
    window = parameters.one_of(
        "time_period", tuple(_WINDOWS_S), "time_period must be one of day, week, month, all"
    )
    category = parameters.text("category").lower()
    wallet = asked_wallet(parameters, needed=False, words="invalid 'user' address")
    if wallet is not None:
        standings = _standings(exchange, index, window or "day", category or _OVERALL)
        return refusing.enveloped(_standing(index, wallet, standings))
    sort_by = parameters.one_of("sort_by", ("PNL", "VOLUME"), "sort_by must be PNL or VOLUME")
    paging, bound = _resumed(parameters, (sort_by, window, category))
    by = _by_gain if bound[0] == "PNL" else _by_shares
    ranked = _ranked(_standings(exchange, index, bound[1], bound[2]), by)
    shown = ranked[paging.offset : paging.offset + paging.limit]
    end = paging.offset + paging.limit
    cursor = None
    if end < len(ranked):
        cursor = cursors.written("leaderboard", *bound, paging.limit, end)
    return refusing.paged([_row(rank, one) for rank, one in shown], paging, cursor)


def _resumed(
    parameters: Parameters, said: tuple[str, str, str]
) -> tuple[Paging, tuple[str, str, str]]:
    """A cursor pins its board: saying another one is refused, saying none is not."""
    if "offset" in parameters:
        raise refusing.offset_refused()
    limit = parameters.whole("limit", default=0, least=0, most=LIMIT_MAX) or LIMIT_DEFAULT
    cursor = parameters.text("cursor")
    if not cursor:
        return Paging(limit=limit), (said[0] or "PNL", said[1] or "day", said[2] or _OVERALL)
    sort_by, window, category, size, offset = cursors.read("leaderboard", cursor)
    bound = (str(sort_by), str(window), str(category))
    if any(word and word != held for word, held in zip(said, bound, strict=True)):
        raise BadParameterError("cursor", "invalid cursor")
    return Paging(limit=int(size), offset=int(offset)), bound


def _standings(exchange: Exchange, index: Index, window: str, category: str) -> list[Standing]:
    """Everybody who did something in the window. Costs O(the whole history)."""
    markets = {
        condition: book.market
        for condition, book in exchange.books.items()
        if category in (_OVERALL, book.market.category.lower())
    }
    length_s = _WINDOWS_S[window]
    since_s = index.now_us // MICROS - length_s if length_s else 0
    found: dict[Wallet, Standing] = {}
    folded: holdings.Holdings = {}
    last: dict[TokenId, int] = {}
    before: dict[Wallet, int] = {}
    for settled in index.seen(range(len(index.ledger))):
        if settled.condition_id not in markets:
            continue
        if settled.block_s >= since_s:
            before = before if found else _worth(folded, last)
            _count(found, settled)
        holdings.evolve(folded, settled, markets[settled.condition_id])
        last.update((each.token_id, each.price_micros) for each in settled.executions)
    # Since ever only what was realised counts: at cost, nothing is open.
    books = (exchange.books[condition] for condition in markets)
    prices = _prices(books) if length_s else {}
    now = _worth(folded, prices)
    for one in found.values():
        one.gain_micros = now.get(one.wallet, 0) - before.get(one.wallet, 0)
    return list(found.values())


def _count(found: dict[Wallet, Standing], settled: Settled) -> None:
    for wallet in settled.wallets:
        found.setdefault(wallet, Standing(wallet=wallet))
    for execution in settled.executions:
        found[execution.wallet].shares_micros += execution.size_micros
        found[execution.wallet].dollars_micros += execution.notional_micros


def _worth(folded: holdings.Holdings, prices: Mapping[TokenId, int]) -> dict[Wallet, int]:
    """Realised gains and the open ones at these prices; at cost where there is none."""
    worth: dict[Wallet, int] = {}
    for key, holding in folded.items():
        price = prices.get(key.token_id)
        value = holding.size_micros * price // MICROS if price is not None else holding.cost_micros
        gain = holding.realized_micros + value - holding.cost_micros
        worth[key.wallet] = worth.get(key.wallet, 0) + gain
    return worth


def _prices(books: Iterable[Book]) -> dict[TokenId, int]:
    return {
        token.token_id: mark_micros(book, place)
        for book in books
        for place, token in enumerate(book.market.tokens)
    }


def _ranked(standings: list[Standing], by: _Ranking) -> list[tuple[int, Standing]]:
    """Equal ones share a rank and the next one jumps."""
    ordered = sorted(standings, key=lambda one: (-by(one), one.wallet))
    ranked: list[tuple[int, Standing]] = []
    for place, one in enumerate(ordered, start=1):
        same = bool(ranked) and by(ranked[-1][1]) == by(one)
        ranked.append((ranked[-1][0] if same else place, one))
    return ranked


def _standing(index: Index, wallet: Wallet, standings: list[Standing]) -> wire.Body | None:
    """None: nobody has ever seen the wallet. Rank 0: not in this window."""
    ranks = [
        next((rank for rank, one in _ranked(standings, by) if one.wallet == wallet), 0)
        for by in (_by_gain, _by_shares)
    ]
    one = next((one for one in standings if one.wallet == wallet), Standing(wallet=wallet))
    if not ranks[0] and not any(index.seen(index.places(wallet, ()))):
        return None
    body = _row(0, one)
    del body["rank"]
    return {**body, "rank_pnl": ranks[0], "rank_volume": ranks[1]}


def _row(rank: int, one: Standing) -> wire.Body:
    return {
        "rank": rank,
        "user_id": one.wallet,
        "pnl": wire.number(one.gain_micros),
        "volume": wire.number(one.shares_micros),
        "user_name": profile(one.wallet).name,
        "profile_image": "",
        "x_username": "",
        "verified": False,
    }


def _old_row(rank: int, one: Standing) -> wire.Body:
    return {
        "rank": str(rank),
        "proxyWallet": one.wallet,
        "userName": profile(one.wallet).name,
        "vol": wire.number(one.dollars_micros),
        "pnl": wire.number(one.gain_micros),
        "profileImage": "",
        "xUsername": "",
        "verifiedBadge": False,
    }
