"""Laws of the account over any history.

The venue's reports are: placed, each fill, cancelled, lost, recovered, each confirmation, each
reversal. Whatever their order, however often each is repeated, wherever we are cut off and hear
them all again, the account ends the same: cash, locks, fees, profits, positions, lots, orders.
"""

from collections.abc import Callable

import msgspec
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import EventId, OrderId, TransactionHash, VenueTradeId
from polycopy.schemas.markets import MarketResolved, Payout
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderEvent, OrderLost
from polycopy.schemas.terms import FeeCurve, OrderType
from polycopy.trading.account import evolve, fold, start_epoch
from polycopy.trading.account_reports import (
    confirm_fill,
    record_cancel,
    record_fill,
    record_lost,
    record_outcome,
    record_recovery,
    revert_fill,
    settle,
)
from polycopy.trading.account_state import Account, open_orders
from polycopy.trading.approval import ApprovedOrder, Intent, approve, requested
from polycopy.trading.fees import taker_fee_micros
from polycopy.trading.invariants import check
from polycopy.trading.order_life import UNRESOLVED, OrderState
from tests.support import trading as make
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    ON_PAPER,
    ONE,
    OPENING,
    STRATEGY,
    TOKEN,
    WIDE,
    essence,
    venue_id,
)

Report = Callable[[Account], list[OrderEvent]]
CURVE = FeeCurve(rate_ppm=70_000)

BUYS = (
    make.requested("a"),
    make.requested("b", order_type=OrderType.GTC, size=40 * ONE, notional=20 * ONE),
)
SALE = make.requested("c", side=Side.SELL, size=15 * ONE, notional=7 * ONE)
fills = st.tuples(
    st.sampled_from("abc"),
    st.integers(1, 12 * ONE),
    st.integers(1, 8 * ONE),
    st.integers(0, 10_000),
)
marks = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans()), max_size=6)


def placed(name: str) -> Report:
    return lambda account: record_outcome(account, make.placed(name))


def cancelled(name: str) -> Report:
    return lambda account: record_cancel(account, OrderId(name), "killed", 1)


def fill(index: int, drawn: tuple[str, int, int, int]) -> Report:
    name, size, notional, fee = drawn
    told = make.seen(name, f"t{index}", size=size, notional=notional, fee=fee)
    return lambda account: record_fill(account, told)


def lost(name: str) -> Report:
    told = OrderLost(
        order_id=OrderId(name), findings=(), denials=3, denied_since_ms=1, lost_at_ms=2
    )
    return lambda account: record_lost(account, told)


def recovered(name: str) -> Report:
    return lambda account: record_recovery(
        account, OrderId(name), source="order", status="LIVE", at_ms=3
    )


def mark(drawn: tuple[str, int, bool]) -> Report:
    name, index, good = drawn
    trade, order = VenueTradeId(f"t{index}"), venue_id(name)
    if good:
        return lambda account: confirm_fill(account, trade, order, TransactionHash("0x"), 1)
    return lambda account: revert_fill(account, trade, order, "failed", 1)


@st.composite
def reports(draw: st.DrawFn, names: str) -> list[Report]:
    """Each report once."""
    drawn = draw(st.lists(fills.filter(lambda f: f[0] in names), max_size=6))
    told = [fill(index, one) for index, one in enumerate(drawn)]
    told += [mark(one) for one in draw(marks)]
    told += [placed(name) for name in draw(st.sets(st.sampled_from(names)))]
    told += [cancelled(name) for name in draw(st.sets(st.sampled_from(names)))]
    return told


def told(history: list[OrderEvent], heard: list[Report]) -> list[OrderEvent]:
    """The history with what of the reports was news; every step keeps the laws."""
    events = list(history)
    account = fold(ACCOUNT, events)
    for report in heard:
        for event in report(account):
            events.append(event)
            account = evolve(account, event)
        assert report(account) == []  # Said again at once, nothing is new.
        assert account.locked_micros >= 0
    assert check(ACCOUNT, events) == []
    return events


@forall(reports("abc"), st.data())
def test_any_order_repetition_and_cut_of_the_reports_ends_in_the_same_account(
    heard: list[Report], data: st.DataObject
) -> None:
    history: list[OrderEvent] = [*OPENING, *BUYS, make.filled("a", "first", notional=9 * ONE), SALE]
    straight = told(history, heard)
    shuffled = data.draw(st.permutations(heard + heard[: len(heard) // 2]))
    cut = data.draw(st.integers(0, len(shuffled)))
    before_the_cut = told(history, shuffled[:cut])
    crooked = told(before_the_cut, shuffled)
    assert essence(fold(ACCOUNT, crooked)) == essence(fold(ACCOUNT, straight))
    assert len(crooked) <= len(history) + len(heard)


@forall(reports("abc"), st.sampled_from("abc"), st.data())
def test_an_order_that_was_lost_and_found_leaves_no_trace(
    heard: list[Report], name: str, data: st.DataObject
) -> None:
    history: list[OrderEvent] = [*OPENING, *BUYS, make.filled("a", "first", notional=9 * ONE), SALE]
    first = data.draw(st.integers(0, len(heard)))
    second = data.draw(st.integers(first, len(heard)))
    told_of = [*heard[:first], lost(name), *heard[first:second], recovered(name), *heard[second:]]
    with_the_loss = essence(fold(ACCOUNT, told(history, told_of)))
    without = essence(fold(ACCOUNT, told(history, heard)))
    found = with_the_loss.orders[OrderId(name)]
    known = without.orders[OrderId(name)]
    if known.state in UNRESOLVED and found.state is OrderState.OPEN:
        return  # Whoever turned up at the venue is there: more is known than without.
    untold = {"answered": known.answered, "heard_at_ms": known.heard_at_ms}
    orders = with_the_loss.orders.set(OrderId(name), msgspec.structs.replace(found, **untold))
    assert msgspec.structs.replace(with_the_loss, orders=orders) == without


# An honest venue: it never matches more than was asked for, nor beyond the limit.
INVESTED = (
    *OPENING,
    make.requested("first", size=400 * ONE, notional=200 * ONE),
    make.filled("first", "first", size=400 * ONE, notional=200 * ONE),
)
parts = st.integers(0, MICROS) | st.just(MICROS)
ticks = st.integers(1, 99)
nothing = st.just(0)
trading = st.one_of(
    st.tuples(st.just("buy"), st.integers(2 * ONE, 600 * ONE), st.integers(30, 99)),
    st.tuples(st.just("sell"), st.integers(ONE, 900 * ONE), st.integers(1, 70)),
    st.tuples(st.sampled_from(("buy", "sell")), st.integers(0, 2 * ONE), ticks),
    st.tuples(st.just("fill"), parts, ticks),
    st.tuples(st.just("cancel"), st.integers(0, 3), nothing),
    st.tuples(st.just("take over"), nothing, nothing),
)
afterwards = st.one_of(
    st.tuples(st.just("revert"), st.integers(0, 50), nothing),
    st.tuples(st.just("settle"), parts, nothing),
)


def intended(account: Account, side: Side, amount: int, tick: int) -> list[OrderEvent]:
    name = f"o{account.version}"
    wanted = Intent(
        order_id=OrderId(name),
        strategy_id=STRATEGY,
        signal_id=EventId(name),
        trade_id=EventId(name),
        venue=VenueName.PAPER,
        condition_id=CONDITION,
        token_id=TOKEN,
        side=side,
        limit_price_micros=tick * 10_000,
        leader_price_micros=tick * 10_000,
        notional_micros=amount,
        size_micros=amount,
    )
    pairs = [(price * 10_000, 300 * ONE) for price in (10, 30, 50, 70, 90)]
    book = make.book(bids=pairs, asks=pairs)
    market = make.market(fee=CURVE)
    answer = approve(account, wanted, book, market, account.version, limits=WIDE)
    if isinstance(answer, ApprovedOrder):
        return [requested(answer, venue_order_id=venue_id(name))]
    return [answer]


def matched(account: Account, part_ppm: int, tick: int) -> list[OrderEvent]:
    waiting = open_orders(account)
    if not waiting:
        return []
    order = waiting[0]
    price = tick * 10_000
    if order.side is Side.BUY:
        price = min(price, order.limit_price_micros)
        notional = order.unmatched_micros * part_ppm // MICROS
        size = notional * MICROS // price
    else:
        price = max(price, order.limit_price_micros)
        size = order.unmatched_micros * part_ppm // MICROS
        notional = size * price // MICROS
    fee = taker_fee_micros(size, price, CURVE)
    told = make.seen(order.order_id, f"t{account.version}", size=size, notional=notional, fee=fee)
    return record_fill(account, told)


def reverted(account: Account, index: int) -> list[OrderEvent]:
    made = sorted(
        key
        for order in account.orders.values()
        for key, record in order.fills.items()
        if not record.reverted
    )
    if not made:
        return []
    trade, order_id = made[index % len(made)]
    return revert_fill(account, trade, order_id, "failed", 1)


def said(account: Account, step: tuple[str, int, int]) -> list[OrderEvent]:
    what, number, tick = step
    match what:
        case "buy" | "sell":
            return intended(account, Side(what.upper()), number, tick)
        case "fill":
            return matched(account, number, tick)
        case "cancel":
            waiting = open_orders(account)[number : number + 1]
            return [e for o in waiting for e in record_cancel(account, o.order_id, "killed", 1)]
        case "revert":
            return reverted(account, number)
        case "settle":
            payouts = (Payout(token_id=TOKEN, price_micros=number),)
            resolved = MarketResolved(condition_id=CONDITION, payouts=payouts, resolved_at_ms=1)
            return settle(account, resolved, 1)
        case _:
            return start_epoch(account, "next", ON_PAPER)


@forall(st.lists(trading, max_size=25))
def test_decisions_never_expose_more_than_there_is(steps: list[tuple[str, int, int]]) -> None:
    events: list[OrderEvent] = list(INVESTED)
    account = fold(ACCOUNT, events)
    for step in steps:
        for event in said(account, step):
            events.append(event)
            account = evolve(account, event)
        cost = sum(position.cost_micros for position in account.positions.values())
        earned = account.realised_micros - account.fees_micros
        assert account.locked_micros >= 0
        assert account.locked_micros + cost <= account.deposited_micros + earned
        assert account.free_micros >= 0
        for position in account.positions.values():
            assert 0 <= position.locked_size_micros <= position.size_micros
    assert account.anomalies == 0
    assert check(ACCOUNT, events) == []


@forall(st.lists(trading | afterwards, max_size=25))
def test_capital_is_conserved_whatever_is_reverted_or_settled(
    steps: list[tuple[str, int, int]],
) -> None:
    events: list[OrderEvent] = list(INVESTED)
    account = fold(ACCOUNT, events)
    for step in steps:
        for event in said(account, step):
            events.append(event)
            account = evolve(account, event)
        for position in account.positions.values():
            assert position.cost_micros * position.size_micros >= 0
            assert position.size_micros or not position.cost_micros
    assert (account.anomalies, account.version) == (0, len(events))
    assert check(ACCOUNT, events) == []
    assert fold(ACCOUNT, events) == account
