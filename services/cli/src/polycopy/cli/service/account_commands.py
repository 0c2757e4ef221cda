"""Commands about accounts: what they have, and what they may risk."""

from pathlib import Path
from typing import Annotated

import typer

from polycopy.cli.core import account_view, limit_options
from polycopy.cli.core.account_report import AccountReport
from polycopy.cli.core.limit_options import LimitFault
from polycopy.cli.service import accounts, control, reading
from polycopy.cli.service.program import (
    AsJson,
    Operator,
    Program,
    Stack,
    account_named,
    group,
    operator_of,
    program_of,
)
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log
from polycopy.schemas.control import AccountLimitsSet, VenueName
from polycopy.schemas.ids import AccountId

Account = Annotated[
    str,
    typer.Argument(metavar="A", callback=account_named, help="As in polycopy account list."),
]
_PERCENT = "Percent of what was paid in."
Percent = Annotated[str | None, typer.Option(metavar="N", help=_PERCENT)]

group_of_accounts = group("What each account has, owes and may risk, by the log.")


@group_of_accounts.command("list")
def account_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """All accounts."""
    program = program_of(context)
    program.answer(_list(program, stack, as_json=as_json))


@group_of_accounts.command("show")
def account_show(
    context: typer.Context, account: Account, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Everything about one account."""
    program = program_of(context)
    program.answer(_show(program, AccountId(account), stack, as_json=as_json))


@group_of_accounts.command("limits")
def account_limits(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    account: Account,
    *,
    order_percent: Percent = None,
    market_percent: Percent = None,
    leader_percent: Percent = None,
    total_percent: Percent = None,
    daily_budget_percent: Percent = None,
    daily_loss_percent: Percent = None,
    drawdown_percent: Percent = None,
    orders_per_minute: Annotated[
        str | None, typer.Option(metavar="N", help="Entries in a minute.")
    ] = None,
    price_gap: Annotated[
        str | None, typer.Option(metavar="N", help="pUSD between book and leader's price.")
    ] = None,
    operator: Operator = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """What an account may risk; with options, what it may risk from now on.

    A limit that is not named stays as it is. Limits bind entries only.
    """
    program = program_of(context)
    values = (
        order_percent,
        market_percent,
        leader_percent,
        total_percent,
        daily_budget_percent,
        daily_loss_percent,
        drawdown_percent,
        orders_per_minute,
        price_gap,
    )
    said = {
        one.field: value
        for one, value in zip(limit_options.OPTIONS, values, strict=True)
        if value is not None
    }
    who = operator_of(program, operator)
    program.answer(_limits(program, AccountId(account), stack, (who, said), as_json=as_json))


async def _list(program: Program, stack: Path | None, *, as_json: bool) -> bool:
    async with reading.open_log(program.world, stack) as log:
        found = await accounts.report_all(log)
    program.show(found, account_view.view(found), as_json=as_json)
    return True


async def _show(program: Program, account: AccountId, stack: Path | None, *, as_json: bool) -> bool:
    async with reading.open_log(program.world, stack) as log:
        one = await _known(log, account)
    if as_json:
        program.world.terminal.put(one)
        return True
    for page in account_view.pages(one):
        program.world.terminal.show(page)
    if one.venue != VenueName.PAPER and (said := await accounts.breaker(program.world, stack)):
        program.world.terminal.show(f"circuit breaker {said}; until it closes there are no entries")
    return True


async def _limits(
    program: Program,
    account: AccountId,
    stack: Path | None,
    change: tuple[str, dict[str, str]],
    *,
    as_json: bool,
) -> bool:
    operator, said = change
    async with reading.open_log(program.world, stack) as log:
        one = await _known(log, account)
        limits = one.account_limits
        if said:
            try:
                limits = limit_options.changed(limits, said)
            except LimitFault as fault:
                raise Halt(f"the limits are refused: {fault}") from fault
            wanted = AccountLimitsSet(account=account, limits=limits, operator=operator)
            news = await control.set_limits(log, program.world.clock, wanted)
            words = "hold from now on" if news else "hold already"
            program.world.terminal.note(f"these limits of account {account} {words}")
    if as_json:
        program.world.terminal.put(limit_options.plain(limits))
    else:
        program.world.terminal.show(limit_options.view(limits, one.deposited_micros))
    return True


async def _known(log: Log, account: AccountId) -> AccountReport:
    one = await accounts.report_one(log, account)
    if one is None:
        raise Halt(f"there is no account {account}: see polycopy account list")
    return one
