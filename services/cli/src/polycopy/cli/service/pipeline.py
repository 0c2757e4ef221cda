"""A whole stack with its services, for as long as a block lasts."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from polycopy.cli.core import plan
from polycopy.cli.core.plan import Keys, Servers, VenueChoice
from polycopy.cli.core.runs import Run
from polycopy.cli.core.venue import VenueUrls
from polycopy.cli.ports import PaperVenue, Supervisor, World
from polycopy.runtime.log import Log


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What runs. `venue` is None at the real venue."""

    stack: Path
    servers: Servers
    log: Log
    supervisor: Supervisor
    urls: VenueUrls | None
    venue: PaperVenue | None


Prepare = Callable[[Log, PaperVenue | None], Awaitable[None]]


@asynccontextmanager
async def open_pipeline(
    world: World,
    stack: Path,
    venue: VenueChoice | None,
    *,
    given: Mapping[str, str],
    prepare: Prepare | None = None,
) -> AsyncIterator[Pipeline]:
    """Servers, log, venue, services, in this order; stopped in the other.

    `prepare` says what must stand in the log before the services hear the first trade. `venue`
    None is the real one.
    """
    async with AsyncExitStack() as open_things:
        servers = await open_things.enter_async_context(world.open_servers(stack))
        log = await open_things.enter_async_context(world.create_log(servers))
        supervisor = await open_things.enter_async_context(world.open_supervisor(stack))
        urls = await supervisor.start_venue(venue.process()) if venue else None
        paper = None
        if urls is not None:
            paper = await open_things.enter_async_context(world.open_venue(urls))
        keys = await _keys(world, stack, servers, urls)
        if prepare is not None:
            await prepare(log, paper)
        for process in plan.services(servers, urls, keys, given):
            await supervisor.start(process)
        run = Run(
            stack=str(stack),
            pid=world.pid,
            started_at_ms=world.clock.now_ms(),
            servers=servers,
            log_id=log.log_id,
            venue=urls,
        )
        supervisor.watch(lambda pids: world.runs.write(run.with_pids(pids)))
        open_things.callback(world.runs.remove, str(stack))
        yield Pipeline(
            stack=stack, servers=servers, log=log, supervisor=supervisor, urls=urls, venue=paper
        )


async def _keys(world: World, stack: Path, servers: Servers, urls: VenueUrls | None) -> Keys:
    """The account's keys. At a paper venue they are made; at the real one the operator has them."""
    signing_key = world.keyring.signing_key(stack)
    return Keys(signing_key=signing_key, api_key=signing_key.with_name("api-key"))
