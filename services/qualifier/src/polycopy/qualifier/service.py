"""Trades and strategies in, evaluations out.

One consumer takes both subjects, so the log's own order tells which strategies a trade has seen:
no second reader can lag behind. At its first message the service reads what came before it.
"""

from polycopy.qualifier import core
from polycopy.qualifier.ports import EventLog
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.subjects import ALL_SIGNALS, ALL_STRATEGIES, ALL_TRADES, subject_of
from polycopy.schemas.trades import TRADE_AHEAD_MS_MAX, TradeObserved

NAME = "qualifier"
FILTERS = (ALL_TRADES, ALL_STRATEGIES)
_CLOCK_SLACK_MS = TRADE_AHEAD_MS_MAX + 60_000
"""The venue's clock may run ahead of ours: look this much further back than needed. Less, and a
trade from ahead could be copied, forgotten at a restart, and copied again while it is young."""
_STEP = 2_000


class Qualifier:
    """The handler of one message. Not for concurrent use: messages are handled in their order."""

    def __init__(self, log: EventLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._state = core.initial()
        self._folded: int | None = None
        """The sequence up to which strategies are folded; None before the first message."""

    async def handle(self, recorded: Recorded) -> list[str]:
        """The event types said because of this message, after they are stored."""
        folded = self._folded
        if folded is None:
            folded = await self._catch_up(recorded.sequence - 1)
        if isinstance(recorded.event, TradeObserved):
            return await self._evaluate(recorded, recorded.event)
        if recorded.sequence > folded:
            self._state = core.evolve(self._state, recorded)
            self._folded = recorded.sequence
        return []

    async def _evaluate(self, recorded: Recorded, trade: TradeObserved) -> list[str]:
        said: list[str] = []
        command = core.Evaluate(
            trade_id=recorded.envelope.event_id,
            sequence=recorded.sequence,
            trade=trade,
            at_ms=self._clock.now_ms(),
        )
        for event in core.decide(self._state, command):
            origin = Origin(
                source=NAME,
                time_ms=command.at_ms,
                causation_id=recorded.envelope.event_id,
                correlation_id=recorded.envelope.correlation_id,
            )
            new = draft(event, subject=subject_of(event), origin=origin)
            sequence = await self._append(new)
            stored = Recorded(
                sequence=sequence, subject=new.subject, envelope=new.envelope, event=event
            )
            self._state = core.evolve(self._state, stored)
            said.append(new.envelope.event_type)
        return said

    async def _append(self, new: Draft) -> int:
        try:
            return await self._log.append(new)
        except Transient:
            self._folded = None  # It may be stored after all: read again what the log holds.
            raise

    async def _catch_up(self, until: int) -> int:
        """Strategies from the log's beginning; decisions only as far back as a trade can be young.

        A decision may stand after the message in hand, whose acknowledgement was then lost: what
        was decided is read to the end of the log.
        """
        state = core.fold(await self._log.read([ALL_STRATEGIES], until=until))
        horizon_ms = self._clock.now_ms() - state.trade_age_ms_max - _CLOCK_SLACK_MS
        after = await self._sequence_before(horizon_ms)
        state = core.fold(await self._log.read([ALL_SIGNALS], after=after), state)
        self._state, self._folded = state, until
        return until

    async def _sequence_before(self, time_ms: int) -> int:
        """A place in the log with everything since `time_ms` behind it. Costs one read a step."""
        sequence = await self._log.end()
        while sequence > 0:
            recorded = await self._log.at(sequence)
            if recorded is None or recorded.envelope.time_ms < time_ms:
                break
            sequence = max(0, sequence - _STEP)
        return sequence
