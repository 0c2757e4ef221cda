"""Start status-sync."""

import random

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start
from polycopy.status_sync.adapters.rest import open_reports
from polycopy.status_sync.adapters.socket import UserSocket
from polycopy.status_sync.config import StatusSyncSettings, load
from polycopy.status_sync.service.scribe import NAME
from polycopy.status_sync.service.status_sync import StatusSync


async def run(settings: StatusSyncSettings) -> None:
    """Keep the account's orders as the venue has them, until cancelled."""
    clock = SystemClock()
    chance = random.Random()  # noqa: S311 - spreads reconnects
    socket = UserSocket(
        settings.user_ws_url,
        settings.api_file,
        clock=clock,
        chance=chance,
        frameless_s_max=settings.frameless_s,
    )
    async with (
        open_log(
            settings.nats_url, source=NAME, clock=clock, monitor_url=settings.nats_monitor_url
        ) as log,
        open_reports(
            settings.clob_url, settings.api_file, timeout_s=settings.timeout_s, clock=clock
        ) as reports,
    ):
        service = StatusSync(
            log,
            settings.account,
            asked=reports,
            told=socket,
            clock=clock,
            rules=settings.rules,
            signature_type=settings.signature_type,
        )
        async with serve_health(
            settings.health_port,
            lambda: {
                "log": log.connected,
                "account": service.started,
                "user_socket": socket.connected,
            },
        ):
            await service.run()


if __name__ == "__main__":
    start(NAME, load, run)
