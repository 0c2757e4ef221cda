"""Start stream-ingest."""

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start
from polycopy.stream_ingest.adapters.data_api import Polling
from polycopy.stream_ingest.adapters.leaderboard import open_leaderboard
from polycopy.stream_ingest.adapters.sources import Wanted, open_sources
from polycopy.stream_ingest.config import StreamIngestSettings, load
from polycopy.stream_ingest.core.poll_schedule import Pace
from polycopy.stream_ingest.service.ingest import Ingest
from polycopy.stream_ingest.service.scribe import NAME
from polycopy.stream_ingest.service.targets import Targets


def wanted(settings: StreamIngestSettings) -> Wanted:
    """What is switched on."""
    return Wanted(
        rtds_url=settings.rtds_url if settings.rtds else "",
        connections=settings.connections,
        rules=Rules(silence_ms=_ms(settings.watchdog_s), life_ms=_ms(settings.renew_s)),
        data_url=settings.data_url if settings.poll else "",
        polling=Polling(
            pace=Pace(every_ms=_ms(settings.poll_s), sweep_ms=_ms(settings.sweep_s)),
            per_second=settings.requests_per_s,
        ),
        chain_ws_url=settings.chain_ws_url if settings.chain else "",
        chain_url=settings.chain_url if settings.chain else "",
    )


async def run(settings: StreamIngestSettings) -> None:
    """Listen until cancelled."""
    clock = SystemClock()
    async with (
        open_log(
            settings.nats_url, source=NAME, clock=clock, monitor_url=settings.nats_monitor_url
        ) as log,
        open_sources(wanted(settings), clock=clock) as opened,
        open_leaderboard(settings.data_url) as leaderboard,
    ):
        targets = Targets(log, leaderboard, clock=clock, changed=lambda *_: ingest.aim())
        ingest = Ingest(log, log, opened, targets, clock=clock, stale_ms=_ms(settings.stale_s))
        async with serve_health(
            settings.health_port, lambda: ingest.checks(log=log.connected), ingest.notes
        ):
            await ingest.run()


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


if __name__ == "__main__":
    start(NAME, load, run)
