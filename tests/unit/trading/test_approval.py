import ast
from pathlib import Path

import msgspec
import pytest

from polycopy.schemas.event import decode, encode
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent, OrderRefused, OrderRequested
from polycopy.schemas.terms import OrderType, RefusalCode
from polycopy.trading.account import fold
from polycopy.trading.account_state import Account
from polycopy.trading.approval import (
    ApprovedOrder,
    Intent,
    approve,
    approved_again,
    decided_again,
    requested,
)
from polycopy.trading.fees import highest_fee_micros
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book
from tests.support.trading import (
    ACCOUNT,
    FEE,
    LEADER,
    ONE,
    OPENING,
    WIDE,
    book,
    filled,
    intent,
    market,
    venue_id,
)
from tests.support.trading import requested as earlier

ROOT = Path(__file__).parents[3]
BOUGHT = (earlier("earlier"), filled("earlier"))  # 20 shares


def after(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *events])


def approved(
    wanted: Intent, *, account: Account | None = None, the_book: Book | None = None
) -> ApprovedOrder:
    there = the_book or book()
    answer = approve(account or after(), wanted, there, market(), 1_000, limits=WIDE)
    assert isinstance(answer, ApprovedOrder), answer
    return answer


def refused(
    wanted: Intent,
    *,
    account: Account | None = None,
    the_book: Book | None = None,
    rules: MarketRules | None = None,
) -> list[RefusalCode]:
    answer = approve(account or after(), wanted, the_book, rules, 1_000, limits=WIDE)
    assert isinstance(answer, OrderRefused), answer
    assert answer.refused_at_ms == 1_000
    return [refusal.code for refusal in answer.refusals]


def test_a_buy_is_approved_with_the_venues_amounts_and_the_capital_it_may_cost() -> None:
    order = approved(intent(limit=529_999))
    assert order.limit_price_micros == 520_000  # On the tick, never above what was allowed.
    assert (order.maker_micros, order.taker_micros) == (50 * ONE, 96_153_800)
    assert order.lock_micros == 50 * ONE + highest_fee_micros(50 * ONE, 520_000, FEE)
    assert order.order_type is OrderType.FAK
    evidence = order.evidence
    assert (evidence.vwap_micros, evidence.worst_price_micros) == (510_000, 510_000)
    assert (evidence.free_micros, evidence.asked_micros) == (1_000 * ONE, 50 * ONE)
    assert evidence.fillable_size_micros == 98_039_215
    assert evidence.levels == book().asks[:1]


def test_a_sell_is_approved_for_what_is_held_and_locks_no_capital() -> None:
    order = approved(intent(Side.SELL, amount=50 * ONE, limit=480_001), account=after(*BOUGHT))
    assert order.limit_price_micros == 490_000
    assert (order.maker_micros, order.taker_micros) == (20 * ONE, 9_800_000)
    assert order.lock_micros == 0
    assert order.evidence.available_size_micros == 20 * ONE
    assert order.evidence.levels == book().bids[:1]


def test_shares_that_are_set_aside_are_not_sold_twice() -> None:
    aside = earlier("sell", side=Side.SELL, size=15 * ONE)
    order = approved(
        intent(Side.SELL, amount=50 * ONE, limit=480_000), account=after(*BOUGHT, aside)
    )
    assert order.size_micros == 5 * ONE
    aside = earlier("sell", side=Side.SELL, size=20 * ONE)
    assert refused(
        intent(Side.SELL, limit=480_000),
        account=after(*BOUGHT, aside),
        the_book=book(),
        rules=market(),
    ) == [RefusalCode.NO_POSITION]


def test_a_thin_book_gives_what_it_has() -> None:
    order = approved(intent(amount=100 * ONE))
    assert order.notional_micros == 61_200_000
    assert order.evidence.asked_micros == 100 * ONE
    order = approved(
        intent(Side.SELL, amount=20 * ONE, limit=490_000),
        account=after(*BOUGHT),
        the_book=book(bids=((490_000, 7_654_321), (480_000, 99 * ONE))),
    )
    assert order.size_micros == 7_650_000


def test_capital_that_is_short_makes_the_order_smaller() -> None:
    account = after(earlier("big", notional=990 * ONE))
    order = approved(intent(), account=account)
    assert order.notional_micros == 9_520_000  # and 5 % of it in fees at most
    assert order.lock_micros <= 10 * ONE < order.lock_micros + 10_500


@pytest.mark.parametrize(
    ("wanted", "the_book", "rules", "codes"),
    [
        (intent(), None, market(), [RefusalCode.NO_BOOK]),
        (intent(), book(asks=()), market(), [RefusalCode.BOOK_EMPTY]),
        (intent(limit=509_999), book(), market(), [RefusalCode.PRICE_OFF_MARKET]),
        (intent(limit=9_999), book(), market(), [RefusalCode.PRICE_OFF_MARKET]),
        (intent(), book(), None, [RefusalCode.MARKET_NOT_TRADABLE]),
        (intent(), book(), market(accepting_orders=False), [RefusalCode.MARKET_NOT_TRADABLE]),
        (intent(), book(tick=20_000), market(), [RefusalCode.MARKET_NOT_TRADABLE]),
        (intent(valid_until=999), book(), market(), [RefusalCode.SIGNAL_TOO_OLD]),
        (intent(amount=ONE - 1), book(), market(), [RefusalCode.SIZE_BELOW_MINIMUM]),
        (intent(amount=0), book(), market(), [RefusalCode.SIZE_BELOW_MINIMUM]),
        (
            intent(),
            book(asks=((510_000, ONE),)),
            market(),
            [RefusalCode.INSUFFICIENT_DEPTH],
        ),
        (
            intent(amount=ONE, limit=700_000),
            book(tick=100_000),
            market(),
            [RefusalCode.SIZE_BELOW_MINIMUM],
        ),
        (intent(Side.SELL, limit=480_000), book(), market(), [RefusalCode.NO_POSITION]),
        (
            intent(Side.SELL, limit=990_001),
            book(),
            market(),
            [RefusalCode.PRICE_OFF_MARKET, RefusalCode.NO_POSITION],
        ),
        (
            intent(Side.SELL, amount=9_999),
            book(),
            market(),
            [RefusalCode.PRICE_OFF_MARKET, RefusalCode.SIZE_BELOW_MINIMUM],
        ),
    ],
)
def test_a_check_that_fails_is_named(
    wanted: Intent, the_book: Book | None, rules: MarketRules | None, codes: list[RefusalCode]
) -> None:
    assert refused(wanted, the_book=the_book, rules=rules) == codes


def test_every_check_that_fails_is_named_in_the_order_of_the_checks() -> None:
    poor = after(earlier("all", notional=1_000 * ONE))
    assert refused(intent(valid_until=1), account=poor) == [
        RefusalCode.MARKET_NOT_TRADABLE,
        RefusalCode.SIGNAL_TOO_OLD,
        RefusalCode.NO_BOOK,
        RefusalCode.INSUFFICIENT_CASH,
    ]
    assert refused(intent(), account=poor, the_book=book(asks=((510_000, 9),)), rules=market()) == [
        RefusalCode.INSUFFICIENT_CASH,
        RefusalCode.INSUFFICIENT_DEPTH,
    ]


def test_a_strategys_own_minimum_counts_where_it_is_higher() -> None:
    wanted = msgspec.structs.replace(intent(amount=4 * ONE), notional_min_micros=5 * ONE)
    assert refused(wanted, the_book=book(), rules=market()) == [RefusalCode.SIZE_BELOW_MINIMUM]


def test_a_signal_is_good_until_its_last_millisecond() -> None:
    assert approved(intent(valid_until=1_000)).requested_at_ms == 1_000


def test_a_request_says_what_was_approved() -> None:
    order = approved(intent())
    request = requested(order, venue_order_id=venue_id("a"), request_body='{"x":1}')
    assert (request.venue_order_id, request.request_body) == (venue_id("a"), '{"x":1}')
    assert (request.leader, request.attempt) == (LEADER, 1)
    assert approved_again(decode(OrderRequested, encode(request))) == order


def makes(call: ast.Call) -> bool:
    """`ApprovedOrder(…)`, or a conversion into one."""
    made = [call.func, *call.args] if "convert" in ast.unparse(call.func) else [call.func]
    return any(ast.unparse(one).endswith("ApprovedOrder") for one in made)


def test_only_this_module_makes_approved_orders() -> None:
    makers = [
        path.name
        for folder in ("schemas", "shared", "services")
        for path in (ROOT / folder).rglob("*.py")
        if "ApprovedOrder" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and makes(node)
    ]
    assert makers == ["approval.py", "approval.py"]


@pytest.mark.parametrize(
    ("wanted", "account"),
    [
        (intent(), after()),
        (intent(amount=100 * ONE), after()),
        (intent(amount=100 * ONE, limit=990_000), after(earlier("big", notional=970 * ONE))),
        (intent(Side.SELL, amount=12_345_678, limit=480_000), after(*BOUGHT)),
        (intent(Side.SELL, amount=99 * ONE, limit=480_000), after(*BOUGHT)),
    ],
)
def test_a_decision_is_made_again_from_its_event_alone(wanted: Intent, account: Account) -> None:
    order = approved(wanted, account=account)
    assert decided_again(requested(order, venue_order_id=venue_id("a"))) == order
