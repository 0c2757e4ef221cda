"""Gathers the evidence of a run and checks the invariants on it."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from polycopy.cli.core import invariants, plan
from polycopy.cli.core.account_rows import read_model_is_the_fold
from polycopy.cli.core.rows import ReadModel
from polycopy.cli.core.venue import Journal
from polycopy.cli.ports import Rows, World
from polycopy.cli.service.pipeline import Pipeline
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.schemas.subjects import EVENT_SUBJECTS

_PROJECTED_S_MAX = 60.0
_POLL_S = 0.02
_SECOND_SCHEMA = "rm_check"
_SECOND_BATCH = 7
"""Small and odd, so that the batches end elsewhere than the first time."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know about a run, taken when nothing moved any more."""

    events: Sequence[Recorded]
    began_after: int
    """The last sequence of what stood in the log before the run."""
    journal: Journal
    model: ReadModel


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked: the name of each law and what breaks it."""

    faults: Mapping[str, Sequence[str]]

    @property
    def holds(self) -> dict[str, bool]:
        return {law: not faults for law, faults in self.faults.items()}


async def gather(pipeline: Pipeline, rows: Rows) -> Evidence:
    """Raises Transient where the projector does not reach the log's end in time."""
    end = await pipeline.log.end()
    await _projected(rows, end)
    return Evidence(
        events=await pipeline.log.read(EVENT_SUBJECTS),
        began_after=pipeline.began_after,
        journal=await pipeline.venue.journal() if pipeline.venue else Journal(),
        model=await rows.read(),
    )


async def check(world: World, pipeline: Pipeline, rows: Rows, evidence: Evidence) -> Checked:
    """Every invariant that can be checked here. The second projection costs a few seconds."""
    events, journal, model = evidence.events, evidence.journal, evidence.model
    account_faults = invariants.accounts_balance(events)
    return Checked(
        faults={
            "V1": invariants.one_accepted_order_a_decision(events, journal),
            "V2": invariants.every_venue_order_was_requested(events, journal),
            "V3": [
                *invariants.every_venue_fill_is_read_once(journal, model),
                *invariants.every_live_order_is_at_the_venue(
                    events, journal, began_after=evidence.began_after
                ),
            ],
            "V4": invariants.nothing_arrives_against_the_switch(events, journal),
            "L1": invariants.ids_are_unique(events),
            "L2": invariants.sequence_is_contiguous(events, pipeline.log.log_id),
            **account_faults,
            "P1": read_model_is_the_fold(events, model),
            "P2": await _projected_again(world, pipeline, rows, model.sequence),
        }
    )


async def _projected(rows: Rows, sequence: int) -> None:
    try:
        async with asyncio.timeout(_PROJECTED_S_MAX):
            while await rows.checkpoint() < sequence:  # noqa: ASYNC110 - another process
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise Transient("the projector does not reach the end of the log") from error


async def _projected_again(
    world: World, pipeline: Pipeline, rows: Rows, sequence: int
) -> list[str]:
    """P2: from the log's beginning into a second schema, in other batches: the same tables."""
    await rows.drop(_SECOND_SCHEMA)
    process = plan.projector(
        pipeline.servers,
        SCHEMA=_SECOND_SCHEMA,
        UNTIL=str(sequence),
        BATCH_MAX=str(_SECOND_BATCH),
    )
    await world.programs.run([process.module], process.settings)
    first, second = await rows.digests(), await rows.digests(_SECOND_SCHEMA)
    await rows.drop(_SECOND_SCHEMA)
    return [
        f"table {table} differs when it is made again"
        for table in sorted(first.keys() | second.keys())
        if first.get(table) != second.get(table)
    ]
