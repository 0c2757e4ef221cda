"""Start the qualifier."""

from polycopy.qualifier.config import QualifierSettings, load
from polycopy.qualifier.service import FILTERS, NAME, Qualifier
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start
from polycopy.runtime.worker import run_worker


async def run(settings: QualifierSettings) -> None:
    """Evaluate until cancelled."""
    clock = SystemClock()
    async with (
        open_log(
            settings.nats_url, source=NAME, clock=clock, monitor_url=settings.nats_monitor_url
        ) as log,
        serve_health(settings.health_port, lambda: {"log": log.connected}),
    ):
        qualifier = Qualifier(log, clock=clock)
        await run_worker(log.work(NAME, FILTERS), qualifier.handle, clock=clock)


if __name__ == "__main__":
    start(NAME, load, run)
