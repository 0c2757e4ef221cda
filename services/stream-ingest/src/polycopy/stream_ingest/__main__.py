"""Start stream-ingest."""

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start
from polycopy.stream_ingest.adapters.leaderboard import open_leaderboard
from polycopy.stream_ingest.adapters.reference_http import ReferenceUrls, open_reference
from polycopy.stream_ingest.adapters.sources import open_sources
from polycopy.stream_ingest.config import StreamIngestSettings, load, wanted
from polycopy.stream_ingest.service.ingest import Ingest, Terms
from polycopy.stream_ingest.service.reference import Reference
from polycopy.stream_ingest.service.scribe import NAME
from polycopy.stream_ingest.service.targets import Targets

_REFERENCE_TIMEOUT_S = 10.0


async def run(settings: StreamIngestSettings) -> None:
    """Listen until cancelled."""
    clock = SystemClock()
    async with (
        open_log(
            settings.nats_url, source=NAME, clock=clock, monitor_url=settings.nats_monitor_url
        ) as log,
        open_sources(wanted(settings), clock=clock) as opened,
        open_leaderboard(settings.data_url) as leaderboard,
        open_reference(
            ReferenceUrls(gamma=settings.gamma_url, clob=settings.clob_url, data=settings.data_url),
            requests_per_s=settings.reference_per_s,
            timeout_s=_REFERENCE_TIMEOUT_S,
            clock=clock,
        ) as source,
    ):
        targets = Targets(log, leaderboard, clock=clock, changed=lambda *_: ingest.aim())
        references = Reference(
            log,
            source,
            clock=clock,
            learned=lambda *of: ingest.learned(*of),  # noqa: PLW0108 - it is made below
        )
        ingest = Ingest(
            log,
            log,
            opened,
            targets,
            clock=clock,
            references=references if settings.reference else None,
            terms=Terms(record=settings.record, stale_ms=round(settings.stale_s * 1000)),
        )
        async with serve_health(
            settings.health_port, lambda: ingest.checks(log=log.connected), ingest.notes
        ):
            await ingest.run()


if __name__ == "__main__":
    start(NAME, load, run)
