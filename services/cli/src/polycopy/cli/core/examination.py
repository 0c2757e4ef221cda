"""What every source said about an order, and what that means for the operator."""

from collections.abc import Mapping, Sequence

from polycopy.cli.core.page import Column, Table
from polycopy.cli.core.words import handle
from polycopy.schemas.ids import OrderId
from polycopy.schemas.terms import Finding, Verdict
from polycopy.trading.order_life import TERMINAL, OrderState

_HAVE_IT = ("order", "open-orders")
"""They show an order itself; `trades` shows what was matched of it."""
_ASKED = (*_HAVE_IT, "trades")
"""What is asked anew at each examination. Of the others, which only tell what they once heard, the
socket and the cancel may be evidence that the venue had the order; their silence is none."""
_ONCE = ("user-socket", "cancel")


def view(findings: Sequence[Finding]) -> Table:
    return Table(
        columns=(Column("source"), Column("verdict"), Column("detail")),
        rows=tuple((one.source, one.verdict.value, one.detail) for one in findings),
        empty="no source was asked",
    )


def meaning(findings: Sequence[Finding], state: OrderState, order_id: OrderId) -> str:
    """One line: what is known, and what can be done. `state` is what the log says of it."""
    said = {one.source: one for one in findings}
    asked = [said[source] for source in _ASKED if source in said]
    present = [one for one in asked if one.verdict is Verdict.PRESENT]
    silent = [one.source for one in asked if one.verdict is Verdict.UNKNOWN]
    if having := [one for one in present if one.source in _HAVE_IT]:
        word = f" as {having[0].detail}" if having[0].detail else ""
        return f"the venue has it{word}: what becomes of it will be in the log by itself"
    if present:
        return "the venue matched it: its fills are in the log, or will be by themselves"
    if not asked:
        return "nothing is proven, no source was asked: ask again"
    if silent:
        return f"nothing is proven, {', '.join(silent)} gave no answer: ask again"
    return _denied(said, state, order_id)


def _denied(said: Mapping[str, Finding], state: OrderState, order_id: OrderId) -> str:
    """Every source that can be asked denies it."""
    once = [one for one in _ONCE if one in said and said[one].verdict is Verdict.PRESENT]
    but = f", though {' and '.join(once)} told of it before" if once else ""
    if state in TERMINAL:
        return f"the venue denies it{but}, and by the log it is {state}: nothing is left to do"
    then = f"polycopy order reconcile {handle(order_id)} --over ends it"
    if state is OrderState.LOST:
        return f"the venue denies it{but}, and it is lost already: {then}, or it is watched on"
    return f"the venue denies it{but}: it will be lost if that goes on; {then} now"
