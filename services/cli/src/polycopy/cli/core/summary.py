"""The last words of a demo: one object for programs, tables for people."""

from collections.abc import Mapping, Sequence

import msgspec

from polycopy.cli.core.page import Column, Page, Table, Tone
from polycopy.cli.core.report import Latency, StrategyReport
from polycopy.cli.core.rows import AccountRow, ReadModel
from polycopy.cli.core.words import cents, counted
from polycopy.schemas.ids import AccountId, TokenId
from polycopy.schemas.money import MICROS

_REASONS_SHOWN = 3
_INGEST = "stream-ingest"
_RESULT = "result: free cash and the positions at what their markets paid, less the deposit"


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows the read models hold."""

    orders: int
    fills: int
    positions: int
    leader_trades: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The first fields are agreed (architecture, section 14); what follows `read_model` is more."""

    seed: int
    duration_s: float
    leader_trades: int
    evaluated: int
    qualified: int
    orders_requested: int
    orders_placed: int
    fills: int
    orders_lost: int
    venue_orders: int
    venue_fills: int
    latency_ms: Latency
    invariants: Mapping[str, bool]
    read_model: Rows
    leader_rows: int
    trades_missed: int
    trades_wrong: int
    orders_refused: int
    orders_stuck: int
    fills_unconfirmed: int
    restarts: Mapping[str, int]
    digest: str
    digest_live: str
    source: str
    new_trades: int
    new_orders: int
    """Observed and requested in this run; all else counts the whole log."""
    stack: str = ""
    result_micros: Mapping[str, int] = {}
    """By account: free cash and what its positions paid when their markets were settled, less what
    was paid in. Without those of which a payout is not known."""

    @property
    def good(self) -> bool:
        """Every fill arrived, every trade is shown as large as it was, every invariant holds."""
        arrived = self.orders_stuck == self.fills_unconfirmed == self.trades_wrong == 0
        return arrived and all(self.invariants.values())


def pages(summary: Summary, strategies: Sequence[StrategyReport], model: ReadModel) -> list[Page]:
    """What an operator is shown at the end."""
    return [
        _flow(summary, strategies),
        *remarks(summary),
        _accounts(summary, strategies, model),
        *([_RESULT] if summary.result_micros else []),
        _laws(summary),
        f"data: {summary.source}",
    ]


def results(model: ReadModel, payouts: Mapping[TokenId, int]) -> dict[str, int]:
    """For `Summary.result_micros`. What is locked counts as cash."""
    worth = {row.account: row.free_micros + row.locked_micros for row in model.accounts}
    for position in model.positions:
        if position.token_id not in payouts:
            worth.pop(position.account, None)
        elif position.account in worth:
            paid = position.size_micros * payouts[position.token_id] // MICROS
            worth[position.account] += paid
    return {
        row.account: worth[row.account] - row.deposited_micros
        for row in model.accounts
        if row.account in worth and payouts
    }


def remarks(summary: Summary) -> list[str]:
    """What the figures do not tell by themselves, one line each."""
    told = []
    if summary.new_trades == 0 and summary.evaluated:
        told.append("nothing new: this stack has seen these trades before")
    if summary.orders_stuck:
        told.append(f"{summary.orders_stuck} orders never came to an end; see the stack's logs")
    if summary.orders_lost:
        told.append(
            f"{counted(summary.orders_lost, 'order')} LOST: every source denied it for long enough"
        )
    if summary.fills_unconfirmed:
        told.append(
            f"{summary.fills_unconfirmed} fills were never settled: the venue that matched them "
            "forgot them (the paper venue begins anew at each start)"
        )
    if summary.trades_wrong:
        told.append(f"{summary.trades_wrong} leader trades are shown in a wrong size")
    if summary.trades_missed:
        why = (
            f"{_INGEST} was down, and a demo hears one source, which says nothing twice"
            if _INGEST in summary.restarts
            else "they were not evaluated in time; see the logs of the stack"
        )
        told.append(f"{summary.trades_missed} leader trades were missed: {why}")
    return told


def _flow(summary: Summary, strategies: Sequence[StrategyReport]) -> Table:
    latency = summary.latency_ms
    rows = [
        ("leader trades", f"{summary.leader_trades} ({summary.leader_rows} rows)"),
        ("evaluated", str(summary.evaluated)),
        ("copies decided", str(summary.qualified)),
        *(
            (f"  {one.strategy_id} said no", _counted(one.refused))
            for one in strategies
            if one.refused
        ),
        *(
            (f"  {one.strategy_id}: own checks said no", _counted(one.orders_refused))
            for one in strategies
            if one.orders_refused
        ),
        ("orders", f"{summary.orders_requested} requested, {summary.orders_placed} placed"),
        ("at the venue", f"{summary.venue_orders} orders, {summary.venue_fills} fills"),
        ("fills", str(summary.fills)),
        ("trade to order", _milliseconds(latency)),
    ]
    if summary.trades_missed:
        rows.append(("leader trades missed", str(summary.trades_missed)))
    if summary.restarts:
        rows.append(("restarts", _counted(summary.restarts)))
    return Table(
        title=f"{summary.duration_s:.1f} s, seed {summary.seed}",
        columns=(Column(""), Column("")),
        rows=tuple(rows),
    )


def _accounts(summary: Summary, strategies: Sequence[StrategyReport], model: ReadModel) -> Table:
    accounts = {row.account: row for row in model.accounts}
    held: dict[str, int] = {}
    for position in model.positions:
        held[position.account] = held.get(position.account, 0) + position.cost_micros
    return Table(
        columns=(
            Column("strategy"),
            Column("orders", right=True),
            Column("fills", right=True),
            Column("deposited", right=True),
            Column("held", right=True),
            Column("fees", right=True),
            Column("realised", right=True),
            Column("result", right=True),
        ),
        rows=tuple(
            (
                one.strategy_id,
                str(one.orders),
                str(one.fills),
                *_money(accounts.get(AccountId(one.account)), held.get(one.account, 0)),
                _cents(summary.result_micros.get(one.account)),
            )
            for one in strategies
        ),
    )


def _money(account: AccountRow | None, held_micros: int) -> tuple[str, ...]:
    if account is None:
        return ("–",) * 4
    return (
        cents(account.deposited_micros),
        cents(held_micros),
        cents(account.fees_micros),
        cents(account.realised_micros),
    )


def _cents(value_micros: int | None) -> str:
    return "–" if value_micros is None else cents(value_micros)


def _laws(summary: Summary) -> Table:
    return Table(
        columns=(Column("invariant"), Column("what"), Column("")),
        rows=tuple(
            (law, _LAWS[law], "holds" if holds else "BROKEN")
            for law, holds in summary.invariants.items()
        ),
        tones=tuple(Tone.PLAIN if holds else Tone.BAD for holds in summary.invariants.values()),
    )


_LAWS = {
    "V1": "at most one accepted order for a decision",
    "V2": "nothing at the venue that was not requested before",
    "V3": "every fill of the venue is read exactly once, and no other",
    "V4": "nothing reaches the venue that the kill switch forbids",
    "L1": "every event is in the log once",
    "L2": "the log has no gap and is the same log",
    "C1": "free + locked + held + fees − realised = deposited, always",
    "C2": "locked = what open orders may still spend",
    "E1": "one executor at a time",
    "P1": "the read models are the fold of the log",
    "P2": "made again from the beginning, they are the same",
}


def _counted(counts: Mapping[str, int]) -> str:
    shown = [f"{name} {count}" for name, count in list(counts.items())[:_REASONS_SHOWN]]
    more = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _milliseconds(latency: Latency) -> str:
    if latency.p50 is None:
        return "no order reached the venue"
    return f"p50 {latency.p50:.1f} ms, p99 {latency.p99:.1f} ms, max {latency.max:.1f} ms"
