"""A whole stack with its services, for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from polycopy.cli.core import plan
from polycopy.cli.core.plan import Live, Servers, VenueChoice
from polycopy.cli.core.runs import Run
from polycopy.cli.core.venue import VenueUrls
from polycopy.cli.ports import Loss, OpenServers, PaperVenue, RunningServers, Supervisor, World
from polycopy.cli.service import keys
from polycopy.cli.service.racing import both, unless_lost
from polycopy.runtime.log import Log
from polycopy.schemas.ids import LogId


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What runs. `venue` is None at the real venue. `began_after` is the last sequence of what
    stood in the log before this run."""

    stack: Path
    servers: Servers
    log: Log
    began_after: int
    supervisor: Supervisor
    urls: VenueUrls | None
    venue: PaperVenue | None
    live: Live | None
    lost: Callable[[], Coroutine[Any, Any, Loss]]
    """Waits until a server or a process of ours is gone for good."""


Prepare = Callable[[Log, PaperVenue | None], Awaitable[None]]


@asynccontextmanager
async def open_pipeline(
    world: World,
    stack: Path,
    venue: VenueChoice | None,
    *,
    open_servers: OpenServers,
    given: Mapping[str, str],
    prepare: Prepare | None = None,
) -> AsyncIterator[Pipeline]:
    """Servers, log, venue, services, in this order; stopped in the other.

    `prepare` says what must stand in the log before the services hear the first trade. `venue`
    None is the real one.
    """
    live = keys.live_account(world, stack, given, at_paper=venue is not None)
    own = world.own_servers if open_servers is world.open_servers else None
    await keys.check_settings(world, own, live, given, at_paper=venue is not None)
    keys.warn_of_open_secrets(world, live)
    async with AsyncExitStack() as open_things:
        open_things.enter_context(world.runs.starting(stack))
        embedded = await open_things.enter_async_context(open_servers(stack))
        servers = embedded.servers
        log = await open_things.enter_async_context(world.create_log(servers))
        began_after = await log.end()
        supervisor = await open_things.enter_async_context(world.open_supervisor(stack))
        lost = partial(_lost, embedded, supervisor)
        urls = await supervisor.start_venue(venue.process()) if venue else None
        paper = None
        if urls is not None:
            paper = await open_things.enter_async_context(world.open_venue(urls))
        if prepare is not None:
            await prepare(log, paper)
        run = _run(world, stack, servers, log.log_id, urls, live)
        world.runs.write(run)
        open_things.callback(world.runs.remove, str(stack))
        starting = _start_services(world, servers, urls, live, supervisor, given)
        await unless_lost(lost, starting)
        run = msgspec.structs.replace(run, health_ports=supervisor.health_ports())
        supervisor.watch(lambda pids: world.runs.write(run.with_pids(pids)))
        yield Pipeline(
            stack=stack,
            servers=servers,
            log=log,
            began_after=began_after,
            supervisor=supervisor,
            urls=urls,
            venue=paper,
            live=live,
            lost=lost,
        )


def _run(
    world: World,
    stack: Path,
    servers: Servers,
    log_id: LogId,
    urls: VenueUrls | None,
    live: Live | None,
) -> Run:
    """As other commands find it from here on: what they say waits in the log for the services."""
    return Run(
        stack=str(stack),
        pid=world.machine.pid,
        started_at_ms=world.clock.now_ms(),
        servers=servers,
        log_id=log_id,
        venue=urls,
        starting=True,
        secret_files=(str(live.signing_key), str(live.api_key)) if live else (),
    )


async def _start_services(
    world: World,
    servers: Servers,
    urls: VenueUrls | None,
    live: Live | None,
    supervisor: Supervisor,
    given: Mapping[str, str],
) -> None:
    await both(
        keys.make_api_key(world, urls, live, given),
        supervisor.start(plan.inner_services(servers, given)),
    )
    await supervisor.start(plan.outer_services(servers, urls, live, given))


async def _lost(embedded: RunningServers, supervisor: Supervisor) -> Loss:
    """The end of a server comes first: it is why the others end."""
    server = asyncio.ensure_future(embedded.ended())
    process = asyncio.ensure_future(supervisor.lost())
    try:
        await asyncio.wait({server, process}, return_when=asyncio.FIRST_COMPLETED)
        return Loss(line=server.result(), needed=True) if server.done() else process.result()
    finally:
        for waiting in (server, process):
            waiting.cancel()
        await asyncio.gather(server, process, return_exceptions=True)
