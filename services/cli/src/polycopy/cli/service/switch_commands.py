"""Commands that stop trading and let it go on."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from polycopy.cli.core import switch_view
from polycopy.cli.core.account_report import EVERY, AccountReport
from polycopy.cli.service import accounts, control, reading
from polycopy.cli.service.program import (
    AsJson,
    Operator,
    Program,
    Stack,
    account_named,
    operator_of,
    program_of,
)
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId

OneAccount = Annotated[
    str, typer.Option("--account", metavar="A", callback=account_named, help="Of this one alone.")
]
Reason = Annotated[str, typer.Option(help="Why, for whoever reads the log.")]


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, for programs. `news`: it was not so already."""

    account: AccountId
    state: TradingState
    news: bool
    accounts: tuple[AccountReport, ...]


def halt(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    account: OneAccount = "",
    reduce_only: Annotated[
        bool, typer.Option("--reduce-only", help="Let exits go on, stop entries alone.")
    ] = False,
    cancel_open: Annotated[
        bool, typer.Option("--cancel-open", help="Cancel what rests at the venue, too.")
    ] = False,
    reason: Reason = "",
    operator: Operator = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Send no more orders, of one account or of all. Cancels are sent in every state."""
    program = program_of(context)
    wanted = TradingStateSet(
        account=AccountId(account),
        state=TradingState.REDUCING if reduce_only else TradingState.HALTED,
        operator=operator_of(program, operator),
        reason=reason,
        cancel_open=cancel_open,
    )
    program.answer(_switch(program, wanted, stack, as_json=as_json))


def resume(
    context: typer.Context,
    *,
    account: OneAccount = "",
    reason: Reason = "",
    operator: Operator = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Trade again. An account that is halted by itself stays so until it is resumed by itself."""
    program = program_of(context)
    wanted = TradingStateSet(
        account=AccountId(account),
        state=TradingState.ACTIVE,
        operator=operator_of(program, operator),
        reason=reason,
    )
    program.answer(_switch(program, wanted, stack, as_json=as_json))


async def _switch(
    program: Program, wanted: TradingStateSet, stack: Path | None, *, as_json: bool
) -> bool:
    """Said first, and then looked at: folding a long log takes its time."""
    world, account = program.world, wanted.account
    async with reading.open_log(world, stack) as log:
        await _must_be_known(log, account)
        news = await control.set_trading_state(log, world.clock, wanted)
        world.terminal.note(
            switch_view.said(account, wanted.state, news=news, cancel_open=wanted.cancel_open)
        )
        found = await accounts.report_all(log)
        every = (await control.allowed(log)).states.get(EVERY, TradingState.ACTIVE)
    for remark in switch_view.remarks(account, found, every, cancel_open=wanted.cancel_open):
        world.terminal.note(remark)
    if as_json:
        world.terminal.put(
            Switched(account=account, state=wanted.state, news=news, accounts=tuple(found))
        )
    else:
        world.terminal.show(switch_view.view(found))
    return True


async def _must_be_known(log: Log, account: AccountId) -> None:
    """A mistyped name must not look like a stop."""
    if account and account not in (known := await control.known_accounts(log)):
        names = f"there are {', '.join(sorted(known))}" if known else "there is none yet"
        raise Halt(f"there is no account {account}: {names}")
