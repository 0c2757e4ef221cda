"""Accounts as the log tells them: figures, what they may do, and what the doctor warns of."""

import re

import msgspec
import pytest

from polycopy.cli.adapters.terminal import RichTerminal
from polycopy.cli.core import account_view, doctor
from polycopy.cli.core.account_report import EVERY, AccountReport, Switch, last_switches, reports
from polycopy.cli.core.account_rows import histories
from polycopy.cli.core.page import Table
from polycopy.cli.service.accounts import with_breaker
from polycopy.schemas.accounts import (
    AccountCaughtUp,
    AccountFellBehind,
    BalanceAgreed,
    BalanceDisputed,
    ExternalOrderSeen,
)
from polycopy.schemas.control import AccountLimitsSet, TradingState, TradingStateSet, VenueName
from polycopy.schemas.ids import AccountId, EventId, TokenId, VenueOrderId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import ExecutorEpochStarted, OrderLost, OrderUncertain, PositionSettled
from polycopy.schemas.terms import UncertainCode, VenueAccount
from polycopy.trading import permissions
from polycopy.trading.permissions import PermissionEvent
from tests.unit.cli.makers import (
    ACCOUNT,
    CONDITION,
    NOW_MS,
    TOKEN,
    LogMaker,
    copied_trade,
    requested,
)

PAPER = AccountId("forward")
BEHIND = AccountFellBehind(account=ACCOUNT, reason="user socket lost", fell_behind_at_ms=NOW_MS)
CAUGHT_UP = AccountCaughtUp(account=ACCOUNT, epoch=1, read_from_ms=0, caught_up_at_ms=NOW_MS)
LESS = BalanceDisputed(
    account=ACCOUNT,
    token_id=TokenId(""),
    expected_micros=990 * MICROS,
    venue_micros=980 * MICROS,
    checked_at_ms=NOW_MS,
)
FOREIGN = ExternalOrderSeen(
    account=ACCOUNT,
    venue_order_id=VenueOrderId("0x" + "9" * 64),
    condition_id=CONDITION,
    token_id=TOKEN,
    side=Side.BUY,
    size_micros=MICROS,
    price_micros=500_000,
    seen_in="open-orders",
    seen_at_ms=NOW_MS,
)


def main_after(*events: object, decided: tuple[PermissionEvent, ...] = ()) -> AccountReport:
    """The account of a copied trade after these events."""
    log = copied_trade()
    for event in events:
        log.say(event)
    return only(log, decided)


def only(log: LogMaker, decided: tuple[PermissionEvent, ...] = ()) -> AccountReport:
    allowed = permissions.initial()
    for event in decided:
        allowed = permissions.evolve(allowed, event)
    [one] = reports(histories(log.events), [], allowed)
    return one


def with_a_lost_order() -> AccountReport:
    order = requested(EventId("a" * 32), EventId("b" * 32), VenueOrderId("0x7"))
    lost = OrderLost(
        order_id=order.order_id, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2
    )
    return main_after(CAUGHT_UP, order, lost, LESS, FOREIGN)


def test_the_figures_are_the_fold_of_the_log() -> None:
    one = main_after()
    assert (one.deposited_micros, one.free_micros) == (1_000 * MICROS, 990 * MICROS)
    assert (one.held_micros, one.positions, one.result_micros) == (10 * MICROS, 1, 0)
    assert (one.open_orders, one.lost_orders, one.disputes) == ((), (), ())


def test_it_is_shown_who_stopped_an_account_and_when_and_why() -> None:
    log = copied_trade()
    for account, state in (("other", "halted"), ("", "reducing"), ("main", "halted")):
        switch = TradingStateSet(
            account=AccountId(account), state=TradingState(state), operator="ann", reason="wild"
        )
        log.say(switch)
    [one] = reports(histories(log.events), [], permissions.initial(), last_switches(log.events))
    _, figures, *_ = account_view.pages(one)
    assert isinstance(figures, Table)
    _, *said = figures.rows[0][1].splitlines()
    assert [line.split(" since ")[0] for line in said] == [
        "reducing for all accounts, by ann",
        "halted for account main, by ann",
    ]
    assert all(line.endswith(": wild") for line in said)


@pytest.mark.parametrize(("payout", "result", "drawdown"), [(4, -6, 6), (15, 5, 0)])
def test_the_drawdown_is_the_way_down_from_the_highest_result(
    payout: int, result: int, drawdown: int
) -> None:
    paid = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=TOKEN,
        size_micros=20 * MICROS,
        payout_micros=payout * MICROS,
        settled_at_ms=NOW_MS,
    )
    one = main_after(paid)
    assert (one.result_micros, one.drawdown_micros) == (result * MICROS, drawdown * MICROS)


def test_an_account_is_behind_until_all_was_read_for_its_executor() -> None:
    assert main_after().behind_reason == "not read since its executor began epoch 1"
    assert main_after(CAUGHT_UP).caught_up
    assert main_after(CAUGHT_UP).behind_reason == ""
    assert main_after(CAUGHT_UP, BEHIND).behind_reason == "user socket lost"
    epoch = ExecutorEpochStarted(account=ACCOUNT, epoch=2, instance="next")
    again = main_after(CAUGHT_UP, epoch)
    assert (again.caught_up, again.behind_reason) == (
        False,
        "not read since its executor began epoch 2",
    )


def test_a_forward_test_has_nobody_to_catch_up_with() -> None:
    log = LogMaker()
    venue = VenueAccount(venue=VenueName.PAPER)
    epoch = ExecutorEpochStarted(account=PAPER, epoch=1, instance="x", venue_account=venue)
    log.say(epoch, account=PAPER)
    one = only(log)
    assert (one.venue, one.caught_up, one.behind_reason) == ("paper", None, "")
    assert doctor.account_findings([one], [])[0].warning is False


def test_a_dispute_ends_when_the_venue_agrees() -> None:
    assert main_after(LESS).disputes == (LESS,)
    agreed = BalanceAgreed(
        account=ACCOUNT, token_id=TokenId(""), venue_micros=990 * MICROS, checked_at_ms=NOW_MS
    )
    assert main_after(LESS, agreed).disputes == ()


def test_a_disputed_token_is_called_by_its_market() -> None:
    """`copied_trade` never names it, a later order does."""
    token = msgspec.structs.replace(LESS, token_id=TOKEN)
    bought = msgspec.structs.replace(
        requested(EventId("a" * 32), EventId("b" * 32), VenueOrderId("0x7")),
        outcome="Yes",
        title="Will it rain?",
    )
    one = main_after(CAUGHT_UP, bought, token)
    [_, finding] = doctor.account_findings([one], [switch(EVERY, TradingState.HALTED)])
    assert finding.says.startswith("disputed: Yes · Will it rain?: the venue has 980, the log expl")
    assert "; no entries into that outcome until venue and log agree again: " in finding.says
    assert one.markets == {TOKEN: "Yes · Will it rain?"}


def test_the_doctor_counts_uncertain_orders_with_the_money_that_they_lock() -> None:
    order = requested(EventId("a" * 32), EventId("b" * 32), VenueOrderId("0x7"))
    doubt = OrderUncertain(
        order_id=order.order_id, code=UncertainCode.TIMEOUT, detail="", uncertain_at_ms=NOW_MS
    )
    [finding] = doctor.account_findings([main_after(CAUGHT_UP, order, doubt)], [])
    assert finding.warning
    assert finding.says.startswith(
        f"1 uncertain order with $10.00 locked ({order.order_id[:10]}): the venue is asked"
    )


def test_an_open_circuit_breaker_is_in_the_list_the_page_and_the_answer_to_programs() -> None:
    main = msgspec.structs.replace(main_after(CAUGHT_UP), venue="polymarket")
    paper = msgspec.structs.replace(main, account=PAPER, venue="paper")
    [open_, other] = with_breaker([main, paper], "open: 5 without an answer")
    assert (open_.breaker, other.breaker) == ("open: 5 without an answer", "")
    rows = account_view.view([open_, other]).rows
    assert [row[1].endswith("breaker OPEN") for row in rows] == [True, False]
    _, figures, *_ = account_view.pages(open_)
    assert isinstance(figures, Table)
    assert any(row[0] == "circuit breaker" and "no entries" in row[1] for row in figures.rows)
    assert msgspec.to_builtins(open_)["breaker"] == "open: 5 without an answer"


def switch(account: AccountId, state: TradingState) -> Switch:
    return Switch(account=account, state=state, operator="ann", reason="wild", since_ms=NOW_MS)


def test_the_doctor_warns_of_each_trouble_in_a_line_of_its_own() -> None:
    well = main_after(CAUGHT_UP)
    halted = [switch(ACCOUNT, TradingState.HALTED), switch(PAPER, TradingState.ACTIVE)]
    for one, switches, words in (
        (with_a_lost_order(), [], ["1 lost order (", "disputed: pUSD: the venue has $980.00"]),
        (main_after(BEHIND), [], ["behind (user socket lost): no entries"]),
        (well, halted, ["trading is halted for account main, by ann since "]),
        (well, [switch(EVERY, TradingState.REDUCING)], ["trading is reducing for all accounts, "]),
    ):
        findings = doctor.account_findings([one], switches)
        assert len(findings) == len(words)
        for finding, begins in zip(findings, words, strict=True):
            assert finding.says.startswith(begins)
        assert doctor.is_well(findings), "a warning breaks nothing"
        assert {row[1] for row in doctor.view(findings).rows} == {"warn"}


def test_the_doctor_tells_how_trading_goes_on() -> None:
    switches = [switch(account, TradingState.HALTED) for account in (ACCOUNT, EVERY)]
    own, every = doctor.account_findings([], switches)
    assert (own.name, every.name) == ("account main", "all accounts")
    assert own.says.endswith(": wild; polycopy resume --account main ends that")
    assert every.says.endswith(": wild; polycopy resume ends that")


def test_the_doctor_has_one_good_line_where_nothing_is_wrong() -> None:
    [finding] = doctor.account_findings([main_after(CAUGHT_UP)], [])
    assert (finding.warning, finding.says) == (False, "1: trading, nothing lost, nothing disputed")
    [finding] = doctor.account_findings([], [])
    assert finding.says == "none yet"


def test_the_page_of_an_account_shows_all_that_is_in_doubt() -> None:
    said = AccountLimitsSet(
        account=ACCOUNT, limits=AccountLimits(order_ppm_max=50_000), operator="ann"
    )
    one = msgspec.structs.replace(with_a_lost_order(), limits=main_after(decided=(said,)).limits)
    head, figures, orders, disputes, foreign, limits = account_view.pages(one)
    assert head == "account main, executor epoch 1"
    assert isinstance(figures, Table)
    assert ("lost orders", "1") in figures.rows
    assert isinstance(orders, Table)
    assert [row[-1] for row in orders.rows] == ["LOST"]
    assert isinstance(disputes, Table)
    told, advice = disputes.rows[0][1].splitlines()
    assert told == "pUSD: the venue has $980.00, the log explains $990.00"
    assert advice.startswith("no entries until venue and log agree again: ")
    assert str(foreign).startswith("external orders, of somebody else with this wallet: 0x99")
    assert isinstance(limits, Table)
    assert limits.rows[0] == ("one order", "5 %", "$50.00", "set", "--order-percent")
    assert {row[3] for row in limits.rows[1:]} == {"default"}


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_pages_fit_a_terminal(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    rich = msgspec.structs.replace(with_a_lost_order(), free_micros=-1_234_567 * MICROS)
    terminal = RichTerminal()
    for page in (account_view.view([rich, main_after()]), *account_view.pages(rich)):
        terminal.show(page)
    text = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= int(columns)
    for words in ("-$1,234,567.00", "–", "BEHIND", "LOST"):
        assert words in text


def test_no_figure_of_an_account_is_cut_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    figures = ("free", "locked", "held", "result", "realised", "deposited", "drawdown")
    lots = {f"{name}_micros": -(123_456_789_000_000 + n) for n, name in enumerate(figures)}
    name = AccountId("an-account-whose-name-is-long")
    rich = msgspec.structs.replace(with_a_lost_order(), account=name, venue="polymarket", **lots)
    terminal = RichTerminal()
    for page in (account_view.view([rich]), *account_view.pages(rich)):
        terminal.show(page)
    text = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert text.count("-$123,456,789.00") == 4 + len(figures), "all in both, the result twice"
    assert "…" not in text.replace("0x99999…9999", "")
    assert "1 disputed" in text
