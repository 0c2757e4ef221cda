"""Commands that say or read something in a running stack."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from polycopy.cli.core import admission, chain, control_state, strategy_file
from polycopy.cli.core.naming import No
from polycopy.cli.service import control, reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.program import AsJson, Stack, group, program_of
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import Strategy
from polycopy.schemas.ids import StrategyId, Wallet

TomlFile = Annotated[Path, typer.Argument(metavar="FILE", help="TOML; see deploy/strategies.")]
WalletText = Annotated[str, typer.Argument(metavar="WALLET", help="0x and 40 hex digits.")]
AnyId = Annotated[
    str, typer.Argument(metavar="ID", help="Transaction hash, signal or order, or its beginning.")
]
Name = Annotated[str, typer.Argument(metavar="STRATEGY", help="As in polycopy strategy list.")]
Label = Annotated[str, typer.Option(help="A name for people.")]

targets = group("The wallets that are followed.")
strategies = group("What is copied, how large, within which limits.")


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a wallet is followed, for programs. `news`: it was not so already."""

    wallet: Wallet
    followed: bool
    news: bool


class StrategyState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a strategy takes entries, for programs. `news`: it was not so already."""

    strategy_id: StrategyId
    paused: bool
    news: bool


@targets.command("add")
def target_add(
    context: typer.Context,
    wallet: WalletText,
    *,
    label: Label = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Follow a wallet from now on."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_add_target(call, _wallet(wallet), label))


@targets.command("remove")
def target_remove(
    context: typer.Context, wallet: WalletText, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Follow a wallet no longer."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_remove_target(call, _wallet(wallet)))


@targets.command("list")
def target_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """The wallets that are followed now."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_list_targets(call))


@strategies.command("create")
def strategy_create(
    context: typer.Context, file: TomlFile, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Run the strategy in FILE from now on."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_create_strategy(call, strategy_file.parse(_text(file))))


@strategies.command("pause")
def strategy_pause(
    context: typer.Context, name: Name, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Take no more entries; what it holds is still sold when its leaders sell.

    It holds from the next leader trade on: an entry that was decided before may still go out.
    """
    call = _called(context, stack, as_json=as_json)
    call.answer(_pause_strategy(call, StrategyId(name), paused=True))


@strategies.command("resume")
def strategy_resume(
    context: typer.Context, name: Name, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Take entries again."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_pause_strategy(call, StrategyId(name), paused=False))


@strategies.command("list")
def strategy_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """All strategies."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_list_strategies(call))


def why(
    context: typer.Context, wanted: AnyId, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """A leader trade, signal or order: the whole chain with its evidence."""
    call = _called(context, stack, as_json=as_json)
    call.answer(_why(call, wanted))


def _called(context: typer.Context, stack: Path | None, *, as_json: bool) -> Call:
    return Call(program=program_of(context), stack=stack, as_json=as_json)


async def _add_target(call: Call, wallet: Wallet, label: str) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.add_target(log, call.world.clock, wallet, label)
        known = await control.list_strategies(log)
    then = (
        f"what its trades lead to is in {call.to_type('order list')}"
        if known
        else f"nothing is copied before {call.to_type('strategy create FILE')}"
    )
    told = Followed(wallet=wallet, followed=True, news=news)
    return call.done(told, f"{wallet} is followed{f'; {then}' if news else ' already'}")


async def _remove_target(call: Call, wallet: Wallet) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        news = await control.remove_target(log, call.world.clock, wallet)
    if not news:
        return call.no(f"{wallet} is not followed", f"see {call.to_type('target list')}")
    told = Followed(wallet=wallet, followed=False, news=True)
    return call.done(told, f"{wallet} is followed no longer")


async def _list_targets(call: Call) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        found = await control.list_targets(log)
    return call.show(found, control_state.view_targets(found, call.folder))


async def _create_strategy(call: Call, strategy: Strategy) -> bool:
    name = strategy.strategy_id
    async with reading.open_log(call.world, call.stack) as log:
        known = [one.strategy for one in await control.list_strategies(log)]
        if name not in {one.strategy_id for one in known}:
            why_not = admission.refusal(strategy, known, await control.served_accounts(log))
            if why_not:
                raise Halt(why_not)
        news = await control.create_strategy(log, call.world.clock, strategy)
        followed = await control.list_targets(log)
    if not news:
        error = f"there is a strategy {name} already, and it is never changed"
        return call.no(error, "choose another name")
    then = (
        f"it decides on the next trade of a followed wallet; see {call.to_type('order list')}"
        if followed
        else f"nobody is followed yet: {call.to_type('target add WALLET')}"
    )
    told = StrategyState(strategy_id=name, paused=False, news=True)
    return call.done(told, f"strategy {name} runs; {then}")


async def _pause_strategy(call: Call, name: StrategyId, *, paused: bool) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        known = {one.strategy.strategy_id for one in await control.list_strategies(log)}
        if name not in known:
            raise No(f"there is no strategy {name}", f"see {call.to_type('strategy list')}")
        news = await control.pause_strategy(log, call.world.clock, name, paused=paused)
    state = "takes no entries" if paused else "takes entries"
    told = StrategyState(strategy_id=name, paused=paused, news=news)
    return call.done(told, f"strategy {name} {state}{'' if news else ' already'}")


async def _list_strategies(call: Call) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        found = await control.list_strategies(log)
    return call.show(found, control_state.view_strategies(found, call.folder))


async def _why(call: Call, wanted: str) -> bool:
    found = await reading.chain_of(call.world, call.stack, wanted)
    if not found:
        hint = "it is a transaction hash, a signal or an order"
        return call.no(f"nothing has the id {wanted}", hint)
    return call.show([_plain(one) for one in found], chain.tree(found))


def _plain(recorded: Recorded) -> dict[str, object]:
    return {
        "sequence": recorded.sequence,
        "subject": recorded.subject,
        "type": recorded.envelope.event_type,
        "id": recorded.envelope.event_id,
        "causation_id": recorded.envelope.causation_id,
        "correlation_id": recorded.envelope.correlation_id,
        "time_ms": recorded.envelope.time_ms,
        "event": recorded.event,
    }


def _wallet(text: str) -> Wallet:
    try:
        return strategy_file.wallet_from(text)
    except ValueError as error:
        raise Halt(f"{text} is {error}") from error


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Halt(f"cannot read {file}: name a strategy file, see deploy/strategies") from error
