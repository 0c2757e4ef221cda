"""Commands that stop trading and let it go on."""

from typing import Annotated

import msgspec
import typer

from polycopy.cli.core import switch_view
from polycopy.cli.core.account_report import EVERY, AccountReport
from polycopy.cli.core.naming import No
from polycopy.cli.core.words import there_are
from polycopy.cli.service import accounts, control, reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.program import (
    AsJson,
    Operator,
    Stack,
    account_named,
    operator_of,
    program_of,
)
from polycopy.runtime.log import Log
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId

_ACCOUNT = "Of this one alone, as in polycopy account list."
OneAccount = Annotated[
    str, typer.Option("--account", metavar="A", callback=account_named, help=_ACCOUNT)
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
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(_switch(call, wanted))


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
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(_switch(call, wanted))


async def _switch(call: Call, wanted: TradingStateSet) -> bool:
    """Said first, and then looked at: folding a long log takes its time."""
    terminal, account = call.terminal, wanted.account
    runs = call.world.known_servers(call.stack) is not None
    async with reading.open_log(call.world, call.stack) as log:
        await _must_be_known(log, account)
        news = await control.set_trading_state(log, call.world.clock, wanted)
        terminal.note(
            switch_view.said(
                account, wanted.state, news=news, cancel_open=wanted.cancel_open, runs=runs
            )
        )
        found = await accounts.report_all(log)
        every = (await control.allowed(log)).states.get(EVERY, TradingState.ACTIVE)
    found = accounts.with_breaker(found, await accounts.breaker(call.world, call.stack))
    for remark in switch_view.remarks(
        account, found, every, cancel_open=wanted.cancel_open, stack=call.folder
    ):
        terminal.note(remark)
    told = Switched(account=account, state=wanted.state, news=news, accounts=tuple(found))
    return call.show(told, switch_view.view(found))


async def _must_be_known(log: Log, account: AccountId) -> None:
    """A mistyped name must not look like a stop."""
    if account and account not in (known := await control.known_accounts(log)):
        raise No(f"there is no account {account}", there_are(known))
