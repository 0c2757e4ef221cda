"""What people read of an account, through the views."""

import msgspec
import pytest

from polycopy.readmodel.reader import open_reader
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed, ExternalOrderSeen
from polycopy.schemas.control import (
    AccountLimitsSet,
    FixedSizing,
    Strategy,
    StrategyCreated,
    TradingState,
    TradingStateSet,
)
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, OrderId, TokenId, VenueOrderId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import LIMIT, Side
from polycopy.schemas.orders import OrderEvent, OrderFilled, OrderLost
from polycopy.schemas.subjects import order_subject, subject_of
from tests.support.histories import recorded
from tests.support.projecting import write
from tests.unit.projector.test_large_numbers import BUYS, HUGE, SELLS, wild_orders
from tests.unit.projector.test_life_of_an_order import (
    ACCOUNT,
    CONDITION,
    DEPOSITED,
    ORDER,
    REQUESTED,
    TOKEN,
    filled,
)

replace = msgspec.structs.replace
LOST = OrderId("0f" * 16)
DISPUTED = BalanceDisputed(
    account=ACCOUNT, token_id=TOKEN, expected_micros=5, venue_micros=4, checked_at_ms=10
)
EXTERNAL = ExternalOrderSeen(
    account=ACCOUNT,
    venue_order_id=VenueOrderId("0xother"),
    condition_id=CONDITION,
    token_id=TOKEN,
    side=Side.SELL,
    size_micros=7,
    price_micros=400_000,
    seen_in="trades",
    seen_at_ms=10,
)
HALTED = TradingStateSet(
    account=AccountId(""), state=TradingState.HALTED, operator="ann", reason="storm"
)
LIMITS = AccountLimitsSet(
    account=ACCOUNT, limits=AccountLimits(orders_per_minute_max=7), operator="ann"
)


def told(place: int, event: Event) -> Draft:
    origin = Origin(source="test", time_ms=place, causation_id=str(place))
    about_account = isinstance(event, OrderEvent)
    subject = order_subject(ACCOUNT, event) if about_account else subject_of(event)  # type: ignore[arg-type]
    return draft(event, subject=subject, origin=origin, key=str(place))


async def write_events(url: str, *events: Event) -> None:
    log = recorded([told(place, event) for place, event in enumerate(events, start=1)])
    await write(url, "rm_v1", [log])


async def test_lots_are_shown_with_their_market_and_closed_ones_when_asked(
    database_url: str,
) -> None:
    bought = filled(OrderFilled, size_micros=20_000_000)
    sell, other = OrderId("0e" * 16), TokenId("72")
    closed = replace(REQUESTED, order_id=LOST, venue_order_id=VenueOrderId("0x1"), token_id=other)
    sold = replace(closed, order_id=sell, venue_order_id=VenueOrderId("0x2"), side=Side.SELL)
    await write_events(
        database_url,
        *(DEPOSITED, REQUESTED, bought, closed, replace(bought, order_id=LOST)),
        *(sold, replace(bought, order_id=sell)),
    )
    async with open_reader(database_url) as reader:
        [held] = await reader.lots(account=ACCOUNT)
        every = await reader.lots(closed_too=True)
    assert (held["lot_id"], held["size_micros"], held["title"]) == (ORDER, 20_000_000, "Rain?")
    assert [(one["lot_id"], one["size_micros"], one["got_micros"]) for one in every] == [
        (ORDER, 20_000_000, 0),
        (LOST, 0, 10_000_000),
    ]


async def test_an_account_is_shown_with_what_is_wrong_about_it(database_url: str) -> None:
    lost = OrderLost(order_id=ORDER, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2_000)
    elsewhere = replace(DISPUTED, token_id=TokenId(""))
    agreed = BalanceAgreed(account=ACCOUNT, token_id=TokenId(""), venue_micros=5, checked_at_ms=30)
    await write_events(
        database_url, DEPOSITED, REQUESTED, lost, DISPUTED, elsewhere, agreed, EXTERNAL
    )
    async with open_reader(database_url) as reader:
        [account] = await reader.accounts(ACCOUNT)
        disputes = await reader.balance_disputes(account=ACCOUNT)
        ever = await reader.balance_disputes(agreed_too=True)
        [external] = await reader.external_orders(ACCOUNT)
        order = await reader.order(ORDER)
    columns = ("lost_orders", "disputes", "external_orders", "open_orders", "caught_up")
    assert tuple(account[name] for name in columns) == (1, 1, 1, 0, False)
    assert [one["token_id"] for one in disputes] == [TOKEN]
    assert [(one["token_id"], one["agreed_at_ms"]) for one in ever] == [("", 30), (TOKEN, 0)]
    assert (external["venue_order_id"], external["side"]) == ("0xother", "SELL")
    assert order is not None
    assert (order["state"], order["lost_at_ms"], order["leader"]) == ("lost", 2_000, "")


async def test_what_may_be_traded_is_shown_as_it_was_last_set(database_url: str) -> None:
    every = replace(HALTED, state=TradingState.ACTIVE, reason="")
    await write_events(database_url, every, LIMITS, replace(every, account=ACCOUNT), HALTED)
    async with open_reader(database_url) as reader:
        states = await reader.trading_states()
        [limits] = await reader.account_limits(ACCOUNT)
    assert [(one["account"], one["state"], one["reason"], one["since_ms"]) for one in states] == [
        ("", "halted", "storm", 4),
        (ACCOUNT, "active", "", 3),
    ]
    expected = msgspec.structs.asdict(LIMITS.limits) | {"operator": "ann", "since_ms": 2}
    assert {name: limits[name] for name in expected} == expected


@pytest.mark.parametrize("number", [HUGE, -HUGE, LIMIT, -LIMIT, 1])
async def test_whatever_numbers_one_account_has_all_views_can_be_read(
    database_url: str, number: int
) -> None:
    strategy = StrategyCreated(
        strategy=Strategy(
            strategy_id=REQUESTED.strategy_id,
            account=ACCOUNT,
            venue=REQUESTED.venue,
            sizing=FixedSizing(notional_micros=1),
            capital_micros=number,
        )
    )
    await write_events(database_url, strategy, *wild_orders(number))
    async with open_reader(database_url) as reader:
        [account] = await reader.accounts()
        [performance] = await reader.performance()
        shown = await reader.orders(), await reader.lots(closed_too=True), await reader.fills()
        positions = await reader.positions(closed_too=True)
    assert -LIMIT <= account["positions_cost_micros"] <= LIMIT
    assert performance["orders"] == BUYS + SELLS
    lots, fills = (BUYS, BUYS + SELLS) if number > 0 else (0, 0)
    assert (*map(len, shown), len(positions)) == (BUYS + SELLS, lots, fills, 1)
