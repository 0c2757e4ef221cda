"""What people are shown at the end of a demo and in lists."""

import io
import json
import re

import msgspec
import pytest

from polycopy.cli.adapters.terminal import RichTerminal
from polycopy.cli.core import order_view, report, summary
from polycopy.cli.core.page import Branch, Column, Table
from polycopy.cli.core.report import Latency
from polycopy.cli.core.rows import REFUSED
from polycopy.cli.core.summary import Rows, Summary
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import MICROS
from tests.unit.cli.test_invariants import MODEL, ORDER_ROW
from tests.unit.cli.test_report import EVENTS

replace = msgspec.structs.replace
SUMMARY = Summary(
    seed=1,
    duration_s=12.3,
    leader_trades=1,
    evaluated=1,
    qualified=1,
    orders_requested=1,
    orders_placed=1,
    fills=1,
    orders_lost=0,
    venue_orders=1,
    venue_fills=1,
    latency_ms=Latency(p50=4.0, p99=9.0, max=9.5),
    invariants={"V1": True, "C1": True},
    read_model=Rows(orders=1, fills=1, positions=1, leader_trades=2),
    leader_rows=3,
    trades_missed=0,
    trades_wrong=0,
    orders_refused=0,
    orders_stuck=0,
    fills_unconfirmed=0,
    restarts={},
    digest="d",
    digest_live="e",
    source="made up",
    new_trades=1,
    new_orders=1,
)


def shown(told: Summary, capsys: pytest.CaptureFixture[str]) -> str:
    terminal = RichTerminal()
    for page in summary.pages(told, report.strategies(EVENTS), MODEL):
        terminal.show(page)
    return capsys.readouterr().out


def test_a_good_run_is_told_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(SUMMARY, capsys)
    for words in (
        "1 (3 rows)",
        "p50 4.0 ms, p99 9.0 ms, max 9.5 ms",
        "forward said no",
        "price_out_of_range 1",
        "$1,000.00",
        "data: made up",
    ):
        assert words in text
    assert "BROKEN" not in text
    assert SUMMARY.good


def test_a_bad_run_says_what_is_bad(capsys: pytest.CaptureFixture[str]) -> None:
    bad = replace(
        SUMMARY,
        invariants={"V1": False},
        trades_missed=2,
        restarts={"a": 1, "b": 1, "c": 1, "d": 1},
        latency_ms=Latency(p50=None, p99=None, max=None),
    )
    text = shown(bad, capsys)
    for words in ("BROKEN", "leader trades missed", "a 1, b 1, c 1 and 1 more", "no order reached"):
        assert words in text
    assert not bad.good
    assert not replace(SUMMARY, orders_stuck=1).good
    assert not replace(SUMMARY, fills_unconfirmed=1).good
    assert not replace(SUMMARY, trades_wrong=1).good


def test_an_order_tells_what_it_was_for_and_a_refused_one_says_why() -> None:
    sold = replace(ORDER_ROW, side="SELL", filled_size_micros=0, state="open")
    refused = replace(ORDER_ROW, state=REFUSED, reason="no_book", filled_size_micros=0)
    rows = order_view.view([ORDER_ROW, sold, refused]).rows
    assert [row[0] for row in rows] == [ORDER_ROW.order_id[:10]] * 3
    assert [row[2].splitlines()[0] for row in rows] == [
        "BUY $10.00 at ≤ $0.52",
        "SELL 20 at ≥ $0.52",
        "BUY: no_book",
    ]
    assert [row[3] for row in rows] == [
        "filled\n20 at $0.5",
        "open\n",
        "refused\n",
    ]
    assert order_view.view([]).empty
    averaged = replace(ORDER_ROW, average_price_micros=578_657)
    assert order_view.view([averaged]).rows[0][3] == "filled\n20 at $0.5787"


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_pages_fit_a_terminal(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    order = replace(
        ORDER_ROW,
        strategy_id="a-strategy-with-a-name",
        title="Will the sum of all things be larger than its parts by November 25, 2026?",
    )
    RichTerminal().show(order_view.view([order]))
    text = shown(replace(SUMMARY, result_micros={"main": -987_650_000}), capsys)
    lines = re.sub("\x1b\\[[0-9;]*m", "", text).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= int(columns)
    assert "-$987.65" in text


def test_no_money_of_an_order_is_cut_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The market and the strategy give way, and then figures go on in the next line."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    order = replace(
        ORDER_ROW,
        strategy_id="a-strategy-whose-name-is-longer-than-a-time",
        title="Will the sum of all things be larger than its parts by November 25, 2026?",
        state="cancelled",
        order_type="FAK",
        notional_micros=123_456_780_000,
        filled_notional_micros=65_432_100_000,
    )
    RichTerminal().show(order_view.view([order]))
    text = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    for words in ("BUY $123,456.78 at ≤ $0.52", "$65,432.10", "2026-11-18 11:06:40"):
        assert words in text
    assert text.count("$123,456.78") == 2


def test_a_result_counts_what_positions_paid_and_is_missing_where_that_is_not_known() -> None:
    [account] = MODEL.accounts
    [position] = MODEL.positions
    cash = account.free_micros + account.locked_micros - account.deposited_micros
    assert summary.results(MODEL, {position.token_id: MICROS}) == {
        account.account: cash + position.size_micros
    }
    assert summary.results(MODEL, {position.token_id: 0}) == {account.account: cash}
    assert summary.results(MODEL, {TokenId("7"): MICROS}) == summary.results(MODEL, {}) == {}


def test_text_of_the_log_is_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = RichTerminal()
    terminal.show(Table(columns=(Column("title"),), rows=(("[red]Will it[/red] :smile:",),)))
    terminal.show(Branch(label="[bold]a[/bold]", branches=(Branch(label="b"),)))
    terminal.show(Table(columns=(), rows=(), empty="[nothing] yet"))
    out = capsys.readouterr().out
    for words in ("[red]Will it[/red] :smile:", "[bold]a[/bold]", "[nothing] yet"):
        assert words in out


@pytest.mark.parametrize("in_a_terminal", [True, False])
def test_nothing_of_a_long_branch_is_left_out(
    *, in_a_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: in_a_terminal)
    words = [f"word-{number}" for number in range(100)]
    RichTerminal().show(Branch(label="a", branches=(Branch(label=" ".join(words)),)))
    out = capsys.readouterr().out
    assert [word for word in words if word not in out.split()] == []
    lines = [line.rstrip() for line in out.splitlines()]
    assert (max(map(len, lines)) <= 80) is in_a_terminal
    assert (len(lines) == 2) is not in_a_terminal


def test_nothing_of_the_log_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "a\x1b[2Jb"
    terminal = RichTerminal()
    terminal.show(Table(columns=(Column("title"),), rows=((hostile,),)))
    terminal.show(Branch(label=hostile))
    terminal.show(hostile)
    terminal.note(hostile)
    row = order_view.view([replace(ORDER_ROW, title="x\nforged line")]).rows[0]
    captured = capsys.readouterr()
    assert "\x1b[2J" not in captured.out + captured.err
    assert (captured.out + captured.err).count("a\\u001b[2Jb") == 4
    assert row[2].count("\n") == 1


@pytest.mark.parametrize("in_a_terminal", [True, False])
def test_an_order_in_doubt_has_a_colour_at_a_terminal_and_a_word_everywhere(
    *, in_a_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: in_a_terminal)
    orders = [replace(ORDER_ROW, state=state) for state in ("lost", "uncertain", "filled")]
    RichTerminal().show(order_view.view(orders))
    lost, unsure, filled = (line for line in capsys.readouterr().out.splitlines() if "BUY" in line)
    assert "LOST" in lost
    assert "UNCERTAIN" in unsure
    assert ("31m" in lost, "33m" in unsure) == (in_a_terminal, in_a_terminal)
    assert "\x1b" not in filled


def test_json_goes_to_stdout_and_notes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = RichTerminal()
    terminal.put({"seed": 1})
    terminal.note("a line")
    with terminal.bar("trades", 3) as bar:
        bar.advance(1, "one order")
    captured = capsys.readouterr()
    assert json.load(io.StringIO(captured.out)) == {"seed": 1}
    assert "a line" in captured.err


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (replace(SUMMARY, new_trades=0), "nothing new: this stack has seen these trades before"),
        (
            replace(SUMMARY, trades_missed=3, restarts={"stream-ingest": 1}),
            "3 leader trades were missed: stream-ingest was down",
        ),
        (replace(SUMMARY, orders_stuck=2), "2 orders never came to an end"),
        (replace(SUMMARY, orders_lost=1), "1 order LOST: every source denied it"),
        (replace(SUMMARY, fills_unconfirmed=1), "1 fills were never settled: the venue"),
        (replace(SUMMARY, trades_wrong=1), "1 leader trades are shown in a wrong size"),
        (replace(SUMMARY, trades_missed=2), "2 leader trades were missed: they were not evaluated"),
    ],
    ids=["used", "deaf", "stuck", "lost", "unsettled", "wrong", "slow"],
)
def test_what_the_figures_hide_is_said_in_one_line(
    told: Summary, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summary.remarks(SUMMARY) == summary.remarks(replace(SUMMARY, evaluated=0)) == []
    [line] = summary.remarks(told)
    assert line.startswith(words)
    assert line in shown(told, capsys).splitlines()
