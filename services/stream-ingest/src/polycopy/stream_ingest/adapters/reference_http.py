"""Reference data over HTTP: Gamma, the CLOB's public answers, the Data API."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec

from polycopy.polymarket.clob import ClobMarket, parse_clob_market
from polycopy.polymarket.gamma_market import GammaMarket, parse_markets
from polycopy.polymarket.market_of_token import MarketOfToken, parse_market_of_token
from polycopy.polymarket.resolutions import Resolution, parse_resolutions
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.stream_ingest.adapters.reference_site import Query, Site
from polycopy.stream_ingest.adapters.trader_pages import TraderPages
from polycopy.stream_ingest.adapters.turns import Turns
from polycopy.stream_ingest.core.trader_record import Rows

_MARKETS = "/markets/keyset"
_RESOLUTIONS = "/v2/resolutions"
_PAGE_MAX = "100"
Answer = TypeVar("Answer")


class ReferenceUrls(msgspec.Struct, frozen=True, kw_only=True):
    """Where the venue answers."""

    gamma: str = "https://gamma-api.polymarket.com"
    clob: str = "https://clob.polymarket.com"
    data: str = "https://data-api.polymarket.com"


class ReferenceHttp:
    """Implements ReferenceSource."""

    def __init__(self, *, gamma: Site, clob: Site, data: Site) -> None:
        self._gamma = gamma
        self._clob = clob
        self._data = data
        self._pages = TraderPages(data)

    async def market_of_token(self, token_id: TokenId) -> MarketOfToken | None:
        """The CLOB's word; of a token that it does not know (yet, or any more), Gamma's."""
        path = f"/markets-by-token/{token_id}"
        found = await self._read(self._clob, path, (), parse_market_of_token)
        if found is not None:
            return found
        for name in ("clob_token_ids", "position_ids"):
            for closed in (False, True):
                for market in await self._markets([(name, token_id)], closed=closed):
                    tokens = tuple(outcome.token_id for outcome in market.outcomes)
                    if token_id in tokens:
                        return MarketOfToken(condition_id=market.condition_id, tokens=tokens)
        return None

    async def gamma_markets(
        self, conditions: Sequence[ConditionId], *, closed_first: bool = False
    ) -> Mapping[ConditionId, GammaMarket]:
        found: dict[ConditionId, GammaMarket] = {}
        for closed in (closed_first, not closed_first):
            missing = [each for each in conditions if each not in found]
            if missing:
                query = [("condition_ids", each) for each in missing]
                listed = await self._markets(query, closed=closed)
                found |= {one.condition_id: one for one in listed if one.condition_id in missing}
        return found

    async def clob_market(self, condition_id: ConditionId) -> ClobMarket | None:
        path = f"/clob-markets/{condition_id}"
        return await self._read(self._clob, path, (), parse_clob_market)

    async def resolutions(
        self, conditions: Sequence[ConditionId]
    ) -> Mapping[ConditionId, Resolution]:
        query = [("condition_id", ",".join(conditions))]
        page = await self._read(self._data, _RESOLUTIONS, query, parse_resolutions)
        if page is None:
            return {}
        self._data.note(_RESOLUTIONS, page.unreadable)
        return {row.condition_id: row for row in page.rows}

    async def trader_rows(self, wallet: Wallet) -> Rows:
        return await self._pages.rows(wallet)

    async def _markets(self, query: Query, *, closed: bool) -> tuple[GammaMarket, ...]:
        """`closed` is false where nobody says it, so both are asked for by name."""
        asked = [
            *query,
            ("limit", _PAGE_MAX),
            ("include_tag", "true"),
            ("closed", "true" if closed else "false"),
        ]
        page = await self._read(self._gamma, _MARKETS, asked, parse_markets)
        if page is None:
            return ()
        self._gamma.note(_MARKETS, page.unreadable)
        return page.markets

    async def _read(
        self, site: Site, path: str, query: Query, parse: Callable[[bytes], Answer | Unreadable]
    ) -> Answer | None:
        body = await site.get(path, query)
        if body is None:
            return None
        answer = parse(body)
        if isinstance(answer, Unreadable):
            raise site.unreadable(path, answer.reason)
        return answer


@asynccontextmanager
async def open_reference(
    urls: ReferenceUrls, *, requests_per_s: int, timeout_s: float, clock: Clock
) -> AsyncIterator[ReferenceHttp]:
    """One pace for all three hosts; `timeout_s` bounds each request as a whole."""
    turns = Turns(requests_per_s, clock=clock)
    async with AsyncExitStack() as stack:

        async def site(name: str, url: str) -> Site:
            session = aiohttp.ClientSession(
                base_url=url.rstrip("/") + "/", timeout=aiohttp.ClientTimeout(total=timeout_s)
            )
            return Site(name, await stack.enter_async_context(session), turns=turns, clock=clock)

        yield ReferenceHttp(
            gamma=await site("Gamma", urls.gamma),
            clob=await site("the CLOB", urls.clob),
            data=await site("the Data API", urls.data),
        )
