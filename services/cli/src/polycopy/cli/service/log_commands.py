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
from polycopy.schemas.ids import StrategyId

TomlFile = Annotated[Path, typer.Argument(metavar="FILE", help="TOML; see deploy/strategies.")]
AnyId = Annotated[
    str, typer.Argument(metavar="ID", help="Transaction hash, signal or order, or its beginning.")
]
Name = Annotated[str, typer.Argument(metavar="STRATEGY", help="As in polycopy strategy list.")]

strategies = group("What is copied, how large, within which limits.")


class StrategyState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a strategy takes entries, for programs. `news`: it was not so already."""

    strategy_id: StrategyId
    paused: bool
    news: bool


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


async def _create_strategy(call: Call, strategy: Strategy) -> bool:
    name = strategy.strategy_id
    async with reading.open_log(call.world, call.stack) as log:
        known = [one.strategy for one in await control.list_strategies(log)]
        if name not in {one.strategy_id for one in known}:
            why_not = admission.refusal(strategy, known, await control.served_accounts(log))
            if why_not:
                raise Halt(why_not)
        news = await control.create_strategy(log, call.world.clock, strategy)
        followed = await control.who_is_followed(log, call.world.clock)
    if not news:
        error = f"there is a strategy {name} already, and it is never changed"
        return call.no(error, "choose another name")
    then = (
        f"it decides on the next trade of a followed wallet; see {call.to_type('order list')}"
        if followed.wallets or followed.names or followed.pools
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


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Halt(f"cannot read {file}: name a strategy file, see deploy/strategies") from error
