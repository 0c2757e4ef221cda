"""`polycopy up`: the stack in the foreground."""

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from polycopy.cli.core import exits, news
from polycopy.cli.core.plan import VenueChoice
from polycopy.cli.core.rows import LOST
from polycopy.cli.ports import Died, Loss, World
from polycopy.cli.service.account_news import AccountNews, tell_breaker
from polycopy.cli.service.accounts import breaker_if_told
from polycopy.cli.service.control import switches
from polycopy.cli.service.pipeline import Pipeline, open_pipeline
from polycopy.runtime.errors import Halt, Transient
from polycopy.schemas.ids import AccountId
from polycopy.schemas.subjects import ALL_FEEDS, ALL_TRADING_STATES, filled_filter

_ON_PAPER = "forward tests only (POLYCOPY_EXECUTOR_LIVE_ACCOUNT and its files are not set)"


async def up(world: World, stack: Path, venue: VenueChoice | None) -> bool:
    """Runs until cancelled, which is its good end: False where a service gave up before. Raises
    Died where a server or the paper venue ended, Halt where something cannot start."""
    world.machine.make_stack(stack)
    world.terminal.tell_times(world.clock)
    given_up: list[Loss] = []
    try:
        await _run(world, stack, venue, given_up)
    except asyncio.CancelledError:
        world.terminal.note("stopped")
    return not given_up


async def _remember(world: World, pipeline: Pipeline) -> None:
    """A stack goes on where it was; the paper venue begins anew each time."""
    account = AccountId(pipeline.live.account) if pipeline.live else None
    if account and await pipeline.log.last(filled_filter(account)):
        world.terminal.note(
            f"the paper venue begins anew: it knows nothing of what account {account} bought "
            "before, and refuses to have that sold"
        )


def _where(world: World, stack: Path) -> str:
    """The option that names the stack, as it is added to a command."""
    return "" if stack == world.main_stack else f" --stack {shlex.quote(str(stack))}"


async def _tell_what_stands(world: World, pipeline: Pipeline) -> None:
    """A remark: that a server is away is told by who watches it."""
    with contextlib.suppress(Transient):
        async with world.open_rows(pipeline.servers.database_url) as rows:
            lost = await rows.orders(limit=None, states=(LOST,))
        where = _where(world, pipeline.stack)
        for line in news.standing(await switches(pipeline.log), lost, where):
            world.terminal.note(line)


@asynccontextmanager
async def _news(world: World, pipeline: Pipeline, after: int) -> AsyncIterator[None]:
    """Tells what needs a hand, as it comes after that, as long as the block lasts."""
    where, say = _where(world, pipeline.stack), world.terminal.note

    async def tell() -> None:
        async for recorded in pipeline.log.follow(ALL_TRADING_STATES, after=after):
            if line := news.line(recorded, exits.initial(), where):
                say(line)

    async def tell_feeds() -> None:
        async for recorded in pipeline.log.follow([ALL_FEEDS], after=after):
            if line := news.feed_line(recorded.event):
                say(line)

    async def until_it_ends(telling: Coroutine[Any, Any, None]) -> None:
        try:
            await telling
        except (Halt, Transient) as fault:
            say(f"from here on not everything is told that needs a hand: {fault}")

    by_hand = pipeline.venue is None
    of_accounts = AccountNews(
        pipeline.log, clock=world.clock, say=say, by_hand=by_hand, where=where
    )
    breaker = tell_breaker(partial(breaker_if_told, world, pipeline.stack), say)
    telling = (tell(), tell_feeds(), of_accounts.run(after), breaker)
    tasks = [asyncio.create_task(until_it_ends(one)) for one in telling]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(world: World, stack: Path, venue: VenueChoice | None, given_up: list[Loss]) -> None:
    world.terminal.note(f"starting the stack in {stack}")
    async with open_pipeline(
        world, stack, venue, open_servers=world.open_servers, given=world.given
    ) as pipeline:
        where = "the paper venue" if venue else "Polymarket"
        what = f"orders of account {pipeline.live.account}" if pipeline.live else _ON_PAPER
        world.terminal.note(f"running at {where}, {what}; stop with Ctrl-C")
        if venue and pipeline.venue:
            status = await pipeline.venue.status()
            world.terminal.note(
                f"{len(status.wallets)} leaders trade here; follow one with "
                f"polycopy target add {status.wallets[0]}{_where(world, stack)}"
            )
            await _remember(world, pipeline)
        after = await pipeline.log.end()
        await _tell_what_stands(world, pipeline)
        async with _news(world, pipeline, after):
            while not (loss := await pipeline.lost()).needed:
                world.terminal.note(f"{loss.line}; everything else keeps running")
                given_up.append(loss)
        raise Died(loss.line)
