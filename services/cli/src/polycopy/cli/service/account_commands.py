"""Commands about accounts: what they have, and what they may risk."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
import typer

from polycopy.cli.core import account_view, limit_options
from polycopy.cli.core.account_report import AccountReport
from polycopy.cli.core.naming import No
from polycopy.cli.service import accounts, control, reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.program import (
    AsJson,
    Operator,
    Stack,
    account_named,
    group,
    operator_of,
    program_of,
)
from polycopy.runtime.log import Log
from polycopy.schemas.control import AccountLimitsSet
from polycopy.schemas.ids import AccountId
from polycopy.schemas.limits import AccountLimits

Account = Annotated[
    str,
    typer.Argument(metavar="A", callback=account_named, help="As in polycopy account list."),
]
_PERCENT = "Percent of what was paid in, 0 to 100."
Percent = Annotated[str | None, typer.Option(metavar="N", help=_PERCENT)]
_BUDGET = "Percent of what was paid in, 0 to 10000: what comes back is spent again."

group_of_accounts = group("What each account has, owes and may risk, by the log.")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator says of the limits, by field. `default`: the rest as it was at first."""

    operator: str
    reason: str
    said: Mapping[str, str]
    default: bool


class LimitsNow(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may risk, for programs. `news`: it was not so already. `remarks`: what limits
    of 0 mean."""

    account: AccountId
    limits: Mapping[str, int]
    news: bool
    remarks: tuple[str, ...]


@group_of_accounts.command("list")
def account_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """All accounts."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_list(call))


@group_of_accounts.command("show")
def account_show(
    context: typer.Context, account: Account, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Everything about one account."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_show(call, AccountId(account)))


@group_of_accounts.command("limits")
def account_limits(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    account: Account,
    *,
    order_percent: Percent = None,
    market_percent: Percent = None,
    leader_percent: Percent = None,
    total_percent: Percent = None,
    daily_budget_percent: Annotated[str | None, typer.Option(metavar="N", help=_BUDGET)] = None,
    daily_loss_percent: Percent = None,
    drawdown_percent: Percent = None,
    orders_per_minute: Annotated[
        str | None, typer.Option(metavar="N", help="Entries in a minute.")
    ] = None,
    price_gap: Annotated[
        str | None, typer.Option(metavar="N", help="pUSD between book and leader's price.")
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="The defaults, but for what else is said.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the log.")] = "",
    operator: Operator = "",
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """What an account may risk; with options, what it may risk from now on.

    A limit that is not named stays as it is. Limits bind entries only; 0 lets none out.
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
    if reason and not (said or default):
        raise typer.BadParameter("--reason belongs to a change: name a limit, or --default")
    who = operator_of(program, operator)
    change = Change(operator=who, reason=reason, said=said, default=default)
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(_limits(call, AccountId(account), change))


async def _list(call: Call) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        found = await accounts.report_all(log)
    found = accounts.with_breaker(found, await accounts.breaker(call.world, call.stack))
    return call.show(found, account_view.view(found, call.folder))


async def _show(call: Call, account: AccountId) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        one = await _known(call, log, account)
    [one] = accounts.with_breaker([one], await accounts.breaker(call.world, call.stack))
    return call.show(one, *account_view.pages(one))


async def _limits(call: Call, account: AccountId, change: Change) -> bool:
    news = False
    async with reading.open_log(call.world, call.stack) as log:
        one = await _known(call, log, account)
        limits = one.account_limits
        if change.said or change.default:
            before = AccountLimits() if change.default else limits
            limits = limit_options.changed(before, change.said)
            wanted = AccountLimitsSet(
                account=account, limits=limits, operator=change.operator, reason=change.reason
            )
            news = await control.set_limits(log, call.world.clock, wanted)
            words = "hold from now on" if news else "hold already"
            call.terminal.note(f"these limits of account {account} {words}")
    remarks = limit_options.remarks(limits)
    for remark in remarks:
        call.terminal.note(remark)
    told = LimitsNow(
        account=account, limits=limit_options.plain(limits), news=news, remarks=tuple(remarks)
    )
    return call.show(told, limit_options.view(limits, one.deposited_micros))


async def _known(call: Call, log: Log, account: AccountId) -> AccountReport:
    one = await accounts.report_one(log, account)
    if one is None:
        raise No(f"there is no account {account}", f"see {call.to_type('account list')}")
    return one
