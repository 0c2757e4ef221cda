"""What the operator wants of one order: have it cancelled, know what every source says, end it."""

from collections.abc import Sequence

import msgspec

from polycopy.cli.core import cancel_answer, examination, life, order_life_view
from polycopy.cli.service import asking, reading
from polycopy.cli.service.asking import Asker
from polycopy.cli.service.calling import Call
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import AccountId, OrderId
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.terms import Finding
from polycopy.trading.order_state import Order


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of an order, by whom, and how long he waits for each answer. `over`: it is to
    be ended; `sure`: nobody needs to be asked again."""

    operator: str
    wait_s: float
    reason: str
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
    known: int


async def cancel(call: Call, wanted: str, wish: Wish) -> bool:
    async with reading.open_running_log(call.world, call.stack) as log:
        found = await _at_a_venue(call, log, wanted, "cancel", over_too=False)
        if found is None:
            return False
        asker = _asker(call, log, found, wish)
        with call.terminal.waiting("for the venue's answer, by the executor"):
            answered = await asker.cancel(wish.reason)
    if answered is None:
        return _no_answer(call, "the executor", wish.wait_s)
    told = cancel_answer.answer_of(found.request.account, answered)
    words = cancel_answer.words(told)
    if told.cancelled:
        return call.show(told, words)
    if not call.as_json:
        call.terminal.show(words)
    return call.no_more(words, f"see {call.to_type(f'order show {told.order_id}')}", told)


async def reconcile(call: Call, wanted: str, wish: Wish) -> bool:
    async with reading.open_running_log(call.world, call.stack) as log:
        verb = "end" if wish.over else "ask"
        found = await _at_a_venue(call, log, wanted, verb, over_too=not wish.over)
        if found is None:
            return False
        asker = _asker(call, log, found, wish)
        with call.terminal.waiting("for what every source says, by status-sync"):
            examined = await asker.examine()
        if examined is None:
            return _no_answer(call, "status-sync", wish.wait_s)
        # To be asked for may have told the log something.
        order = _order(await asking.life_of(log, found.request))
        risk = examination.unproven(examined.findings, order)
        told = Examination(
            order_id=found.request.order_id,
            account=found.request.account,
            findings=examined.findings,
            meaning=(risk if wish.over else "")
            or examination.meaning(examined.findings, order, call.folder),
        )
        if not call.as_json:
            call.terminal.show(examination.view(told.findings))
            call.terminal.show(told.meaning)
        if wish.over:
            return await _end(call, asker, wish, told, risk)
    return call.show(told)


def _asker(call: Call, log: Log, found: _Found, wish: Wish) -> Asker:
    return Asker(
        log=log,
        clock=call.world.clock,
        order=found.request,
        known=found.known,
        operator=wish.operator,
        wait_s=wish.wait_s,
    )


def _order(events: Sequence[Recorded]) -> Order:
    order = order_life_view.order_of(events)
    assert order is not None  # noqa: S101 - it was requested
    return order


async def _end(call: Call, asker: Asker, wish: Wish, told: Examination, risk: str) -> bool:
    """Whether the order was ended in the operator's name; says why not. `risk`: what speaks against
    it, where nothing is proven."""
    order_id, no = asker.order.order_id, msgspec.structs.replace(told, over=False)
    if risk and not wish.reason:
        return call.no(f"nothing was ended, {risk}", "say why it is over with --reason", no)
    question = f"end order {order_id} in the name of {wish.operator}?"
    question = f"{risk}\n{question}" if risk else question
    if not wish.sure and not await call.terminal.confirm(question):
        return call.no("nothing was ended", told=no)
    with call.terminal.waiting("for the end of the order, by status-sync"):
        judgement = await asker.judge(wish.reason)
    if judgement is None:
        return _no_answer(call, "status-sync", wish.wait_s, no)
    if judgement.ended:
        yes = msgspec.structs.replace(told, over=True)
        return call.done(yes, f"order {order_id} is over; {wish.operator} said so")
    which = ", ".join(life.findings(judgement.findings))
    return call.no(f"order {order_id} is not ended, by what the sources say now: {which}", told=no)


async def _at_a_venue(
    call: Call, log: Log, wanted: str, verb: str, *, over_too: bool
) -> _Found | None:
    """The order, where a venue may know it, and where it is not over or `over_too`; else None, and
    why."""
    request = await asking.order_named(log, wanted)
    if request is None:
        unknown(call, wanted)
        return None
    hint = ""
    if isinstance(request, OrderRefused):
        why = "was refused by our own checks, and never sent"
    elif request.venue is VenueName.PAPER:
        why = "is a forward test's: no venue has it"
    else:
        events = await asking.life_of(log, request)
        order = _order(events)
        if over_too or not order_life_view.ended(order):
            return _Found(request=request, known=events[-1].sequence)
        why = f"is {examination.stands(order)}"
        hint = f"see {call.to_type(f'order show {request.order_id}')}"
    call.no(f"nothing to {verb}: order {request.order_id} {why}", hint)
    return None


def unknown(call: Call, wanted: str) -> bool:
    return call.no(f"no order has the id {wanted}", f"see {call.to_type('order list')}")


def _no_answer(call: Call, service: str, wait_s: float, told: msgspec.Struct | None = None) -> bool:
    hint = f"{call.to_type('doctor')} tells whether it runs; what was asked stays in the log"
    return call.no(f"{service} did not answer within {wait_s:g} s", hint, told)
