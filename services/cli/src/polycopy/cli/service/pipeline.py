"""A whole stack with its services, for as long as a block lasts."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from polycopy.cli.core import plan
from polycopy.cli.core.demo_strategies import PAPER_ACCOUNT
from polycopy.cli.core.plan import Live, Process, Servers, VenueChoice
from polycopy.cli.core.runs import Run
from polycopy.cli.core.venue import VenueUrls
from polycopy.cli.ports import PaperVenue, Supervisor, World
from polycopy.cli.service.racing import both
from polycopy.runtime.log import Log

OpenServers = Callable[[Path], AbstractAsyncContextManager[Servers]]


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
    open_servers: OpenServers,
    given: Mapping[str, str],
    prepare: Prepare | None = None,
) -> AsyncIterator[Pipeline]:
    """Servers, log, venue, services, in this order; stopped in the other.

    `prepare` says what must stand in the log before the services hear the first trade. `venue`
    None is the real one.
    """
    async with AsyncExitStack() as open_things:
        servers = await open_things.enter_async_context(open_servers(stack))
        log = await open_things.enter_async_context(world.create_log(servers))
        supervisor = await open_things.enter_async_context(world.open_supervisor(stack))
        urls = await supervisor.start_venue(venue.process()) if venue else None
        paper = None
        if urls is not None:
            paper = await open_things.enter_async_context(world.open_venue(urls))
        if prepare is not None:
            await prepare(log, paper)
        live, _ = await both(
            _live(world, stack, urls, given),
            supervisor.start(plan.inner_services(servers, given)),
        )
        await supervisor.start(plan.outer_services(servers, urls, live, given))
        run = Run(
            stack=str(stack),
            pid=world.machine.pid,
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


async def _live(
    world: World, stack: Path, urls: VenueUrls | None, given: Mapping[str, str]
) -> Live | None:
    """The account with real orders.

    At the paper venue it is `main`, with a key made for this stack; the venue forgets its clients,
    so the credentials are new at every start. At the real one it is what the operator's settings
    say; without them there are forward tests only.
    """
    executor = Process(name="executor", settings={})
    account = given.get(f"{executor.prefix}LIVE_ACCOUNT", PAPER_ACCOUNT if urls else "")
    key = given.get(f"{executor.prefix}KEY_FILE", "")
    if not account or (not key and urls is None):
        return None
    signing_key = Path(key) if key else world.keyring.signing_key(stack)
    api_key = Path(given.get(f"{executor.prefix}API_FILE", signing_key.with_name("api-key")))
    live = Live(account=account, signing_key=signing_key, api_key=api_key)
    if urls is not None:
        world.keyring.forget(api_key)
    if not world.keyring.has(api_key):
        own = plan.executor_settings(urls, live)
        settings = {f"{executor.prefix}{name}": value for name, value in own.items()}
        await world.programs.run([executor.module, "--make-api-key"], settings)
    return live
