"""Commands about whom to follow: wallets, names and leaderboards."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
import typer

from polycopy.cli.core import following_view, whom
from polycopy.cli.core.whom import ByName
from polycopy.cli.core.words import plain
from polycopy.cli.service import control, reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.program import AsJson, Stack, group, program_of
from polycopy.runtime.errors import Halt
from polycopy.schemas.control import Pool, PoolOrder, PoolPeriod
from polycopy.schemas.ids import PoolId, Wallet

_CATEGORIES = f"Of which markets: {', '.join(whom.CATEGORIES)}."

POOL_SIZE_MAX = 1_000
Read = TypeVar("Read")
WhomText = Annotated[
    str,
    typer.Argument(metavar="WALLET|NAME", help="0x and 40 hex digits, or a name at the venue."),
]
PoolText = Annotated[str, typer.Argument(metavar="ID", help="What you call the pool.")]
Label = Annotated[str, typer.Option(help="A name for people.")]

targets = group("The wallets and traders that are followed.")
pools = group("The leaderboards whose traders are followed.")


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody is followed, for programs. `news`: it was not so already. A `name` has its
    wallet in `target list` once it is found; `why` names the reasons that are left."""

    wallet: Wallet
    followed: bool
    news: bool
    name: str = ""
    why: tuple[str, ...] = ()


class PoolFollowed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a leaderboard is followed, for programs. `news`: it was not so already."""

    pool_id: PoolId
    followed: bool
    news: bool


@targets.command("add")
def target_add(
    context: typer.Context,
    who: WhomText,
    *,
    label: Label = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Follow a wallet or a trader from now on. Whose the name is, is looked up once."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    meant = _meant(who, whom.meant)
    if isinstance(meant, ByName):
        call.answer(_add_name(call, meant.name, label))
    else:
        call.answer(_add_wallet(call, meant, label))


@targets.command("remove")
def target_remove(
    context: typer.Context, who: WhomText, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Follow a wallet or a trader no longer, unless there is another reason."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    meant = _meant(who, whom.meant)
    if isinstance(meant, ByName):
        call.answer(_remove_name(call, meant.name))
    else:
        call.answer(_remove_wallet(call, meant))


@targets.command("list")
def target_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """The wallets that are followed now, and why."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_list_targets(call))


@pools.command("add")
def pool_add(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    name: PoolText,
    *,
    period: Annotated[PoolPeriod, typer.Option(help="Which gains.")] = PoolPeriod.MONTH,
    by: Annotated[PoolOrder, typer.Option("--by", help="What is compared.")] = PoolOrder.PNL,
    category: Annotated[str, typer.Option(help=_CATEGORIES)] = "overall",
    size: Annotated[
        int, typer.Option(min=1, max=POOL_SIZE_MAX, help="How many traders, from the first.")
    ] = 25,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Follow the first traders of a leaderboard from now on.

    It is read every quarter of an hour. Who leaves it is followed for 30 days more: you may hold
    copies of his positions. Said again of the same ID, it holds as it is said now.
    """
    pool = Pool(
        pool_id=_meant(name, whom.pool_named),
        period=period,
        order=by,
        category=_meant(category, whom.category_named),
        size=size,
    )
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_add_pool(call, pool))


@pools.command("remove")
def pool_remove(
    context: typer.Context, name: PoolText, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Follow a leaderboard's traders no longer, unless there is another reason."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_remove_pool(call, _meant(name, whom.pool_named)))


@pools.command("list")
def pool_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """The leaderboards, how many are on each, and when it was read last."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_list_pools(call))


async def _add_wallet(call: Call, wallet: Wallet, label: str) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.add_target(log, call.world.clock, wallet, label)
        known = await control.list_strategies(log)
    then = (
        f"what its trades lead to is in {call.to_type('order list')}"
        if known
        else f"nothing is copied before {call.to_type('strategy create FILE')}"
    )
    told = Followed(wallet=wallet, followed=True, news=news, why=("added",))
    return call.done(told, f"{wallet} is followed{f'; {then}' if news else ' already'}")


async def _add_name(call: Call, name: str, label: str) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.add_name(log, call.world.clock, name, label)
        state = await control.who_is_followed(log, call.world.clock)
    owner = following_view.owner_of(state, name)
    told = Followed(wallet=owner, followed=bool(owner), news=news, name=name)
    shown = plain(name)
    if owner:
        return call.done(told, f"{shown} is {owner}, which is followed")
    words = "is looked up" if news else "is being looked up already"
    return call.done(told, f"{shown} {words}: see {call.to_type('target list')}")


async def _remove_wallet(call: Call, wallet: Wallet) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.remove_target(log, call.world.clock, wallet)
        state = await control.who_is_followed(log, call.world.clock)
    why = following_view.why(state, wallet)
    if not news:
        error = f"{wallet} is not followed" + (" by its address" if why else "")
        hint = f"{'; '.join(why)} follows it" if why else f"see {call.to_type('target list')}"
        return call.no(error, hint)
    told = Followed(wallet=wallet, followed=bool(why), news=True, why=why)
    still = f"{wallet} is still followed: {'; '.join(why)}"
    return call.done(told, still if why else f"{wallet} is followed no longer")


async def _remove_name(call: Call, name: str) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.remove_name(log, call.world.clock, name)
        state = await control.who_is_followed(log, call.world.clock)
    if not news:
        error = f"nobody is followed by the name {plain(name)}"
        return call.no(error, f"see {call.to_type('target list')}")
    wallet = following_view.owner_of(state, name)
    why = following_view.why(state, wallet)
    told = Followed(wallet=wallet, followed=bool(why), news=True, name=name, why=why)
    still = f"{wallet} is still followed: {'; '.join(why)}"
    return call.done(told, still if why else f"{plain(name)} is followed no longer")


async def _list_targets(call: Call) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        found = following_view.targets(await control.who_is_followed(log, call.world.clock))
    return call.show(found, following_view.view_targets(found, call.folder))


async def _add_pool(call: Call, pool: Pool) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.add_pool(log, call.world.clock, pool)
    told = PoolFollowed(pool_id=pool.pool_id, followed=True, news=news)
    then = f"; who is on it is in {call.to_type('pool list')}" if news else " already"
    what = following_view.leaderboard(pool)
    return call.done(told, f"pool {pool.pool_id} ({what}) is followed{then}")


async def _remove_pool(call: Call, pool_id: PoolId) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.remove_pool(log, call.world.clock, pool_id)
    if not news:
        return call.no(f"pool {pool_id} is not followed", f"see {call.to_type('pool list')}")
    told = PoolFollowed(pool_id=pool_id, followed=False, news=True)
    return call.done(told, f"pool {pool_id} is followed no longer")


async def _list_pools(call: Call) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        found = following_view.pools(await control.who_is_followed(log, call.world.clock))
    return call.show(found, following_view.view_pools(found, call.folder))


def _meant(text: str, read: Callable[[str], Read]) -> Read:
    try:
        return read(text)
    except ValueError as error:
        raise Halt(f"{plain(text)} is {error}" if text.strip() else f"'' is {error}") from error
