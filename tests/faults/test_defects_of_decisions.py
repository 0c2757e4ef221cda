"""Defects of a peer (research, peers.md, 0.3) in how it hears, judges and sizes leader trades: 2,
4, 5, 11 and 12, and what there is of 7 and 10. Each test is named after what went wrong there."""

from collections import Counter

import msgspec
import pytest

from polycopy.cli.core.strategy_file import StrategyFault, parse
from polycopy.schemas.control import ProportionalSizing, Strategy, VenueName
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    OrderId,
    StrategyId,
    TransactionHash,
    Wallet,
)
from polycopy.schemas.markets import MarketResolved, Payout
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderEvent, OrderRefused, OrderRequested
from polycopy.schemas.signals import ReasonCode, TradeEvaluated
from polycopy.schemas.subjects import ALL_ORDERS
from polycopy.schemas.terms import FeeCurve, RefusalCode
from polycopy.trading import account as accounts
from polycopy.trading.account_reports import settle
from polycopy.trading.account_state import Account
from polycopy.trading.approval import ApprovedOrder, Intent, approve
from polycopy.trading.invariants import check
from tests.faults.harness import QUALIFIER
from tests.faults.harness.feeding import STRATEGIES
from tests.faults.harness.world import World
from tests.support import trading as make
from tests.support.signalling import LIVE, create

pytestmark = pytest.mark.asyncio(loop_scope="session")
FIXED = len(STRATEGIES)
"""Every trade is copied by so many strategies of the world."""
OTHER_LEADER = Wallet("0x" + "cd" * 20)
HASH = TransactionHash("0x" + "7" * 64)
DAY_MS = 86_400_000


async def start(world: World, *strategies: Strategy) -> None:
    """The whole way from a leader trade on."""
    for one in strategies:
        await create(world.log, one)
    await world.supervisor.start(QUALIFIER, world.qualifier())
    await world.start(strategies=FIXED + sum(one.account == LIVE for one in strategies))


def proportional(name: str, account: AccountId, venue: VenueName) -> Strategy:
    return msgspec.structs.replace(
        STRATEGIES[0],
        strategy_id=StrategyId(name),
        account=account,
        venue=venue,
        sizing=ProportionalSizing(ratio_ppm=300_000),
    )


async def test_defect_2_two_leaders_or_two_legs_in_one_transaction_became_one_trade(
    world: World,
) -> None:
    """The transaction's hash was the whole key."""
    await start(world)
    for of, wallet in [(0, {}), (2, {}), (0, {"wallet": OTHER_LEADER})]:
        await world.feeder.observe(number=1, of=of, transaction_hash=HASH, **wallet)

    assert (await world.holds()).orders == 3 * FIXED
    copies = Counter(one.trade_id for one in world.watch.of(OrderRequested))
    assert set(copies.values()) == {FIXED}


async def test_defect_2_what_a_leader_added_to_a_trade_was_never_copied(world: World) -> None:
    """Nor is it copied twice: a copy acts on the increase, and a fixed amount is used up."""
    await start(world, proportional("shares", LIVE, VenueName.POLYMARKET))
    await world.feeder.observe(number=1, transaction_hash=HASH)
    larger = {"size_micros": 50 * MICROS, "increase_micros": 30 * MICROS}
    await world.feeder.observe(
        number=1, transaction_hash=HASH, notional_micros=15 * MICROS, **larger
    )

    await world.holds()
    spent = Counter[StrategyId]()
    for request in world.watch.of(OrderRequested):
        spent[request.strategy_id] += request.notional_micros
    assert {spent[one.strategy_id] for one in STRATEGIES} == {5 * MICROS}
    assert spent[StrategyId("shares")] == pytest.approx(0.3 * 15 * MICROS, abs=20_000)


async def test_defect_2_sales_were_averaged_into_what_was_bought(world: World) -> None:
    """A sale is no purchase: what is left cost what it cost."""
    await world.start()
    await world.feeder.buy(dollars=4, limit_micros=310_000)
    await world.watch.until(lambda account: bool(account.positions) and not account.open_ids)
    before = next(iter(world.watch.account.positions.values()))
    await world.feeder.sell(size_micros=3 * MICROS)

    assert (await world.holds()).orders == 2
    after = next(iter(world.watch.account.positions.values()))
    assert after.size_micros == before.size_micros - 3 * MICROS
    each = before.cost_micros / before.size_micros
    assert after.cost_micros == pytest.approx(each * after.size_micros, abs=1)


async def test_defect_4_a_least_amount_in_dollars_was_compared_with_shares(world: World) -> None:
    picky = msgspec.structs.replace(
        STRATEGIES[0], strategy_id=StrategyId("picky"), leader_notional_min_micros=10 * MICROS
    )
    await start(world, picky)
    await world.feeder.observe(number=1)  # 20 shares for 6 dollars.
    await world.feeder.observe(number=2, size_micros=40 * MICROS, notional_micros=12 * MICROS)

    await world.holds()
    first, second = [
        {one.strategy_id: one.reasons for one in signal.decisions}
        for signal in world.watch.of(TradeEvaluated)
    ]
    assert first[StrategyId("picky")] == (ReasonCode.TRADE_TOO_SMALL,)
    assert second[StrategyId("picky")] == ()


async def test_defect_5_the_same_trade_was_sized_otherwise_for_money_than_in_the_forward_test(
    world: World,
) -> None:
    """There is one place where sizes are made, and what it made is in the signal. (More ways of
    sizing, and the comparison of a test with its live twin: issue 6.)"""
    test = AccountId("paper-twin")
    await start(
        world,
        proportional("live-twin", LIVE, VenueName.POLYMARKET),
        proportional("test-twin", test, VenueName.PAPER),
    )
    await world.feeder.observe(number=1)

    await world.holds()
    [signal] = world.watch.of(TradeEvaluated)
    sized = {
        one.strategy_id: (one.notional_micros, one.limit_price_micros) for one in signal.decisions
    }
    assert sized[StrategyId("live-twin")] == sized[StrategyId("test-twin")]
    assert sized[StrategyId("live-twin")][0] == pytest.approx(0.3 * 6 * MICROS, abs=10_000)
    ordered = {
        one.event.strategy_id: (one.event.notional_micros, one.event.limit_price_micros)
        for one in await world.log.read([ALL_ORDERS])
        if isinstance(one.event, OrderRequested)
    }
    assert ordered[StrategyId("live-twin")] == ordered[StrategyId("test-twin")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('trader_pool = "top"', "trader_pool"),
        ('targets = "my favourite wallets"', "targets"),
        ('bet_structures = ["binary"]', "bet_structures"),
        ("price_max = 95", "price_max"),
        ('sizing = "Kelly, about a half"', "sizing"),
        ("{this was JSON once}", "not TOML"),
    ],
)
async def test_defect_11_a_filter_that_could_not_be_read_was_silently_no_filter(
    line: str, fault: str
) -> None:
    """A strategy is a typed event. What it is made from is refused, with every fault, where a word
    of it is unknown or out of bounds. (Filters by pool and structure of a bet: issue 6.)"""
    text = 'name = "careful"\nvenue = "paper"\ncapital = 100\n'
    with pytest.raises(StrategyFault, match=fault):
        parse(f"{text}{line}\n")


async def test_defect_12_a_burst_of_trades_was_dropped_and_sales_were_not_heard(
    world: World,
) -> None:
    """Twenty calls in flight were the limit, and a SELL was no trade. Here everything waits its
    turn in the log."""
    await start(world)
    for number in range(1, 31):
        await world.feeder.observe(number=number, of=number % 6)
    await world.watch.until(lambda account: len(account.positions) >= 6)
    for number in range(31, 37):
        await world.feeder.observe(number=number, of=number % 6, side=Side.SELL)

    assert (await world.holds()).orders >= 30 * FIXED
    assert len(world.watch.of(TradeEvaluated)) == 36
    sides = Counter(one.side for one in world.watch.of(OrderRequested))
    assert sides[Side.SELL] >= 6


async def test_defect_7_winnings_were_never_credited() -> None:
    """What there is: the account knows what a resolved market pays, exactly once. (Who says so, who
    collects them, stop-loss, take-profit and time limits: issue 7.)"""
    won = resolved(MICROS)

    said = settle(bought(), won, 2_000)
    after = accounts.fold(make.ACCOUNT, [*_BOUGHT, *said])

    assert after.free_micros == 1_010 * make.ONE
    assert after.realised_micros == 10 * make.ONE
    assert settle(after, won, 3_000) == []
    assert check(make.ACCOUNT, [*_BOUGHT, *said]) == []


async def test_defect_10_a_void_market_never_resolved() -> None:
    """Fifty cents for each outcome are a payout like any other."""
    said = settle(bought(), resolved(MICROS // 2), 2_000)
    after = accounts.fold(make.ACCOUNT, [*_BOUGHT, *said])

    assert not after.positions
    assert after.free_micros == after.deposited_micros
    assert check(make.ACCOUNT, [*_BOUGHT, *said]) == []


async def test_defect_10_the_drawdown_was_forgotten_at_midnight() -> None:
    """A day's loss ends with the day; the distance from the highest result does not."""
    lost = settle(bought(), resolved(0), 2_000)
    limits = msgspec.structs.replace(make.WIDE, drawdown_ppm_max=9_999)
    for day in (0, 1, 30):
        at_ms = 3_000 + day * DAY_MS
        account = accounts.fold(make.ACCOUNT, [*_BOUGHT, *lost, make.refused("c", at_ms)])
        assert account.tally.day == day
        refused = approve(account, wants(5), make.book(), make.market(), at_ms, limits=limits)
        assert isinstance(refused, OrderRefused)
        assert [one.code for one in refused.refusals] == [RefusalCode.DRAWDOWN]


async def test_defect_10_profits_could_not_be_used_for_trading() -> None:
    """What was locked was never more than the initial capital."""
    won = settle(bought(), resolved(MICROS), 2_000)
    rich = accounts.fold(make.ACCOUNT, [*_BOUGHT, *won])
    deep = make.book(asks=[(500_000, 10_000 * make.ONE)])

    order = approve(rich, wants(1_005), deep, make.market(fee=FeeCurve()), 3_000, limits=make.WIDE)

    assert isinstance(order, ApprovedOrder)
    assert order.lock_micros == 1_005 * make.ONE > rich.deposited_micros


def wants(dollars: int) -> Intent:
    """Another order than the one that was bought with."""
    wanted = make.intent(amount=dollars * make.ONE, valid_until=60 * DAY_MS)
    return msgspec.structs.replace(wanted, order_id=OrderId("b"))


_BOUGHT: tuple[OrderEvent, ...] = (
    *make.OPENING,
    make.requested(),
    make.placed(),
    make.filled(),
    make.confirmed(),
)
"""20 shares for 10 dollars."""


def bought() -> Account:
    return accounts.fold(make.ACCOUNT, _BOUGHT)


def resolved(payout_micros: int) -> MarketResolved:
    """`payout_micros`: dollars for a share of the token that is held."""
    payout = Payout(token_id=make.TOKEN, price_micros=payout_micros)
    return MarketResolved(
        condition_id=ConditionId(make.CONDITION), payouts=(payout,), resolved_at_ms=1_900
    )
