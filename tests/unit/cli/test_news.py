"""What an operator in the foreground is told, one line each."""

import msgspec
import pytest

from polycopy.cli.core import news
from polycopy.cli.core.account_report import last_switches
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, OrderId, TokenId
from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import OrderExpired, OrderLost, OrderRecovered
from polycopy.schemas.terms import Finding, Verdict
from tests.unit.cli.makers import ACCOUNT, NOW_MS, LogMaker
from tests.unit.cli.test_invariants import ORDER_ROW

ORDER = OrderId("0123456789abcdef")
EVERY = AccountId("")
LOST = OrderLost(
    order_id=ORDER,
    findings=(Finding(source="order", verdict=Verdict.ABSENT),),
    denials=3,
    denied_since_ms=NOW_MS,
    lost_at_ms=NOW_MS,
)
RECOVERED = OrderRecovered(
    order_id=ORDER, source="open-orders", status="LIVE", recovered_at_ms=NOW_MS
)
DISPUTED = BalanceDisputed(
    account=ACCOUNT,
    token_id=TokenId(""),
    expected_micros=12 * MICROS,
    venue_micros=7 * MICROS,
    checked_at_ms=NOW_MS,
)
AGREED = BalanceAgreed(
    account=ACCOUNT, token_id=TokenId(""), venue_micros=7 * MICROS, checked_at_ms=NOW_MS
)


def halted(account: AccountId = EVERY, reason: str = "") -> TradingStateSet:
    return TradingStateSet(
        account=account, state=TradingState.HALTED, operator="ann", reason=reason
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            LOST,
            "order 0123456789 of account main is LOST: polycopy order reconcile 0123456789 ",
        ),
        (RECOVERED, "order 0123456789 of account main turned up: open-orders has it"),
        (DISPUTED, "account main is disputed: pUSD: the venue has $7.00, the log explains $12.00"),
        (AGREED, "account main: a balance that was disputed is explained again"),
        (halted(), "trading is halted for all accounts, by ann"),
        (halted(ACCOUNT, "too wild"), "trading is halted for account main, by ann: too wild"),
    ],
)
def test_what_needs_a_hand_is_told_with_its_name(event: Event, words: str) -> None:
    log = LogMaker()
    log.say(event)
    assert news.line(log.events[-1]).startswith(words)


def test_what_goes_its_way_is_no_news() -> None:
    log = LogMaker()
    log.say(OrderExpired(order_id=ORDER, expired_at_ms=NOW_MS))
    assert [news.line(recorded) for recorded in log.events] == ["", ""]


def test_what_an_earlier_run_left_is_told_at_the_start() -> None:
    log = LogMaker()
    for said in (halted(reason="too wild"), halted(ACCOUNT)):
        log.say(said)
    switches = last_switches(log.events)
    orders = [msgspec.structs.replace(ORDER_ROW, state="lost")] * 2
    first, second, third = news.standing(switches, orders)
    assert first.startswith("trading is halted for all accounts, by ann since 2026-")
    assert first.endswith(": too wild (polycopy resume ends it)")
    assert second.endswith(" (polycopy resume --account main ends it)")
    assert third == "2 orders LOST: polycopy order reconcile ID asks every source about one"


def test_every_command_that_is_named_names_the_stack_where_it_is_not_the_usual_one() -> None:
    log = LogMaker()
    log.say(halted(ACCOUNT))
    switches, where = last_switches(log.events), " --stack /else/where"
    lost = [msgspec.structs.replace(ORDER_ROW, state="lost")]
    halt, orders = news.standing(switches, lost, where)
    assert "polycopy resume --account main --stack /else/where ends it" in halt
    assert "polycopy order reconcile ID --stack /else/where asks" in orders
    log.say(LOST)
    assert "reconcile 0123456789 --stack /else/where asks" in news.line(log.events[-1], where)


def test_where_everything_goes_its_way_nothing_is_left() -> None:
    log = LogMaker()
    for state in (TradingState.HALTED, TradingState.ACTIVE):
        log.say(msgspec.structs.replace(halted(), state=state))
    assert news.standing(last_switches(log.events), []) == []
