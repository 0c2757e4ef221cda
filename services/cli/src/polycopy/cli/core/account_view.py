"""Accounts as pages. In the list an account has two or three lines, so that no figure is cut on a
terminal of 80 columns."""

from collections.abc import Sequence

from polycopy.cli.core import limit_options
from polycopy.cli.core.account_report import AccountReport, OpenOrder, Switch
from polycopy.cli.core.order_view import tone
from polycopy.cli.core.page import Column, Fit, Page, Table, Tone
from polycopy.cli.core.words import cents, command, counted, handle, money, short
from polycopy.schemas.accounts import BalanceDisputed
from polycopy.schemas.control import TradingState
from polycopy.schemas.moments import moment
from polycopy.schemas.money import Side, decimal_text

_EXTERNAL_SHOWN = 5


def view(reports: Sequence[AccountReport], stack: str = "") -> Table:
    return Table(
        columns=(
            Column("account, venue"),
            Column("trading, log", fit=Fit.KEEP),
            Column("free, locked", right=True),
            Column("positions, result", right=True),
            Column("open, lost", right=True),
        ),
        rows=tuple(
            (
                f"{one.account}\n{one.venue or '–'}",
                f"{one.trading}\n{_complete(one)}" + ("\nbreaker OPEN" if one.breaker else ""),
                f"{cents(one.free_micros)}\n{cents(one.locked_micros)}",
                f"{cents(one.held_micros)}\n{cents(one.result_micros)}",
                f"{len(one.open_orders)}\n{len(one.lost_orders)}"
                + (f"\n{len(one.disputes)} disputed" if one.disputes else ""),
            )
            for one in reports
        ),
        tones=tuple(map(_tone, reports)),
        empty=f"no account yet: {command('strategy create FILE', stack)} names one",
    )


def pages(one: AccountReport) -> list[Page]:
    """Everything about an account."""
    where = f"executor epoch {one.epoch}" if one.epoch else "without an executor"
    venue = f" at {one.venue}" if one.venue else ""
    shown: list[Page] = [f"account {one.account}{venue}, {where}", _figures(one)]
    if doubted := [*one.lost_orders, *one.open_orders]:
        shown.append(_orders(doubted))
    if one.disputes:
        shown.append(_disputes(one))
    if one.external_orders:
        names = ", ".join(map(short, one.external_orders[:_EXTERNAL_SHOWN]))
        more = len(one.external_orders) - _EXTERNAL_SHOWN
        shown.append(
            f"external orders, of somebody else with this wallet: {names}"
            + (f" and {more} more" if more > 0 else "")
        )
    shown.append(limit_options.view(one.account_limits, one.deposited_micros))
    return shown


def dispute_words(one: BalanceDisputed, market: str) -> str:
    """Which balance, and the two figures. `market`: what its token is called, where it has one."""
    what = market if one.token_id else "pUSD"
    figure = decimal_text if one.token_id else cents
    return f"{what}: the venue has {figure(one.venue_micros)}, the log explains " + figure(
        one.expected_micros
    )


def dispute_advice(one: BalanceDisputed) -> str:
    """What is held back by it, and how it ends."""
    what = "entries into that outcome" if one.token_id else "entries"
    return (
        f"no {what} until venue and log agree again: a late fill ends it by itself, what was done "
        "by hand must be undone at the venue"
    )


def _tone(one: AccountReport) -> Tone:
    if one.lost_orders or one.disputes:
        return Tone.BAD
    stopped = one.trading is not TradingState.ACTIVE
    held_back = stopped or one.caught_up is False or one.breaker
    return Tone.WARN if held_back else Tone.PLAIN


def switch_words(switch: Switch) -> str:
    """Of whom, who said it, when and why."""
    whom = f"account {switch.account}" if switch.account else "all accounts"
    since = moment(switch.since_ms)[:19]
    why = f": {switch.reason}" if switch.reason else ""
    return f"{switch.state} for {whom}, by {switch.operator} since {since}{why}"


def _complete(one: AccountReport) -> str:
    """Whether the log has all that the venue knows, in a word."""
    if one.caught_up is None:
        return "own venue"
    return "caught up" if one.caught_up else "BEHIND"


def _figures(one: AccountReport) -> Table:
    word = _complete(one)
    rows = [
        ("trading", "\n".join((one.trading, *map(switch_words, one.switches)))),
        ("log", f"{word}: {one.behind_reason}" if one.behind_reason else word),
        ("deposited", cents(one.deposited_micros)),
        ("free", cents(one.free_micros)),
        ("locked", f"{cents(one.locked_micros)} in {counted(len(one.open_orders), 'open order')}"),
        ("positions", f"{cents(one.held_micros)} at cost in {counted(one.positions, 'position')}"),
        ("realised", cents(one.realised_micros)),
        ("fees", cents(one.fees_micros)),
        ("result", f"{cents(one.result_micros)}, {cents(one.drawdown_micros)} below its highest"),
        ("lost orders", str(len(one.lost_orders))),
        ("external orders", str(len(one.external_orders))),
        ("disputes", str(len(one.disputes))),
    ]
    if one.breaker:
        until = "until it closes there are no entries"
        rows.insert(2, ("circuit breaker", f"{one.breaker}; {until}"))
    if one.anomalies:
        rows.append(("anomalies", str(one.anomalies)))
    return Table(columns=(Column(""), Column("")), rows=tuple(rows))


def _orders(orders: Sequence[OpenOrder]) -> Table:
    return Table(
        columns=(
            Column("order", fit=Fit.KEEP),
            Column("requested at"),
            Column("for, limit"),
            Column("filled", right=True),
            Column("state"),
        ),
        rows=tuple(
            (
                handle(one.order_id),
                moment(one.requested_at_ms)[:19],
                _what(one),
                decimal_text(one.filled_size_micros),
                one.state.upper() if one.doubtful else one.state,
            )
            for one in orders
        ),
        tones=tuple(tone(one.state) for one in orders),
    )


def _what(one: OpenOrder) -> str:
    if one.side == Side.BUY:
        return f"BUY {cents(one.notional_micros)} at ≤ {money(one.limit_price_micros)}"
    return f"SELL {decimal_text(one.size_micros)} at ≥ {money(one.limit_price_micros)}"


def _disputes(report: AccountReport) -> Table:
    return Table(
        columns=(Column("since", fit=Fit.KEEP), Column("disputed")),
        rows=tuple(
            (
                moment(one.checked_at_ms)[:19],
                f"{dispute_words(one, report.market_of(one.token_id))}\n{dispute_advice(one)}",
            )
            for one in report.disputes
        ),
    )
