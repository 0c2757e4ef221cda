"""The program: its commands, and how each fault becomes one line and one exit code.

Exit codes: 0 done, 1 the answer is no or what ran died, 2 wrong usage, configuration or
circumstances.
"""

import importlib.metadata
from collections.abc import Sequence
from typing import Annotated

import typer

from polycopy.cli.core.limit_options import LimitFault
from polycopy.cli.core.strategy_file import StrategyFault
from polycopy.cli.ports import Died
from polycopy.cli.service import (
    account_commands,
    capture_commands,
    feed_commands,
    log_commands,
    order_commands,
    stack_commands,
    switch_commands,
    target_commands,
)
from polycopy.cli.service.program import Program, group
from polycopy.runtime.config import ConfigFault
from polycopy.runtime.errors import Halt, Transient

_DONE, _NO, _WRONG = 0, 1, 2

app = group("Follows traders on Polymarket and copies their trades.")
app.command("demo")(stack_commands.demo_command)
app.command("up")(stack_commands.up_command)
app.command("venue")(stack_commands.venue_command)
app.add_typer(target_commands.targets, name="target")
app.add_typer(target_commands.pools, name="pool")
app.add_typer(log_commands.strategies, name="strategy")
app.add_typer(order_commands.orders, name="order")
app.add_typer(account_commands.group_of_accounts, name="account")
app.add_typer(feed_commands.group_of_feeds, name="feed")
app.add_typer(capture_commands.captures, name="capture")
app.command("why")(log_commands.why)
app.command("halt")(switch_commands.halt)
app.command("resume")(switch_commands.resume)
app.command("doctor")(stack_commands.doctor_command)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        typer.echo(f"polycopy {importlib.metadata.version('polycopy-cli')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell it and end."),
    ] = False,
) -> None:
    """Follows traders on Polymarket and copies their trades."""


def run(program: Program, arguments: Sequence[str]) -> int:
    """The exit code. Our own bugs are the only exceptions that pass."""
    if not all(map(_is_text, arguments)):
        return _fault(program, "an argument is no text in UTF-8")
    try:
        code = app(list(arguments), obj=program, standalone_mode=False, prog_name="polycopy")
    except typer.TyperException as fault:
        return _fault(program, _usage(fault))
    except StrategyFault as fault:
        return max(_fault(program, f"the strategy is refused: {line}") for line in fault.args)
    except LimitFault as fault:
        return max(_fault(program, f"the limits are refused: {line}") for line in fault.args)
    except ConfigFault as fault:
        return max(_fault(program, line) for line in str(fault).splitlines())
    except Died as fault:
        return _fault(program, str(fault), code=_NO)
    except (Halt, Transient) as fault:
        return _fault(program, str(fault))
    return code if isinstance(code, int) else _DONE


def _is_text(argument: str) -> bool:
    """Bytes that are no text reach us as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in argument)


def _usage(fault: typer.TyperException) -> str:
    path = getattr(getattr(fault, "ctx", None), "command_path", "polycopy")
    return f"{fault.format_message().rstrip('.')}: see {path} --help"


def _fault(program: Program, line: str, *, code: int = _WRONG) -> int:
    program.world.terminal.note(f"polycopy: {line}")
    return code
