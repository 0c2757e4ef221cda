"""The log in, tables out: a batch, its rows and the checkpoint in one transaction.

The checkpoint in the tables is the only one. At the start, and after the database was away, it is
held against the log, the accounts are folded up to it, and reading goes on right behind it. A
sequence that is missing is corruption: nothing is ever deleted from this log.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from polycopy.projector import core
from polycopy.projector.ports import EventLog, Tables
from polycopy.readmodel.changes import Change
from polycopy.runtime.errors import Halt, Permanent, Transient
from polycopy.runtime.log import Position, Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.metrics import SEQUENCE
from polycopy.schemas.subjects import ALL_ORDERS, EVENT_SUBJECTS

NAME = "projector"
_FOLD_STEP = 20_000
"""So many sequences are read at once: memory stays flat however long the log is."""
_logger = get_logger(NAME)


class Projector:
    """One version of the tables, kept at the end of the log."""

    def __init__(
        self,
        log: EventLog,
        open_tables: Callable[[], AbstractAsyncContextManager[Tables]],
        *,
        batch_max: int,
    ) -> None:
        self._log = log
        self._open_tables = open_tables
        self._batch_max = batch_max
        self._writing = False
        self._at: Position | None = None
        self._state = core.initial()

    def ready(self) -> Mapping[str, bool]:
        return {"database": self._writing}

    async def run(self, *, until: int = 0) -> None:
        """Project for ever, or until the event at sequence `until` is in the tables.

        Raises Halt, and Transient only where the database is away at the very start: later it is
        waited for.
        """
        started = False
        while True:
            try:
                async with self._open_tables() as tables:
                    await self._catch_up(tables)
                    started = self._writing = True
                    await self._follow(tables, until)
                    return
            except Transient as away:
                if not started:
                    raise
                _logger.warning("waiting", because=str(away), after_s=away.after_s)
                await asyncio.sleep(away.after_s)
            finally:
                self._writing = False

    async def _catch_up(self, tables: Tables) -> None:
        """Fold the accounts up to the checkpoint, having held it against the log."""
        self._at, self._state = await tables.checkpoint(), core.initial()
        if self._at is None:
            return
        await self._check(self._at)
        for after in range(0, self._at.sequence, _FOLD_STEP):
            until = min(after + _FOLD_STEP, self._at.sequence)
            history = await self._log.read([ALL_ORDERS], after=after, until=until)
            self._state = core.fold(self._state, history)
        _logger.info("caught up", sequence=self._at.sequence)

    async def _check(self, at: Position) -> None:
        if at.log_id != self._log.log_id:
            raise Halt(
                f"the tables hold log {at.log_id} and this is log {self._log.log_id}; "
                "name another schema or database, or the other log"
            )
        found = await self._log.at(at.sequence)
        if found is None or found.envelope.event_id != at.event_id:
            raise Halt(
                f"the log has another event at {at.sequence}, or none: it lost its tail since; "
                "restore it, or rebuild the tables under a new POLYCOPY_PROJECTOR_SCHEMA"
            )

    async def _follow(self, tables: Tables, until: int) -> None:
        after = self._at.sequence if self._at else 0
        if until and after >= until:
            return
        async for batch in self._log.follow_batches(
            EVENT_SUBJECTS, after=after, size_max=self._batch_max
        ):
            batch_due = [r for r in batch if not until or r.sequence <= until]
            try:
                await self._project(tables, batch_due)
            except Permanent:
                await self._project_singly(tables, batch_due)
            if until and batch[-1].sequence >= until:
                return

    async def _project_singly(self, tables: Tables, batch: list[Recorded]) -> None:
        """Everything before the event that cannot be written. Raises Halt, which names it."""
        for recorded in batch:
            try:
                await self._project(tables, [recorded])
            except Permanent as refusal:
                raise Halt(
                    f"event {recorded.sequence} of type {recorded.envelope.event_type} cannot be "
                    f"written ({refusal}); start a build that can"
                ) from refusal

    async def _project(self, tables: Tables, batch: list[Recorded]) -> None:
        state, changes, sequence = self._state, list[Change](), self._at.sequence if self._at else 0
        for recorded in batch:
            sequence += 1
            if recorded.sequence != sequence:
                raise Halt(f"the log has no event {sequence}: it is damaged; restore it")
            try:
                state, changed = core.project(state, recorded)
            except core.Poison as poison:
                raise Halt(str(poison)) from poison
            changes += changed
        after = Position(
            log_id=self._log.log_id, sequence=sequence, event_id=batch[-1].envelope.event_id
        )
        await tables.write(changes, before=self._at, after=after)
        self._state, self._at = state, after
        SEQUENCE.set(sequence)
        _logger.info("projected", sequence=sequence, events=len(batch), changes=len(changes))
