"""Walks over the pages of the Data API, each page a report as soon as it is read."""

from collections.abc import Awaitable, Callable

from polycopy.runtime.clock import Clock
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.data_api_client import DataApiClient, Failure
from polycopy.stream_ingest.core import poll_walk
from polycopy.stream_ingest.core.poll_walk import Walk
from polycopy.stream_ingest.core.reports import POLL, Report

_logger = get_logger("stream-ingest")


class DataApiWalks:
    """Every walk has a session that no other had. `skipped` counts rows of combos."""

    def __init__(self, client: DataApiClient, *, rows_max: int, clock: Clock) -> None:
        self.skipped = 0
        self._client = client
        self._rows_max = rows_max
        self._clock = clock
        self._began_ms = clock.now_ms()
        self._begun = 0

    async def walk(
        self,
        wallet: Wallet,
        put: Callable[[Report], Awaitable[None]],
        *,
        start_s: int,
        end_s: int,
        wanted: Callable[[], bool],
    ) -> Walk | Failure | None:
        """The caller has taken the turn of the first page. A walk that is done, or was cut; None
        where it is not `wanted` any more."""
        self._begun += 1
        walk = poll_walk.begin(
            self._client.version(),
            wallet,
            session=f"{POLL}-{self._began_ms}-{self._begun}",
            start_s=start_s,
            end_s=end_s,
            limit=self._rows_max,
        )
        while not walk.is_over:
            if walk.pages:
                await self._client.turn()
            if not wanted():
                return None
            turned = await self._page(walk, put)
            if isinstance(turned, Failure):
                return turned
            walk = turned
        if walk.fault:
            self._client.misled(walk.query, walk.fault)
            return Failure.NO_ANSWER
        self._client.health.walked(walk.query.version)
        if walk.cut:
            _logger.info("a long walk goes on later", wallet=wallet, pages=walk.pages)
        return walk

    async def _page(self, walk: Walk, put: Callable[[Report], Awaitable[None]]) -> Walk | Failure:
        answered = await self._client.page(walk.query)
        if isinstance(answered, Failure):
            return answered
        self.skipped += answered.page.skipped
        if answered.page.rows:
            report = Report(
                source=POLL,
                session=walk.page_session,
                received_at_ms=answered.at_ms,
                rows=answered.page.rows,
                raw=answered.raw,
            )
            await put(report)
        return poll_walk.turned(walk, answered.page, answered.at_ms)
