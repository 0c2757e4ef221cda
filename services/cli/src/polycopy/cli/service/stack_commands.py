"""Commands that run things: demo, up, venue; and doctor, which looks at them."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from polycopy.cli.core import doctor
from polycopy.cli.core.plan import SCENARIO_LIST, VenueChoice
from polycopy.cli.service.demo import DemoOptions, demo
from polycopy.cli.service.doctor import examine
from polycopy.cli.service.program import (
    TRADES_MAX,
    AsJson,
    Program,
    Recording,
    Scenario,
    Seed,
    SeedSaid,
    Stack,
    Trades,
    program_of,
    stack_option,
)
from polycopy.cli.service.up import up
from polycopy.runtime.errors import Halt

Said = TypeVar("Said")
_SOME = 300
_HOURS = 10_000
"""Leader trades of a stack that nobody ends: almost three hours at one a second."""


def demo_command(
    context: typer.Context,
    *,
    trades: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=TRADES_MAX,
            help="How many leader transactions: 300, or the whole recording.",
        ),
    ] = None,
    seed: Seed = 1,
    recording: Recording = "",
    stack: Annotated[Path | None, stack_option("Use and keep this folder.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the new folder.")] = False,
    as_json: AsJson = False,
) -> None:
    """The whole pipeline on this machine, against a paper venue; ends by itself."""
    options = DemoOptions(
        trades=trades or (TRADES_MAX if recording else _SOME),
        seed=seed,
        recording=recording,
        stack=stack,
        keep=keep,
        as_json=as_json,
    )
    program = program_of(context)
    program.answer(demo(program.world, options))


def up_command(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    venue: Annotated[str, typer.Option(help="paper or polymarket.")] = "paper",
    stack: Annotated[Path | None, stack_option("The stack's folder.")] = None,
    scenario: Scenario = "",
    seed: SeedSaid = None,
    trades: Trades = None,
    recording: Recording = "",
    pace_ms: Annotated[int | None, typer.Option(min=1, help="Between two leader trades.")] = None,
) -> None:
    """The stack in the foreground, until Ctrl-C."""
    if venue not in {"paper", "polymarket"}:
        raise Halt(f"there is no venue {venue!r}: --venue is paper or polymarket")
    chosen = {
        "--scenario": scenario,
        "--seed": seed,
        "--trades": trades,
        "--recording": recording,
        "--pace-ms": pace_ms,
    }
    if venue == "polymarket" and (told := [name for name, value in chosen.items() if value]):
        raise Halt(f"{', '.join(told)}: only the paper venue knows that; leave it out")
    program = program_of(context)
    paper = VenueChoice(
        scenario=scenario,
        seed=_unless(scenario, seed, "1"),
        trades=_unless(scenario, trades, _HOURS),
        recording=recording,
        pace_ms=_unless(scenario, pace_ms, 1_000),
    )
    folder = stack or program.world.main_stack
    program.answer(up(program.world, folder, paper if venue == "paper" else None))


def venue_command(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 0,
    scenario: Scenario = "",
    list_them: Annotated[bool, typer.Option("--list", help="Tell the ready scenarios.")] = False,
    seed: SeedSaid = None,
    trades: Trades = None,
    recording: Recording = "",
    pace_ms: Annotated[int | None, typer.Option(min=0, help="0: only when asked.")] = None,
) -> None:
    """The paper venue alone; prints one JSON line with its URLs when it is ready."""
    choice = VenueChoice(
        port=port,
        scenario=scenario,
        seed=seed,
        trades=_unless(scenario, trades, _HOURS),
        recording=recording,
        pace_ms=pace_ms,
    )
    process = SCENARIO_LIST if list_them else choice.process()
    program_of(context).world.machine.become(process)


def _unless(scenario: str, said: Said | None, ours: Said) -> Said | None:
    """What was said; else the scenario's own, and ours where there is none."""
    return said if said is not None or scenario else ours


def doctor_command(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """Server settings, clock, keys, venue, databases: what is wrong and what to do."""
    program = program_of(context)
    program.answer(_examine(program, stack, as_json=as_json))


async def _examine(program: Program, stack: Path | None, *, as_json: bool) -> bool:
    findings = await examine(program.world, stack)
    program.show(findings, doctor.view(findings), as_json=as_json)
    return doctor.is_well(findings)
