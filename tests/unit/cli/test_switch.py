"""The kill switch: said once, again where it cancels, and told with what it leaves as it is."""

import pytest

from polycopy.cli.core import switch_view
from polycopy.cli.core.account_report import EVERY, AccountReport, reports
from polycopy.cli.core.account_rows import histories
from polycopy.cli.service import control
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import AccountLimitsSet, TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import MICROS
from polycopy.schemas.subjects import ALL_TRADING_STATES
from polycopy.trading import permissions
from tests.support.hand_clock import HandClock
from tests.unit.cli.makers import ACCOUNT, OTHER, copied_trade, requested

CLOCK = HandClock()
ACTIVE, REDUCING, HALTED = TradingState
FORWARD = AccountId(OTHER)


def state(
    which: TradingState, account: AccountId = EVERY, *, cancel_open: bool = False
) -> TradingStateSet:
    return TradingStateSet(account=account, state=which, operator="ann", cancel_open=cancel_open)


def told(*decided: TradingStateSet) -> list[AccountReport]:
    """The accounts of a log with an open order of 10 dollars, after these decisions."""
    log = copied_trade()
    trade = log.events[5].envelope.event_id
    log.say(requested(trade, trade, venue_order="0xopen"))  # type: ignore[arg-type]
    allowed = permissions.initial()
    for event in decided:
        allowed = permissions.evolve(allowed, event)
    return reports(histories(log.events), [ACCOUNT, FORWARD], allowed)


async def test_a_state_is_said_once() -> None:
    log = MemoryLog()
    assert not await control.set_trading_state(log, CLOCK, state(ACTIVE)), "as it always was"
    for account in (EVERY, ACCOUNT):
        for which in (HALTED, REDUCING, ACTIVE):
            assert await control.set_trading_state(log, CLOCK, state(which, account))
            assert not await control.set_trading_state(log, CLOCK, state(which, account))
    assert len(await log.read(list(ALL_TRADING_STATES))) == 6


async def test_cancelling_what_rests_is_an_act_and_said_each_time() -> None:
    log = MemoryLog()
    for _ in range(2):
        assert await control.set_trading_state(log, CLOCK, state(HALTED, cancel_open=True))
    assert not await control.set_trading_state(log, CLOCK, state(HALTED))


async def test_limits_and_state_of_an_account_do_not_hide_each_other() -> None:
    log = MemoryLog()
    limits = AccountLimitsSet(
        account=ACCOUNT, limits=AccountLimits(order_ppm_max=1), operator="ann"
    )
    assert await control.set_trading_state(log, CLOCK, state(HALTED, ACCOUNT))
    assert await control.set_limits(log, CLOCK, limits)
    assert not await control.set_trading_state(log, CLOCK, state(HALTED, ACCOUNT))
    assert not await control.set_limits(log, CLOCK, limits)
    allowed = await control.allowed(log)
    assert permissions.state_of(allowed, ACCOUNT) is HALTED
    assert permissions.limits_of(allowed, ACCOUNT).order_ppm_max == 1
    assert permissions.limits_of(allowed, FORWARD) == AccountLimits()


async def test_the_default_limits_hold_without_being_said() -> None:
    log = MemoryLog()
    limits = AccountLimitsSet(account=ACCOUNT, limits=AccountLimits(), operator="ann")
    assert not await control.set_limits(log, CLOCK, limits)


def test_the_page_shows_what_holds_now_for_each_account() -> None:
    rows = switch_view.view(told(state(REDUCING), state(HALTED, ACCOUNT))).rows
    assert rows == (
        ("forward", "reducing", "exits only", "0", "0"),
        ("main", "halted", "nothing is sent but cancels", "1", "0"),
    )
    assert switch_view.view(told()).rows[1][1:3] == ("active", "entries and exits")
    assert switch_view.view([]).empty


def test_open_money_is_what_the_order_set_aside() -> None:
    [forward, main] = told()
    assert (main.locked_micros, main.free_micros) == (10 * MICROS, 980 * MICROS)
    assert [one.state for one in main.open_orders] == ["requested"]
    assert (forward.epoch, forward.behind_reason) == (0, "no executor has taken it over")


@pytest.mark.parametrize(
    ("decided", "every", "words"),
    [
        ([state(HALTED)], HALTED, ["1 open order may still fill"]),
        ([state(HALTED, cancel_open=True)], HALTED, []),
        ([state(REDUCING)], REDUCING, []),
        (
            [state(HALTED), state(ACTIVE, ACCOUNT)],
            HALTED,
            ["all accounts are halted", "1 open order"],
        ),
        ([state(HALTED, FORWARD), state(ACTIVE)], ACTIVE, ["not active by a decision of their"]),
        ([state(HALTED, FORWARD)], ACTIVE, []),
    ],
)
def test_what_a_decision_leaves_as_it_is_is_said(
    decided: list[TradingStateSet], every: TradingState, words: list[str]
) -> None:
    last = decided[-1]
    lines = switch_view.remarks(last.account, told(*decided), every, cancel_open=last.cancel_open)
    assert len(lines) == len(words)
    assert all(line.startswith(begins) for line, begins in zip(lines, words, strict=True))


def test_what_was_decided_is_one_line() -> None:
    say = switch_view.said
    assert say(EVERY, HALTED, news=True, cancel_open=False, runs=True) == (
        "trading is halted for all accounts: the executor acts on it within its tick, "
        "by default 1 s"
    )
    assert say(EVERY, HALTED, news=True, cancel_open=False, runs=False) == (
        "trading is halted for all accounts: it holds from the next start of the stack"
    )
    assert say(ACCOUNT, ACTIVE, news=False, cancel_open=False, runs=True) == (
        "trading is active for account main already"
    )
    assert "what rests at the venue is cancelled" in say(
        ACCOUNT, HALTED, news=True, cancel_open=True, runs=True
    )
