"""What the projector makes of a run's log in Postgres, held against the venue and the fold."""

import msgspec

from polycopy.cli.adapters.read_model import open_rows
from polycopy.cli.core import invariants, venue
from polycopy.cli.core.account_rows import read_model_is_the_fold
from polycopy.readmodel.schema import switch_views
from polycopy.readmodel.sql import connect
from tests.faults.harness.evidence import Evidence
from tests.faults.harness.fill_laws import Faults
from tests.faults.harness.laws import Verdict
from tests.support.projecting import write

_SCHEMA = "rm_v1"
_BATCH = 50


async def read_back(database_url: str, evidence: Evidence, verdict: Verdict) -> Verdict:
    """The verdict with V3 of the rows too: every fill of the venue is among them exactly once; and
    with P1: they are the fold. The database is empty before."""
    events = evidence.events
    batches = [events[start : start + _BATCH] for start in range(0, len(events), _BATCH)]
    await write(database_url, _SCHEMA, batches)
    async with connect(database_url, application="test") as connection:
        await switch_views(connection, _SCHEMA)
    async with open_rows(database_url) as rows:
        model = await rows.read()
    told = msgspec.convert(evidence.journal, venue.Journal, from_attributes=True)
    faults: dict[str, Faults] = {
        "V3": [*verdict.faults["V3"], *invariants.every_venue_fill_is_read_once(told, model)],
        "P1": read_model_is_the_fold(events, model),
    }
    return msgspec.structs.replace(verdict, faults={**verdict.faults, **faults})
