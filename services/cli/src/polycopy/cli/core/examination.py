"""What every source said about an order, and what that means for the operator."""

from collections.abc import Sequence

from polycopy.cli.core.page import Column, Table
from polycopy.cli.core.words import handle
from polycopy.schemas.ids import OrderId
from polycopy.schemas.terms import Finding, Verdict
from polycopy.trading.order_life import TERMINAL, OrderState

_HAVE_IT = ("order", "open-orders")
"""Sources that show an order itself; the others show what was once told of it."""
_OURS = "log"


def view(findings: Sequence[Finding]) -> Table:
    return Table(
        columns=(Column("source"), Column("verdict"), Column("detail")),
        rows=tuple((one.source, one.verdict.value, one.detail) for one in findings),
        empty="no source was asked",
    )


def meaning(findings: Sequence[Finding], state: OrderState, order_id: OrderId) -> str:
    """One line: what is known, and what can be done. `state` is what the log says of it."""
    asked = [one for one in findings if one.source != _OURS]
    present = [one for one in asked if one.verdict is Verdict.PRESENT]
    silent = [one.source for one in asked if one.verdict is Verdict.UNKNOWN]
    if having := [one for one in present if one.source in _HAVE_IT]:
        word = f" as {having[0].detail}" if having[0].detail else ""
        return f"the venue has it{word}: what becomes of it will be in the log by itself"
    if present:
        names = ", ".join(one.source for one in present)
        return f"the venue told of it ({names}): its fills are in the log, or will be by themselves"
    if not asked:
        return "nothing is proven, no source was asked: ask again"
    if silent:
        return f"nothing is proven, {', '.join(silent)} gave no answer: ask again"
    if state in TERMINAL:
        return f"every source denies it, and by the log it is {state}: nothing is left to do"
    then = f"polycopy order reconcile {handle(order_id)} --over ends it"
    if state is OrderState.LOST:
        return f"every source denies it, and it is lost already: {then}, or it is watched on"
    return f"every source denies it: it will be lost if they go on to; {then} now"
