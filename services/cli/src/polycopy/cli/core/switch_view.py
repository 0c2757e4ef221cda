"""The kill switch as a page: what holds now for which accounts."""

from collections.abc import Sequence

from polycopy.cli.core.account_report import EVERY, AccountReport
from polycopy.cli.core.page import Column, Table, Tone
from polycopy.cli.core.words import command, counted
from polycopy.schemas.control import TradingState
from polycopy.schemas.ids import AccountId

_MEANS = {
    TradingState.ACTIVE: "entries and exits",
    TradingState.REDUCING: "exits only",
    TradingState.HALTED: "nothing is sent but cancels",
}
_TONES = {
    TradingState.ACTIVE: Tone.PLAIN,
    TradingState.REDUCING: Tone.WARN,
    TradingState.HALTED: Tone.BAD,
}
_TICK = "the executor acts on it within its tick, by default 1 s"
_STOPPED = "it holds from the next start of the stack"


def view(reports: Sequence[AccountReport]) -> Table:
    return Table(
        columns=(
            Column("account"),
            Column("trading"),
            Column("what is sent"),
            Column("open orders", right=True),
            Column("lost", right=True),
        ),
        rows=tuple(
            (
                one.account,
                one.trading,
                _MEANS[one.trading],
                str(len(one.open_orders)),
                str(len(one.lost_orders)),
            )
            for one in reports
        ),
        tones=tuple(_TONES[one.trading] for one in reports),
        empty="there is no account yet; it holds for whichever comes",
    )


def said(
    account: AccountId, state: TradingState, *, news: bool, cancel_open: bool, runs: bool
) -> str:
    """What was just decided, or was so already. `runs`: there is an executor to hear it."""
    whom = f"account {account}" if account else "all accounts"
    words = f"trading is {state} for {whom}"
    if not news:
        return f"{words} already"
    cancels = ", and what rests at the venue is cancelled" if cancel_open else ""
    return f"{words}{cancels}: {_TICK if runs else _STOPPED}"


def remarks(
    account: AccountId,
    reports: Sequence[AccountReport],
    every: TradingState,
    *,
    cancel_open: bool,
    stack: str = "",
) -> list[str]:
    """What the decision leaves as it is, one line each. `every`: what holds for all accounts."""
    told = []
    if every is not TradingState.ACTIVE and account != EVERY:
        ends = command("resume", stack)
        told.append(f"all accounts are {every}, and the stricter holds: {ends} ends that")
    stricter = [one.account for one in reports if one.trading_own is not TradingState.ACTIVE]
    if account == EVERY and every is TradingState.ACTIVE and stricter:
        names = ", ".join(stricter)
        ends = command("resume --account A", stack)
        told.append(f"not active by a decision of their own: {names} ({ends})")
    concerned = [one for one in reports if account in {one.account, EVERY}]
    still = sum(len(one.open_orders) for one in concerned if one.trading is TradingState.HALTED)
    if still and not cancel_open:
        told.append(
            f"{counted(still, 'open order')} may still fill: --cancel-open cancels what rests"
        )
    return told
