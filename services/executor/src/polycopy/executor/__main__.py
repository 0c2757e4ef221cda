"""Start the executor; with --make-api-key make the venue's API credentials instead, and end."""

import os
import platform
import sys

from polycopy.executor.adapters.credentials import write_credentials
from polycopy.executor.adapters.signing import open_signer
from polycopy.executor.adapters.venues import Waits, open_venues
from polycopy.executor.config import ApiKeySettings, ExecutorSettings, load, load_api_key
from polycopy.executor.service.desk import NAME
from polycopy.executor.service.executor import FILTERS, PAPER, Executor
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.nats_log import open_log
from polycopy.runtime.process import start


async def run(settings: ExecutorSettings) -> None:
    """Serve every paper account, and the live one where there is a key, until cancelled."""
    clock = SystemClock()
    async with (
        open_venues(
            settings.clob_url,
            settings.wallet_key if settings.live_account else None,
            waits=Waits(answer_s=settings.post_timeout_s, order_s=settings.order_wait_max_s),
            clock=clock,
        ) as (markets, venues),
        open_log(
            settings.nats_url, source=NAME, clock=clock, monitor_url=settings.nats_monitor_url
        ) as log,
    ):
        executor = Executor(
            log,
            clock=clock,
            markets=markets,
            venues=venues,
            instance=f"{platform.node()}:{os.getpid()}:{clock.now_ms()}",
            live_account=settings.live_account,
            limits=settings.limits,
        )
        async with serve_health(
            settings.health_port, lambda: executor.checks(log=log.connected), executor.notes
        ):
            money, paper = log.work(NAME, FILTERS), log.work(PAPER, FILTERS)
            await executor.run(money, paper, tick_s=settings.tick_s)


async def make_api_key(settings: ApiKeySettings) -> None:
    """Derive the credentials that belong to the key, or have the venue make them."""
    assert settings.wallet_key is not None  # noqa: S101 - both fields are required
    async with open_signer(settings.clob_url, settings.wallet_key, None) as signer:
        write_credentials(settings.api_file, signer.credentials)


if __name__ == "__main__":
    if "--make-api-key" in sys.argv:
        sys.argv.remove("--make-api-key")
        start(NAME, load_api_key, make_api_key)
    start(NAME, load, run)
