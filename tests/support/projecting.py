"""The projector's core over a whole log, in memory and into Postgres."""

from collections.abc import Callable, Sequence

import msgspec
from immutables import Map

from polycopy.projector import core
from polycopy.projector.adapters import open_tables
from polycopy.readmodel.changes import Change
from polycopy.runtime.log import Position, Recorded
from tests.support.histories import LOG_ID

Each = Callable[[core.State], core.State]
"""What is done with the state after every event."""


def as_it_is(state: core.State) -> core.State:
    return state


def forgetful(state: core.State) -> core.State:
    """Every account looks at its next event what it can forget: others do so only once they hold a
    thousand orders."""
    eager = {
        name: msgspec.structs.replace(account, forget_at=1)
        for name, account in state.accounts.items()
    }
    return msgspec.structs.replace(state, accounts=Map(eager))


def changes_of(
    batch: Sequence[Recorded], state: core.State, each: Each = as_it_is
) -> tuple[core.State, list[Change]]:
    """The state after the batch, and all that it changes."""
    changes: list[Change] = []
    for one in batch:
        state, changed = core.project(state, one)
        state = each(state)
        changes += changed
    return state, changes


async def write(
    url: str, schema: str, batches: Sequence[Sequence[Recorded]], each: Each = as_it_is
) -> None:
    """As the projector does it, one transaction a batch."""
    state, before = core.initial(), None
    async with open_tables(url, schema) as tables:
        for batch in filter(None, batches):
            state, changes = changes_of(batch, state, each)
            last = batch[-1]
            after = Position(log_id=LOG_ID, sequence=last.sequence, event_id=last.envelope.event_id)
            await tables.write(changes, before=before, after=after)
            before = after
