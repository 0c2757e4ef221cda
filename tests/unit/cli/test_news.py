"""What an operator in the foreground is told, one line each."""

import itertools

import msgspec
import pytest

from polycopy.cli.core import exits, news
from polycopy.cli.core.account_report import last_switches
from polycopy.cli.service.account_news import tell_breaker
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, EventId, OrderId, TokenId, VenueOrderId
from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import OrderExpired, OrderLost, OrderRecovered
from polycopy.schemas.terms import Finding, Verdict
from tests.unit.cli.makers import ACCOUNT, NOW_MS, TOKEN, LogMaker, requested
from tests.unit.cli.test_invariants import ORDER_ROW

ORDER = OrderId("0123456789abcdef")
EVERY = AccountId("")
NOTHING = exits.initial()
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
        (
            DISPUTED,
            "account main is disputed: pUSD: the venue has $7.00, the log explains $12.00; "
            "no entries until venue and log agree again: ",
        ),
        (AGREED, "account main: venue and log agree again about pUSD, which was disputed"),
        (halted(), "trading is halted for all accounts, by ann"),
        (halted(ACCOUNT, "too wild"), "trading is halted for account main, by ann: too wild"),
    ],
)
def test_what_needs_a_hand_is_told_with_its_name(event: Event, words: str) -> None:
    log = LogMaker()
    log.say(event)
    assert news.line(log.events[-1], NOTHING).startswith(words)


def test_a_lost_order_and_a_disputed_token_are_told_with_their_market() -> None:
    buy = msgspec.structs.replace(
        requested(EventId("a" * 32), EventId("b" * 32), VenueOrderId("0x7")),
        outcome="Yes",
        title="Will it rain?",
    )
    log = LogMaker()
    log.say(buy)
    for event, words in (
        (msgspec.structs.replace(LOST, order_id=buy.order_id), "is LOST (BUY $10.00 of Yes · Will"),
        (
            msgspec.structs.replace(RECOVERED, order_id=buy.order_id),
            "turned up (BUY $10.00 of Yes · Will it rain?): open-orders has it",
        ),
        (
            msgspec.structs.replace(DISPUTED, token_id=TOKEN),
            "Yes · Will it rain?: the venue has 7, the log explains 12; no entries into that out",
        ),
        (msgspec.structs.replace(AGREED, token_id=TOKEN), "again about Yes · Will it rain?, wh"),
    ):
        log.say(event)
        assert words in news.line(log.events[-1], exits.fold(log.events))


def test_each_turn_of_the_circuit_breaker_is_told_once() -> None:
    said = ("", "open: 5 without an answer", "open: one order is trying", "", "")
    turns = [news.breaker_turn(*pair) for pair in itertools.pairwise(said)]
    assert turns == [
        "circuit breaker open: 5 without an answer; until it closes there are no entries",
        "",
        "circuit breaker closed: it holds no entries back any more",
        "",
    ]


async def test_a_circuit_breaker_of_which_nobody_tells_has_not_turned() -> None:
    answers = ["open: x", None, "open: x", "", None]
    told: list[str] = []

    async def ask() -> str | None:
        if not answers:
            raise EOFError
        return answers.pop(0)

    with pytest.raises(EOFError):
        await tell_breaker(ask, told.append, every_s=0)
    assert [line.split(":")[0] for line in told] == [
        "circuit breaker open",
        "circuit breaker closed",
    ]


def test_what_goes_its_way_is_no_news() -> None:
    log = LogMaker()
    log.say(OrderExpired(order_id=ORDER, expired_at_ms=NOW_MS))
    assert [news.line(recorded, NOTHING) for recorded in log.events] == ["", ""]


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
    assert "reconcile 0123456789 --stack /else/where asks" in news.line(
        log.events[-1], NOTHING, where
    )


def test_where_everything_goes_its_way_nothing_is_left() -> None:
    log = LogMaker()
    for state in (TradingState.HALTED, TradingState.ACTIVE):
        log.say(msgspec.structs.replace(halted(), state=state))
    assert news.standing(last_switches(log.events), []) == []
