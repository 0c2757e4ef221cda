"""What a running stack tells about itself in `run.json`."""

from collections.abc import Mapping, Sequence

import msgspec

from polycopy.cli.core.plan import Servers
from polycopy.cli.core.venue import VenueUrls
from polycopy.schemas.ids import LogId


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """`pid` is the process that keeps the stack; the run is over when that is gone."""

    stack: str
    pid: int
    started_at_ms: int
    servers: Servers
    log_id: LogId
    venue: VenueUrls | None = None
    pids: Mapping[str, int] = {}
    """By service, as they were last started."""
    health_ports: Mapping[str, int] = {}
    starting: bool = False
    """Its servers run, and not all of its services do yet."""
    secret_files: Sequence[str] = ()
    """Where the keys of its live account are."""

    def with_pids(self, pids: Mapping[str, int]) -> "Run":
        """All of them run."""
        return msgspec.structs.replace(self, pids=pids, starting=False)
