"""Commands that read: what they need is open only as long as they read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from polycopy.cli.core import chain
from polycopy.cli.core.naming import No
from polycopy.cli.core.plan import Servers
from polycopy.cli.core.rows import DOUBTFUL, OrderRow
from polycopy.cli.core.words import command, there_are
from polycopy.cli.ports import Rows, World
from polycopy.cli.service import control
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.subjects import ALL_ORDER_WISHES, ALL_ORDERS, ALL_SIGNALS, ALL_TRADES

_BEHIND_MAX = 100
STARTING = "the stack is still starting: try again in a few seconds"


@asynccontextmanager
async def open_servers(world: World, stack: Path | None) -> AsyncIterator[Servers]:
    """Those that the environment names, those of the running stack, or those of a stopped one,
    which run as long as the block. Raises Halt where there is no stack."""
    known = world.known_servers(stack)
    if known is not None:
        yield known
        return
    folder = stack or world.main_stack
    if world.runs.is_starting(folder):
        raise Halt(STARTING)
    if not world.machine.holds_stack(folder):
        where = f"there is no stack in {stack}" if stack else f"no stack is running in {world.home}"
        raise Halt(f"{where}: start one with {command('up', str(stack or ''))}")
    world.terminal.note(f"the stack in {folder} is stopped; its servers run for this command")
    async with world.open_embedded(folder) as embedded:
        yield embedded.servers


@asynccontextmanager
async def open_log(world: World, stack: Path | None) -> AsyncIterator[Log]:
    """The log of a stack."""
    async with open_servers(world, stack) as servers, world.open_log(servers) as log:
        yield log


@asynccontextmanager
async def open_running_log(world: World, stack: Path | None) -> AsyncIterator[Log]:
    """The log of a stack whose services can answer. Raises Halt where none runs."""
    if world.runs.is_starting(stack or world.main_stack):
        raise Halt(STARTING)
    if world.known_servers(stack) is None:
        start = command("up", str(stack or ""))
        raise Halt(f"no stack is running, so nobody would answer: start it with {start}")
    async with open_log(world, stack) as log:
        yield log


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Whose orders, and in which states; "" and () leave that open."""

    strategy_id: str = ""
    account: str = ""
    states: tuple[str, ...] = ()


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """Those in doubt, and the newest ones, which may be among them; the newest first."""

    doubtful: list[OrderRow]
    newest: list[OrderRow]


async def orders(world: World, stack: Path | None, which: Which, *, limit: int | None) -> Orders:
    """From the read model: every order in doubt, however old, and up to `limit` others. Raises No
    where nobody has the name, or where the rows of a stopped stack are too old."""
    stopped = world.known_servers(stack) is None
    async with open_servers(world, stack) as servers, world.open_log(servers) as log:
        await _must_be_known(log, which)
        async with world.open_rows(servers.database_url) as rows:
            projected = await rows.checkpoint()
            behind = await log.end() - projected
            told = f"{behind} events of the log are not in these rows yet"
            hint = f"{command('up', str(stack or ''))} brings them in"
            # Nobody brings them in while it is stopped: no list is better than a wrong one.
            if stopped and (behind > _BEHIND_MAX or not projected):
                raise No(told, hint)
            if behind > (0 if stopped else _BEHIND_MAX):
                world.terminal.note(f"{told}: {hint}")
            doubtful = [
                row
                for state in DOUBTFUL
                if not which.states or state in which.states
                for row in await _rows(rows, which, (state,), None)
            ]
            return Orders(doubtful=doubtful, newest=await _rows(rows, which, which.states, limit))


async def _rows(
    rows: Rows, which: Which, states: tuple[str, ...], limit: int | None
) -> list[OrderRow]:
    return await rows.orders(
        strategy_id=which.strategy_id or None,
        account=which.account or None,
        states=states or None,
        limit=limit,
    )


async def _must_be_known(log: Log, which: Which) -> None:
    """A name that nobody has must not look like one without orders."""
    if which.strategy_id:
        known = [one.strategy.strategy_id for one in await control.list_strategies(log)]
        if which.strategy_id not in known:
            raise No(f"there is no strategy {which.strategy_id}", there_are(known))
    if which.account:
        accounts = await control.known_accounts(log)
        if which.account not in accounts:
            raise No(f"there is no account {which.account}", there_are(accounts))


async def chain_of(world: World, stack: Path | None, wanted: str) -> list[Recorded]:
    """Reads the trades, signals, orders and the wishes about them in the whole log: the log has no
    index by id. Raises No where several ids are meant."""
    async with open_log(world, stack) as log:
        events = await log.read([ALL_TRADES, ALL_SIGNALS, ALL_ORDERS, ALL_ORDER_WISHES])
    return chain.find(events, wanted)
