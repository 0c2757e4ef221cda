"""What is known of the markets of a trader's past: their category, and when they ended."""

from collections.abc import Iterable

import msgspec

from polycopy.schemas.ids import ConditionId
from polycopy.stream_ingest.core.recent import put
from polycopy.stream_ingest.core.reference_facts import Facts
from polycopy.stream_ingest.core.trader_record import Rows, held_to_the_end
from polycopy.stream_ingest.service.reference_ports import ReferenceSource

KEPT_MAX = 50_000
GAMMA_MAX = 40
"""So many markets one request names."""
_ASKED_MAX = 2_000
"""Of so many markets of one trader; the category of others stays unknown."""


class _Past(msgspec.Struct, frozen=True, kw_only=True):
    category: str = ""
    ended_at_ms: int = 0


class History:
    """Kept in memory: it is had again from the venue."""

    def __init__(self, source: ReferenceSource, facts: Facts) -> None:
        self._source = source
        self._facts = facts
        self._kept: dict[ConditionId, _Past] = {}

    async def of(self, rows: Rows) -> tuple[dict[ConditionId, str], dict[ConditionId, int]]:
        """Categories, and the ends of those markets where something is held to the end. Raises
        Transient."""
        ended = held_to_the_end(rows.positions)
        over = [row.condition_id for row in rows.positions if row.over]
        traded = [row.condition_id for row in rows.trades]
        conditions = list(dict.fromkeys((*ended, *over, *traded)))
        await self._ask(each for each in conditions if not self._knows(each, end=each in ended))
        known = {each: self._known(each) for each in conditions}
        return (
            {each: past.category for each, past in known.items() if past.category},
            {each: known[each].ended_at_ms for each in ended if known[each].ended_at_ms},
        )

    async def _ask(self, conditions: Iterable[ConditionId]) -> None:
        asked = list(conditions)[:_ASKED_MAX]
        for start in range(0, len(asked), GAMMA_MAX):
            group = asked[start : start + GAMMA_MAX]
            told = await self._source.gamma_markets(group, closed_first=True)
            for condition_id in group:
                market = told.get(condition_id)
                past = _Past()
                if market is not None:
                    past = _Past(category=market.category, ended_at_ms=market.closed_at_ms)
                put(self._kept, condition_id, past, KEPT_MAX)

    def _known(self, condition_id: ConditionId) -> _Past:
        said, kept = self._facts.market(condition_id), self._kept.get(condition_id, _Past())
        return _Past(
            category=said.category or kept.category,
            ended_at_ms=said.resolved_at_ms or kept.ended_at_ms,
        )

    def _knows(self, condition_id: ConditionId, *, end: bool) -> bool:
        """An answer without a category is one too; an end that is wanted and not there is asked
        for each time."""
        said = self._facts.market(condition_id)
        answered = said.last is not None or condition_id in self._kept
        return answered and (not end or self._known(condition_id).ended_at_ms > 0)
