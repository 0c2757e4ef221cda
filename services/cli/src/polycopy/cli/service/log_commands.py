"""Commands that say or read something in a running stack."""

from pathlib import Path
from typing import Annotated

import typer

from polycopy.cli.core import admission, chain, control_state, strategy_file
from polycopy.cli.service import control, reading
from polycopy.cli.service.program import AsJson, Program, Stack, group, program_of
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import Strategy
from polycopy.schemas.ids import StrategyId, Wallet

TomlFile = Annotated[Path, typer.Argument(metavar="FILE", help="TOML; see deploy/strategies.")]
WalletText = Annotated[str, typer.Argument(metavar="WALLET", help="0x and 40 hex digits.")]
AnyId = Annotated[
    str, typer.Argument(metavar="ID", help="Transaction hash, signal or order, or its beginning.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As in polycopy strategy list.")]
Label = Annotated[str, typer.Option(help="A name for people.")]

targets = group("The wallets that are followed.")
strategies = group("What is copied, how large, within which limits.")


@targets.command("add")
def target_add(
    context: typer.Context, wallet: WalletText, *, label: Label = "", stack: Stack = None
) -> None:
    """Follow a wallet from now on."""
    program = program_of(context)
    program.answer(_add_target(program, _wallet(wallet), label, stack))


@targets.command("remove")
def target_remove(context: typer.Context, wallet: WalletText, *, stack: Stack = None) -> None:
    """Follow a wallet no longer."""
    program = program_of(context)
    program.answer(_remove_target(program, _wallet(wallet), stack))


@targets.command("list")
def target_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """The wallets that are followed now."""
    program = program_of(context)
    program.answer(_list_targets(program, stack, as_json=as_json))


@strategies.command("create")
def strategy_create(context: typer.Context, file: TomlFile, *, stack: Stack = None) -> None:
    """Run the strategy in FILE from now on."""
    program = program_of(context)
    strategy = strategy_file.parse(_text(file))
    program.answer(_create_strategy(program, strategy, stack))


@strategies.command("pause")
def strategy_pause(context: typer.Context, name: Name, *, stack: Stack = None) -> None:
    """Take no more entries; what it holds is still sold when its leaders sell.

    It holds from the next leader trade on: an entry that was decided before may still go out.
    """
    program = program_of(context)
    program.answer(_pause_strategy(program, name, stack, paused=True))


@strategies.command("resume")
def strategy_resume(context: typer.Context, name: Name, *, stack: Stack = None) -> None:
    """Take entries again."""
    program = program_of(context)
    program.answer(_pause_strategy(program, name, stack, paused=False))


@strategies.command("list")
def strategy_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """All strategies."""
    program = program_of(context)
    program.answer(_list_strategies(program, stack, as_json=as_json))


def why(
    context: typer.Context, wanted: AnyId, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """A leader trade, signal or order: the whole chain with its evidence."""
    program = program_of(context)
    program.answer(_why(program, wanted, stack, as_json=as_json))


async def _add_target(program: Program, wallet: Wallet, label: str, stack: Path | None) -> bool:
    async with reading.open_log(program.world, stack) as log:
        news = await control.add_target(log, program.world.clock, wallet, label)
        known = await control.list_strategies(log)
    then = (
        f"what its trades lead to is in polycopy order list{_of(stack)}"
        if known
        else f"nothing is copied before polycopy strategy create FILE{_of(stack)}"
    )
    program.world.terminal.note(
        f"{wallet} is followed; {then}" if news else f"{wallet} is followed already"
    )
    return True


async def _remove_target(program: Program, wallet: Wallet, stack: Path | None) -> bool:
    async with reading.open_log(program.world, stack) as log:
        news = await control.remove_target(log, program.world.clock, wallet)
    no = f"{wallet} is not followed: see polycopy target list"
    program.world.terminal.note(f"{wallet} is followed no longer" if news else no)
    return news


async def _list_targets(program: Program, stack: Path | None, *, as_json: bool) -> bool:
    async with reading.open_log(program.world, stack) as log:
        found = await control.list_targets(log)
    program.show(found, control_state.view_targets(found), as_json=as_json)
    return True


async def _create_strategy(program: Program, strategy: Strategy, stack: Path | None) -> bool:
    name = strategy.strategy_id
    async with reading.open_log(program.world, stack) as log:
        known = [one.strategy for one in await control.list_strategies(log)]
        if name not in {one.strategy_id for one in known}:
            why_not = admission.refusal(strategy, known, await control.served_accounts(log))
            if why_not:
                raise Halt(why_not)
        news = await control.create_strategy(log, program.world.clock, strategy)
        followed = await control.list_targets(log)
    then = (
        f"it decides on the next trade of a followed wallet; see polycopy order list{_of(stack)}"
        if followed
        else f"nobody is followed yet: polycopy target add WALLET{_of(stack)}"
    )
    no = f"there is a strategy {name} already, and it is never changed: choose another name"
    program.world.terminal.note(f"strategy {name} runs; {then}" if news else no)
    return news


async def _pause_strategy(program: Program, name: str, stack: Path | None, *, paused: bool) -> bool:
    async with reading.open_log(program.world, stack) as log:
        known = {one.strategy.strategy_id for one in await control.list_strategies(log)}
        if name not in known:
            raise Halt(f"there is no strategy {name}: see polycopy strategy list{_of(stack)}")
        strategy_id = StrategyId(name)
        news = await control.pause_strategy(log, program.world.clock, strategy_id, paused=paused)
    state = "takes no entries" if paused else "takes entries"
    program.world.terminal.note(f"strategy {name} {state}{'' if news else ' already'}")
    return True


async def _list_strategies(program: Program, stack: Path | None, *, as_json: bool) -> bool:
    async with reading.open_log(program.world, stack) as log:
        found = await control.list_strategies(log)
    program.show(found, control_state.view_strategies(found), as_json=as_json)
    return True


async def _why(program: Program, wanted: str, stack: Path | None, *, as_json: bool) -> bool:
    found = await reading.chain_of(program.world, stack, wanted)
    if not found:
        program.world.terminal.note(
            f"nothing has the id {wanted}: it is a transaction hash, a signal or an order"
        )
        return False
    program.show([_plain(one) for one in found], chain.tree(found), as_json=as_json)
    return True


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


def _of(stack: Path | None) -> str:
    return f" --stack {stack}" if stack else ""


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
