"""Start stream-ingest."""

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket
from polycopy.stream_ingest.config import StreamIngestSettings, load
from polycopy.stream_ingest.service.ingest import Ingest
from polycopy.stream_ingest.service.scribe import NAME


async def run(settings: StreamIngestSettings) -> None:
    """Listen until cancelled."""
    clock = SystemClock()
    rules = Rules(
        silence_ms=round(settings.watchdog_s * 1000), life_ms=round(settings.renew_s * 1000)
    )
    feeds = [
        RtdsSocket(settings.rtds_url, slot=slot, rules=rules, clock=clock)
        for slot in range(1, settings.connections + 1)
    ]
    async with open_log(
        settings.nats_url, source=NAME, clock=clock, monitor_url=settings.nats_monitor_url
    ) as log:
        ingest = Ingest(log, log, feeds, None, clock=clock)
        async with serve_health(
            settings.health_port, lambda: {"log": log.connected, "rtds": ingest.connected}
        ):
            await ingest.run()


if __name__ == "__main__":
    start(NAME, load, run)
