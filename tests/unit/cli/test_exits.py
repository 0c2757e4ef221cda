"""Exits that were not copied: shares that a leader sold and we keep."""

import msgspec
import pytest

from polycopy.cli.core import doctor, exits
from polycopy.cli.core.exits import Kept
from polycopy.schemas import ids
from polycopy.schemas.accounts import AccountCaughtUp
from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, EventId, OrderId, VenueOrderId, VenueTradeId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    FillReverted,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderRecovered,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.terms import FailureCode, FillRole, Refusal, RefusalCode, VenueAccount
from tests.unit.cli.makers import (
    ACCOUNT,
    NOW_MS,
    STRATEGY,
    TOKEN,
    LogMaker,
    copied_trade,
    requested,
)

CAUGHT_UP = AccountCaughtUp(account=ACCOUNT, epoch=1, read_from_ms=0, caught_up_at_ms=NOW_MS)
SIGNAL = EventId("5e" * 16)
SALE = VenueOrderId("0x" + "7a" * 32)
UNSETTLED = FailureCode.BALANCE_OR_ALLOWANCE


def sale(attempt: int = 1) -> OrderRequested:
    """Of all 20 shares."""
    return msgspec.structs.replace(
        requested(SIGNAL, EventId("1e" * 16), VenueOrderId(SALE[:-1] + str(attempt))),
        order_id=ids.order_id(signal_id=SIGNAL, strategy_id=STRATEGY, attempt=attempt),
        side=Side.SELL,
        lock_micros=0,
        attempt=attempt,
        outcome="Yes",
        title="Will it rain?",
    )


def failed(order: OrderId, code: FailureCode = UNSETTLED) -> OrderFailed:
    return OrderFailed(order_id=order, code=code, http_status=400, answer="", failed_at_ms=NOW_MS)


def refused(code: RefusalCode) -> OrderRefused:
    return OrderRefused(
        order_id=sale().order_id,
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=SIGNAL,
        trade_id=EventId("1e" * 16),
        token_id=TOKEN,
        side=Side.SELL,
        refusals=(Refusal(code=code),),
        refused_at_ms=NOW_MS,
    )


def sold(shares: int, kind: type[OrderFilled | OrderPartiallyFilled] = OrderFilled) -> Event:
    return kind(
        order_id=sale().order_id,
        venue_trade_id=VenueTradeId(f"match-of-{shares}"),
        venue_order_id=sale().venue_order_id,
        token_id=TOKEN,
        side=Side.SELL,
        size_micros=shares * MICROS,
        price_micros=500_000,
        notional_micros=shares * MICROS // 2,
        fee_micros=0,
        role=FillRole.TAKER,
        source="user-channel",
        matched_at_ms=NOW_MS,
    )


def cancelled() -> OrderCancelled:
    return OrderCancelled(
        order_id=sale().order_id, reason="the rest found no match", cancelled_at_ms=NOW_MS
    )


def reverted() -> FillReverted:
    return FillReverted(
        order_id=sale().order_id,
        venue_trade_id=VenueTradeId("match-of-20"),
        venue_order_id=sale().venue_order_id,
        reason="FAILED",
        reverted_at_ms=NOW_MS,
    )


LOST = OrderLost(
    order_id=sale().order_id, findings=(), denials=3, denied_since_ms=NOW_MS, lost_at_ms=NOW_MS
)
RECOVERED = OrderRecovered(
    order_id=sale().order_id, source="open-orders", status="LIVE", recovered_at_ms=NOW_MS
)


def after(*events: Event, log: LogMaker | None = None) -> list[Kept]:
    """What is kept of 20 shares after that."""
    log = log or copied_trade()
    for event in events:
        log.say(event)
    return exits.kept(exits.fold(log.events), before_ms=NOW_MS)


@pytest.mark.parametrize(
    ("events", "size", "why"),
    [
        ((sale(), failed(sale().order_id)), 20, "rejected the sale, balance_or_allowance"),
        ((sale(), failed(sale().order_id, FailureCode.NO_MATCH)), 20, "the sale, no_match"),
        ((refused(RefusalCode.TRADING_HALTED),), 20, "refused the sale, trading_halted"),
        (
            (sale(), sold(8, OrderPartiallyFilled), cancelled()),
            12,
            "only 8 shares were sold",
        ),
        ((sale(), cancelled()), 20, "cancelled, the rest found no match"),
        (
            (sale(), OrderExpired(order_id=sale().order_id, expired_at_ms=NOW_MS)),
            20,
            "nobody bought in time",
        ),
        ((sale(), sold(20), reverted()), 20, "the sale did not settle, FAILED"),
        ((sale(), LOST), 20, "the sale is LOST, the venue denies it"),
        ((sale(), sold(8, OrderPartiallyFilled), LOST), 12, "the sale is LOST"),
        ((sale(), LOST, cancelled()), 20, "cancelled, the rest found no match"),
    ],
)
def test_an_exit_that_was_not_copied_is_told_with_what_is_kept(
    events: tuple[Event, ...], size: int, why: str
) -> None:
    [kept] = after(*events)
    line = exits.line(kept, by_hand=True)
    assert line.startswith(f"exit not copied: account main keeps {size} shares of ")
    assert why in line
    assert "Not tried again" in line
    assert "sell at the venue yourself" in line
    assert "yourself" not in exits.line(kept, by_hand=False)


@pytest.mark.parametrize(
    "events",
    [
        (sale(), sold(20)),
        (sale(), failed(sale().order_id), sale(attempt=2)),
        (sale(), sold(8, OrderPartiallyFilled), cancelled(), sold(12)),
        (sale(), LOST, RECOVERED),
        (sale(), LOST, sold(20)),
        (
            sale(),
            msgspec.structs.replace(refused(RefusalCode.NO_POSITION), order_id=OrderId("other")),
        ),
    ],
    ids=[
        "sold",
        "tried again",
        "a fill that trails",
        "recovered",
        "lost and sold",
        "all of it is for sale already",
    ],
)
def test_an_exit_that_was_copied_or_is_under_way_is_no_news(events: tuple[Event, ...]) -> None:
    assert after(*events) == []


def test_a_second_attempt_that_fails_too_is_told_once() -> None:
    again = sale(attempt=2)
    [kept] = after(sale(), failed(sale().order_id), again, failed(again.order_id))
    assert (kept.last.order_id, kept.size_micros) == (again.order_id, 20 * MICROS)


def test_a_sale_that_is_refused_while_the_buy_is_unknown_is_told_once_the_shares_came() -> None:
    bought = copied_trade()
    buy = [one.event for one in bought.events if isinstance(one.event, OrderRequested)]
    log = LogMaker()
    assert after(*buy, refused(RefusalCode.NO_POSITION), log=log) == []
    fill = next(one.event for one in bought.events if isinstance(one.event, OrderFilled))
    [kept] = after(fill, log=log)
    assert kept.size_micros == 20 * MICROS


def test_what_was_sold_later_is_not_kept_any_more() -> None:
    assert after(refused(RefusalCode.TRADING_HALTED), sale(), sold(20)) == []


def test_a_refusal_where_nothing_is_held_is_no_news() -> None:
    assert after(refused(RefusalCode.NO_POSITION), log=LogMaker()) == []


def test_a_forward_test_keeps_no_money() -> None:
    venue = VenueAccount(venue=VenueName.PAPER)
    log = LogMaker()
    log.say(ExecutorEpochStarted(account=ACCOUNT, epoch=1, instance="x", venue_account=venue))
    buy = [one.event for one in copied_trade().events if isinstance(one.event, OrderRequested)]
    fill = [one.event for one in copied_trade().events if isinstance(one.event, OrderFilled)]
    assert after(*buy, *fill, sale(), failed(sale().order_id), log=log) == []


def test_an_exit_that_failed_just_now_is_still_under_way() -> None:
    log = copied_trade()
    for event in (sale(), failed(sale().order_id)):
        log.say(event)
    assert exits.kept(exits.fold(log.events), before_ms=NOW_MS - 1) == []


def test_the_summary_counts_positions_and_names_the_newest() -> None:
    [kept] = after(sale(), failed(sale().order_id))
    assert exits.summary([kept]) == (
        "1 position kept though a leader sold: 20 shares of Yes · Will it rain?"
    )
    assert exits.summary([kept] * 5).endswith(" and 2 more")


def test_the_doctor_warns_of_each_account_that_keeps_what_a_leader_sold() -> None:
    [kept] = after(sale(), failed(sale().order_id))
    other = msgspec.structs.replace(kept, account=AccountId("other"))
    findings = doctor.exit_findings([other, kept, kept])
    assert [one.name for one in findings] == ["account main", "account other"]
    assert findings[0].says.startswith("2 positions kept though a leader sold: 20 shares of Yes")
    assert all(one.warning for one in findings)
    assert doctor.exit_findings([]) == []
