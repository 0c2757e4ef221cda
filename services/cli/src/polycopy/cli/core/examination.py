"""What every source said about an order, and what that means for the operator."""

from collections.abc import Mapping, Sequence

from polycopy.cli.core.page import Column, Table
from polycopy.cli.core.words import cents, command, filled_of, handle, shares
from polycopy.schemas.money import Side
from polycopy.schemas.terms import Finding, Verdict
from polycopy.trading.order_life import TERMINAL, UNRESOLVED, OrderState
from polycopy.trading.order_state import Order

_OPEN_ORDERS = "open-orders"
_HAVE_IT = ("order", _OPEN_ORDERS)
"""They show an order itself; `trades` shows what was filled of it."""
_ASKED = (*_HAVE_IT, "trades")
"""What is asked anew at each examination. Of the others, which only tell what they once heard, the
socket and the cancel may be evidence that the venue had the order; their silence is none."""
_ONCE = ("user-socket", "cancel")

_ENDS = {
    "MATCHED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELLED,
    "CANCELLED": OrderState.CANCELLED,
    "EXPIRED": OrderState.EXPIRED,
}
"""The venue's words for orders that are over."""


def view(findings: Sequence[Finding]) -> Table:
    return Table(
        columns=(Column("source"), Column("verdict"), Column("detail")),
        rows=tuple((one.source, one.verdict.value, one.detail) for one in findings),
        empty="no source was asked",
    )


def meaning(findings: Sequence[Finding], order: Order, stack: str = "") -> str:
    """One line: what is known, and what can be done. `order` is what the log says of it, `stack`
    where the operator said that it is."""
    said = {one.source: one for one in findings}
    asked = [said[source] for source in _ASKED if source in said]
    present = [one for one in asked if one.verdict is Verdict.PRESENT]
    silent = [one.source for one in asked if one.verdict is Verdict.UNKNOWN]
    having = [one for one in present if one.source in _HAVE_IT]
    over = order.state in TERMINAL
    if having:
        word = f" as {having[0].detail}" if having[0].detail else ""
        has_it = f"the venue has it{word}"
        if over:
            still_open = said.get(_OPEN_ORDERS) in present
            return _over(order, has_it, having[0].detail, still_open=still_open)
        return f"{has_it}: what becomes of it will be in the log by itself"
    if present:
        if over:
            return _over(order, "the venue has trades of it")
        return "the venue has trades of it: its fills are in the log, or will be by themselves"
    if not asked:
        return "nothing is proven, no source was asked: ask again"
    if silent:
        return f"nothing is proven, {', '.join(silent)} gave no answer: ask again"
    return _denied(said, order, stack)


def unproven(findings: Sequence[Finding], order: Order) -> str:
    """Why to end the order by hand now is to guess, and what that frees; "" where each source that
    was asked answered, or the venue has the order."""
    asked = [one for one in findings if one.source in _ASKED]
    if any(one.verdict is Verdict.PRESENT and one.source in _HAVE_IT for one in asked):
        return ""
    silent = [one.source for one in asked if one.verdict is Verdict.UNKNOWN]
    if asked and not silent:
        return ""
    who = f"{', '.join(silent)} gave no answer" if silent else "no source was asked"
    pusd, size = order.needs
    if pusd or size:
        what = f"ending it frees {cents(pusd) if order.side is Side.BUY else shares(size)}"
    else:
        what = "ending it ends the watch on it"
    return f"{who}: {what}, although it may be at the venue (it counts again when it is seen)"


def stands(order: Order) -> str:
    """Its state, and of one that was not filled to the end what was filled of it."""
    state = order.state.value
    if order.state is OrderState.FILLED or not order.filled_size_micros:
        return state
    return f"{state}, {filled_part(order)}"


def filled_part(order: Order) -> str:
    """Of what it was asked for in, pUSD or shares."""
    if order.by_notional:
        return filled_of(order.filled_notional_micros, order.notional_micros, pusd=True)
    return filled_of(order.filled_size_micros, order.size_micros, pusd=False)


def _over(order: Order, has_it: str, word: str = "", *, still_open: bool = False) -> str:
    if still_open:
        return f"{has_it} among its open orders, and by the log it is {stands(order)}: ask again"
    if _ENDS.get(word.upper().removeprefix("ORDER_STATUS_")) is order.state:
        return f"{has_it}, and the log agrees: {stands(order)}"
    return f"{has_it}, and by the log it is over: {stands(order)}"


def _denied(said: Mapping[str, Finding], order: Order, stack: str) -> str:
    """Every source that can be asked denies it."""
    once = [one for one in _ONCE if one in said and said[one].verdict is Verdict.PRESENT]
    but = f", though {' and '.join(once)} told of it before" if once else ""
    if order.state in TERMINAL:
        return f"the venue denies it{but}, and by the log it is over: {stands(order)}"
    then = f"{command(f'order reconcile {handle(order.order_id)} --over', stack)} ends it"
    if order.state is OrderState.LOST:
        return f"the venue denies it{but}, and it is lost already: {then}, or it is watched on"
    may_be_lost = order.rests or order.state in UNRESOLVED
    end = "it will be lost" if may_be_lost else "it ends as cancelled"
    return f"the venue denies it{but}: {end} if that goes on; {then} now"
