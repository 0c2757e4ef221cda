"""Start the projector."""

from polycopy.projector.adapters import open_tables
from polycopy.projector.config import ProjectorSettings, load
from polycopy.projector.service import NAME, Projector
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start


async def run(settings: ProjectorSettings) -> None:
    """Project until cancelled, or until the sequence that the settings name."""
    async with open_log(
        settings.nats_url,
        source=NAME,
        clock=SystemClock(),
        monitor_url=settings.nats_monitor_url,
    ) as log:
        projector = Projector(
            log,
            lambda: open_tables(settings.database_url, settings.schema_name),
            batch_max=settings.batch_max,
        )
        async with serve_health(
            settings.health_port, lambda: {"log": log.connected, **projector.ready()}
        ):
            try:
                await projector.run(until=settings.until)
            except Transient as away:
                raise Halt(f"{away}; start it, or change NATS_URL or DATABASE_URL") from away


if __name__ == "__main__":
    start(NAME, load, run)
