"""Commands about orders: what became of them, and what the operator wants of one."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from polycopy.cli.core import cancel_answer, examination, life, order_life_view, order_view
from polycopy.cli.service import asking, reading
from polycopy.cli.service.asking import Asker
from polycopy.cli.service.program import (
    AsJson,
    Operator,
    Program,
    Stack,
    group,
    operator_of,
    program_of,
)
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import AccountId, OrderId
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.terms import Finding
from polycopy.trading.order_state import Order

_ORDERS_SHOWN = 20
_WAIT_S = 15.0
OneOrder = Annotated[
    str, typer.Argument(metavar="ID", help="Ours or the venue's, or its beginning.")
]
Wait = Annotated[float, typer.Option(min=0.0, max=3600.0, help="Seconds, for the answer.")]

orders = group("What was ordered, and what became of it.")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of an order, by whom, and how long he waits for each answer. `note`: why.
    `over`: it is to be ended; `sure`: nobody needs to be asked again."""

    operator: str
    wait_s: float
    note: str
    over: bool = False
    sure: bool = False


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What every source says, for programs. `over`: whether the order was ended in the operator's
    name; None where that was not wanted."""

    order_id: OrderId
    account: AccountId
    findings: tuple[Finding, ...]
    meaning: str
    over: bool | None = None


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and the sequence of the last that is known of it."""

    request: OrderRequested
    order: Order
    known: int


@orders.command("list")
def order_list(
    context: typer.Context,
    *,
    strategy: Annotated[str, typer.Option(help="Of this strategy alone.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = _ORDERS_SHOWN,
    every: Annotated[bool, typer.Option("--all", help="Every one, whatever --limit says.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Lost and uncertain orders first; then the newest, refused ones too, the newest first."""
    program = program_of(context)
    shown = None if every else limit
    program.answer(_list(program, stack, strategy, shown, as_json=as_json))


@orders.command("show")
def order_show(
    context: typer.Context, wanted: OneOrder, *, stack: Stack = None, as_json: AsJson = False
) -> None:
    """The whole life of one order: every event, and who said it."""
    program = program_of(context)
    program.answer(_show(program, wanted, stack, as_json=as_json))


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
    wish = Wish(operator=operator_of(program, operator), wait_s=wait, note=reason)
    program.answer(_cancel(program, wanted, stack, wish, as_json=as_json))


@orders.command("reconcile")
def order_reconcile(  # noqa: PLR0913 - each is an option
    context: typer.Context,
    wanted: OneOrder,
    *,
    over: Annotated[
        bool, typer.Option("--over", help="End it, unless a source still has it.")
    ] = False,
    note: Annotated[str, typer.Option(help="With --over: why, for whoever reads the log.")] = "",
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
    if not over and (note or sure):
        raise typer.BadParameter("--note and --yes belong to --over")
    wish = Wish(
        operator=operator_of(program, operator), wait_s=wait, over=over, note=note, sure=sure
    )
    program.answer(_reconcile(program, wanted, stack, wish, as_json=as_json))


async def _list(
    program: Program, stack: Path | None, strategy: str, limit: int | None, *, as_json: bool
) -> bool:
    found = await reading.orders(program.world, stack, strategy_id=strategy or None, limit=limit)
    shown = order_view.doubtful_first(found.doubtful, found.newest, limit)
    program.show(shown, order_view.view(shown), as_json=as_json)
    if not as_json and len(shown) == limit:
        program.world.terminal.note(f"the first {limit}; --all shows every one")
    if last := order_view.last_line(found.doubtful):
        program.world.terminal.note(last)
    return True


async def _show(program: Program, wanted: str, stack: Path | None, *, as_json: bool) -> bool:
    async with reading.open_log(program.world, stack) as log:
        order = await asking.order_named(log, wanted)
        events = await asking.life_of(log, order) if order else []
    if order is None:
        return _unknown(program, wanted)
    if as_json:
        program.world.terminal.put(order_life_view.plain(events))
        return True
    for page in order_life_view.pages(events):
        program.world.terminal.show(page)
    return True


async def _cancel(
    program: Program, wanted: str, stack: Path | None, wish: Wish, *, as_json: bool
) -> bool:
    async with reading.open_running_log(program.world, stack) as log:
        found = await _at_a_venue(program, log, wanted, "cancel", over_too=False)
        if found is None:
            return False
        asker = _asker(program, log, found, wish)
        with program.world.terminal.waiting("for the venue's answer, by the executor"):
            answered = await asker.cancel(wish.note)
    if answered is None:
        return _no_answer(program, "the executor", wish.wait_s)
    told = cancel_answer.answer_of(found.request.account, answered)
    if as_json:
        program.world.terminal.put(told)
    else:
        program.world.terminal.show(cancel_answer.words(told))
    return told.cancelled


async def _reconcile(
    program: Program, wanted: str, stack: Path | None, wish: Wish, *, as_json: bool
) -> bool:
    async with reading.open_running_log(program.world, stack) as log:
        verb = "end" if wish.over else "ask"
        found = await _at_a_venue(program, log, wanted, verb, over_too=not wish.over)
        if found is None:
            return False
        request, order = found.request, found.order
        asker = _asker(program, log, found, wish)
        with program.world.terminal.waiting("for what every source says, by status-sync"):
            examined = await asker.examine()
        if examined is None:
            return _no_answer(program, "status-sync", wish.wait_s)
        told = Examination(
            order_id=request.order_id,
            account=request.account,
            findings=examined.findings,
            meaning=examination.meaning(examined.findings, order.state, request.order_id),
        )
        if not as_json:
            program.world.terminal.show(examination.view(told.findings))
            program.world.terminal.show(told.meaning)
        over = await _end(program, asker, wish) if wish.over else None
    if as_json:
        program.world.terminal.put(msgspec.structs.replace(told, over=over))
    return over is not False


def _asker(program: Program, log: Log, found: _Found, wish: Wish) -> Asker:
    return Asker(
        log=log,
        clock=program.world.clock,
        order=found.request,
        known=found.known,
        operator=wish.operator,
        wait_s=wish.wait_s,
    )


async def _end(program: Program, asker: Asker, wish: Wish) -> bool:
    """Whether the order was ended in the operator's name; says why not."""
    terminal, order_id = program.world.terminal, asker.order.order_id
    question = f"end order {order_id} in the name of {wish.operator}?"
    if not wish.sure and not await terminal.confirm(question):
        terminal.note("nothing was ended")
        return False
    with terminal.waiting("for the end of the order, by status-sync"):
        judgement = await asker.judge(wish.note)
    if judgement is None:
        return _no_answer(program, "status-sync", wish.wait_s)
    if judgement.ended:
        terminal.note(f"order {order_id} is over; {wish.operator} said so")
    else:
        which = ", ".join(life.findings(judgement.findings))
        terminal.note(f"order {order_id} is not ended, by what the sources say now: {which}")
    return judgement.ended


async def _at_a_venue(
    program: Program, log: Log, wanted: str, verb: str, *, over_too: bool
) -> _Found | None:
    """The order, where a venue may know it, and where it is not over or `over_too`; else None, and
    why."""
    request = await asking.order_named(log, wanted)
    if request is None:
        _unknown(program, wanted)
        return None
    if isinstance(request, OrderRefused):
        why = "was refused by our own checks, and never sent"
    elif request.venue is VenueName.PAPER:
        why = "is a forward test's: no venue has it"
    else:
        events = await asking.life_of(log, request)
        order = order_life_view.order_of(events)
        if order is not None and (over_too or not order_life_view.ended(order)):
            return _Found(request=request, order=order, known=events[-1].sequence)
        state = order.state if order else "unknown"
        why = f"is {state}: see polycopy order show {request.order_id}"
    program.world.terminal.note(f"nothing to {verb}: order {request.order_id} {why}")
    return None


def _unknown(program: Program, wanted: str) -> bool:
    program.world.terminal.note(f"no order has the id {wanted}: see polycopy order list")
    return False


def _no_answer(program: Program, service: str, wait_s: float) -> bool:
    program.world.terminal.note(
        f"{service} did not answer within {wait_s:g} s: polycopy doctor tells whether it runs; "
        "what was asked stays in the log"
    )
    return False
