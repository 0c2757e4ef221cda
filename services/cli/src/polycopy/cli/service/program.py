"""What every command has in hand, and the options that several of them share."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from polycopy.cli.core.page import Page
from polycopy.cli.ports import World
from polycopy.schemas.subjects import token

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


def _folder(text: str) -> Path:
    if not text:
        raise typer.BadParameter("name a folder")
    return Path(text).absolute()


def _article(option: typer.CallbackParam) -> str:
    return f"{'an' if str(option.name)[0] in 'aeiou' else 'a'} {option.name}"


def _name(context: typer.Context, option: typer.CallbackParam, text: str) -> str:
    """Left out is the default; "" was given, and is no wish for the default."""
    source = context.get_parameter_source(str(option.name))
    if not text and source is not None and source.name == "COMMANDLINE":
        raise typer.BadParameter(f"name {_article(option)}")
    return text


def account_named(context: typer.Context, option: typer.CallbackParam, text: str) -> str:
    """An account's name as it can stand in the log; left out is all of them."""
    name = _name(context, option, text)
    try:
        return token(name) if name else ""
    except ValueError as error:
        raise typer.BadParameter("a name has letters, digits, - and _") from error


def stack_option(words: str) -> Any:
    """`--stack FOLDER`; a given one is absolute."""
    return typer.Option("--stack", metavar="FOLDER", parser=_folder, help=words)


Stack = Annotated[Path | None, stack_option("The folder of a running stack.")]
_SEED = typer.Option(help="Chooses the leaders and what they do.")
Seed = Annotated[int, _SEED]
SeedSaid = Annotated[str | None, _SEED]
TRADES_MAX = 1_000_000
Trades = Annotated[
    int | None, typer.Option(min=1, max=TRADES_MAX, help="How many leader transactions.")
]
Scenario = Annotated[
    str,
    typer.Option(
        metavar="FILE", callback=_name, help="A scenario file, or the name of a ready one."
    ),
]
Operator = Annotated[
    str, typer.Option(callback=_name, help="Who decides: you, by the name that you work under.")
]
Recording = Annotated[str, typer.Option(callback=_name, help="Play this recording instead.")]


@dataclass(frozen=True, kw_only=True)
class Program:
    """`run` runs a command's coroutine to its end, and stops it in order on Ctrl-C."""

    world: World
    run: Callable[[Coroutine[Any, Any, bool]], bool]

    def answer(self, command: Coroutine[Any, Any, bool]) -> None:
        """Run a command; exit code 1 where its answer is no."""
        if not self.run(command):
            raise typer.Exit(1)

    def show(self, found: Sequence[object], page: Page, *, as_json: bool) -> None:
        """The values for a program, or the page for people."""
        if as_json:
            self.world.terminal.put(found)
        else:
            self.world.terminal.show(page)


def program_of(context: typer.Context) -> Program:
    program: Program = context.find_object(Program) or _none()
    return program


def operator_of(program: Program, said: str) -> str:
    """Who decides, as it is kept in the log."""
    return said or program.world.machine.user


def group(words: str) -> typer.Typer:
    """Commands whose faults are one line each: no boxes, no tracebacks."""
    return typer.Typer(
        help=words,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _none() -> Program:
    raise LookupError("the application was called without its program")
