"""Commands about orders: what became of them, and what the operator wants of one."""

from typing import Annotated

import typer

from polycopy.cli.core import order_life_view, order_view
from polycopy.cli.core.rows import STATES
from polycopy.cli.service import asking, order_wishes, reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.order_wishes import Wish
from polycopy.cli.service.program import (
    AsJson,
    Operator,
    Stack,
    account_named,
    group,
    operator_of,
    program_of,
)
from polycopy.cli.service.reading import Which

_ORDERS_SHOWN = 20
_LIMIT_MAX = 1_000_000
_WAIT_S = 15.0
OneOrder = Annotated[
    str, typer.Argument(metavar="ID", help="Ours or the venue's, or its beginning.")
]
Wait = Annotated[float, typer.Option(min=0.0, max=3600.0, help="Seconds, for the answer.")]
_STATES_HELP = (
    f"In one of these states alone: {', '.join(STATES)}. "
    "`refused` are those that our own checks did not let out."
)


def _states(text: str) -> str:
    """The states between the commas, as the log spells them."""
    said = [one.strip().lower().replace("-", "_") for one in text.split(",")] if text else []
    if strange := [one for one in said if one not in STATES]:
        raise typer.BadParameter(f"{strange[0]!r} is no state: {', '.join(STATES)}")
    return ",".join(said)


orders = group("What was ordered, and what became of it.")


@orders.command("list")
def order_list(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    *,
    strategy: Annotated[str, typer.Option(metavar="STRATEGY", help="Of this strategy alone.")] = "",
    account: Annotated[
        str, typer.Option(metavar="A", callback=account_named, help="Of this account alone.")
    ] = "",
    state: Annotated[
        str, typer.Option(metavar="STATE[,STATE]", callback=_states, help=_STATES_HELP)
    ] = "",
    hide_refused: Annotated[
        bool, typer.Option("--hide-refused", help="In every state but refused.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=_LIMIT_MAX, help="How many.")] = _ORDERS_SHOWN,
    every: Annotated[bool, typer.Option("--all", help="Every one, whatever --limit says.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Lost and uncertain orders first; then the newest, refused ones too, the newest first.

    A strategy that copies busy wallets has many orders refused: --hide-refused leaves them out.
    """
    program = program_of(context)
    if state and hide_refused:
        raise typer.BadParameter("--state and --hide-refused say the same thing: give one of them")
    states = tuple(state.split(",")) if state else ()
    if hide_refused:
        states = order_view.SENT
    which = Which(strategy_id=strategy, account=account, states=states)
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(_list(call, which, None if every else limit))


@orders.command("show")
def order_show(
    context: typer.Context, wanted: OneOrder, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """The whole life of one order: every event, and who said it."""
    program = program_of(context)
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(_show(call, wanted))


@orders.command("cancel")
def order_cancel(
    context: typer.Context,
    wanted: OneOrder,
    *,
    reason: Annotated[str, typer.Option(help="Why, for whoever reads the log.")] = "",
    operator: Operator = "",
    wait: Wait = _WAIT_S,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Have the venue cancel an order, and tell what it answered."""
    program = program_of(context)
    wish = Wish(operator=operator_of(program, operator), wait_s=wait, reason=reason)
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(order_wishes.cancel(call, wanted, wish))


@orders.command("reconcile")
def order_reconcile(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    wanted: OneOrder,
    *,
    over: Annotated[
        bool, typer.Option("--over", help="End it, unless a source still has it.")
    ] = False,
    reason: Annotated[
        str,
        typer.Option("--reason", "--note", help="With --over: why, for whoever reads the log."),
    ] = "",
    sure: Annotated[bool, typer.Option("--yes", help="With --over: do not ask again.")] = False,
    operator: Operator = "",
    wait: Wait = _WAIT_S,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Ask every source about an order, and end it by hand where that is wanted.

    A fill that turns up after that counts all the same.
    """
    program = program_of(context)
    if not over and (reason or sure):
        raise typer.BadParameter("--reason and --yes belong to --over")
    who = operator_of(program, operator)
    wish = Wish(operator=who, wait_s=wait, over=over, reason=reason, sure=sure)
    call = Call(program=program, stack=stack, as_json=as_json)
    call.answer(order_wishes.reconcile(call, wanted, wish))


async def _list(call: Call, which: Which, limit: int | None) -> bool:
    found = await reading.orders(call.world, call.stack, which, limit=limit)
    shown = order_view.doubtful_first(found.doubtful, found.newest, limit)
    call.show(shown, order_view.view(shown, chosen=which != Which()))
    if not call.as_json:
        for remark in order_view.remarks(shown, limit):
            call.terminal.note(remark)
    if last := order_view.last_line(found.doubtful, call.folder):
        call.terminal.note(last)
    return True


async def _show(call: Call, wanted: str) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        order = await asking.order_named(log, wanted)
        events = await asking.life_of(log, order) if order else []
    if order is None:
        return order_wishes.unknown(call, wanted)
    if call.as_json:
        return call.show(order_life_view.plain(events))
    return call.show(None, *order_life_view.pages(events))
