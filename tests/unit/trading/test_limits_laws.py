"""After any history of approved orders and honest fills no limit is exceeded.

The limits are counted a second time here, in another way: a market's loss by trying out who wins,
what was spent from the orders themselves, losses from the results at each midnight.
"""

from collections.abc import Iterator

import msgspec
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.accounts import AccountCaughtUp
from polycopy.schemas.event import decode, encode
from polycopy.schemas.ids import ConditionId, EventId, OrderId, StrategyId, TokenId, Wallet
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.markets import MarketResolved, Payout
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import CapitalDeposited, OrderEvent, OrderRequested
from polycopy.schemas.terms import FeeCurve
from polycopy.trading.account import evolve, initial
from polycopy.trading.account_reports import record_cancel, record_fill, settle
from polycopy.trading.account_state import DAY_MS, Account, open_orders
from polycopy.trading.approval import (
    ApprovedOrder,
    Intent,
    approve,
    approved_again,
    decided_again,
    requested,
)
from polycopy.trading.fees import taker_fee_micros
from polycopy.trading.order_state import Order
from tests.support.trading import (
    ACCOUNT,
    DEPOSITED,
    ONE,
    WIDE,
    book,
    intent,
    market,
    seen,
    venue_id,
)

CURVE = FeeCurve(rate_ppm=70_000)
CONDITIONS = tuple(ConditionId(f"0x{number}") for number in range(2))
TOKENS = tuple(
    (TokenId(f"{condition}{outcome}"), CONDITIONS[condition])
    for condition in range(2)
    for outcome in range(2)
)
LEADERS = (Wallet("0xa"), Wallet("0xb"), Wallet(""))
STRATEGIES = (StrategyId("one"), StrategyId("two"))
SPOKE = AccountCaughtUp(account=ACCOUNT, epoch=1, read_from_ms=0, caught_up_at_ms=0)
BOOK = book(
    bids=[(price * 10_000, 300 * ONE) for price in (10, 30, 48)],
    asks=[(price * 10_000, 300 * ONE) for price in (50, 70, 90)],
)

generous = st.just(2_000_000)
ppms = st.one_of(generous, generous, st.sampled_from((60_000, 200_000)), st.integers(0, MICROS))
limits = st.builds(
    AccountLimits,
    order_ppm_max=st.sampled_from((70_000, 150_000, 500_000)),
    market_exposure_ppm_max=ppms,
    leader_exposure_ppm_max=ppms,
    total_exposure_ppm_max=ppms,
    daily_budget_ppm_max=ppms,
    daily_loss_ppm_max=st.sampled_from((10_000, 50_000, 2_000_000)),
    drawdown_ppm_max=st.sampled_from((20_000, 100_000, 2_000_000)),
    orders_per_minute_max=st.sampled_from((2, 5, 200)),
    price_gap_micros_max=st.sampled_from((20_000, 150_000, MICROS)),
)
numbers, ticks, nothing = st.integers(0, 11), st.integers(1, 99), st.just(0)
buys = st.tuples(st.just("buy"), numbers, st.integers(30 * ONE, 150 * ONE))
fills = st.tuples(st.just("fill"), ticks, st.just(MICROS))
steps = st.one_of(  # Again and again the same ones, or nothing is ever reached.
    buys,
    buys,
    buys,
    st.tuples(st.just("buy"), numbers, st.integers(ONE, 900 * ONE)),
    st.tuples(st.just("sell"), numbers, st.integers(ONE, 300 * ONE)),
    fills,
    fills,
    st.tuples(st.just("fill"), ticks, st.integers(0, MICROS)),
    st.tuples(st.just("cancel"), st.integers(0, 3), nothing),
    st.tuples(st.just("settle"), st.integers(0, 1), st.sampled_from((0, MICROS))),
    st.tuples(st.just("wait"), nothing, st.integers(0, 90_000) | st.just(DAY_MS // 2)),
)
histories = st.lists(steps, min_size=20, max_size=40)
Step = tuple[str, int, int]


class World(msgspec.Struct):
    """An account, its clock, and what the limits count, kept apart from the account's own tally."""

    limits: AccountLimits
    account: Account
    at_ms: int = 1_000
    at_midnight: int = 0
    highest: int = 0
    entries: list[int] = []

    def hear(self, events: list[OrderEvent]) -> None:
        for event in events:
            self.account = evolve(self.account, event)
            self.highest = max(self.highest, self.account.result_micros)

    def wait(self, span_ms: int) -> None:
        if (self.at_ms + span_ms) // DAY_MS != self.at_ms // DAY_MS:
            self.at_midnight = self.account.result_micros
        self.at_ms += span_ms

    def part(self, ppm: int) -> int:
        return self.account.deposited_micros * ppm // MICROS


def new_world(its_limits: AccountLimits) -> World:
    second = CapitalDeposited(account=ACCOUNT, strategy_id=STRATEGIES[1], amount_micros=500 * ONE)
    world = World(limits=its_limits, account=initial(ACCOUNT))
    world.hear([DEPOSITED, second])
    return world


def entries(account: Account) -> Iterator[Order]:
    return (order for order in account.orders.values() if order.side is Side.BUY)


def exposure(account: Account, condition: ConditionId) -> int:
    """What is lost where the worst of both outcomes comes, and nothing for sale is left."""
    held = {token: account.positions.get(token) for token, of in TOKENS if of == condition}
    cost = sum(one.cost_micros for one in held.values() if one)
    losses = [cost - (one.available_size_micros if one else 0) for one in held.values()]
    locked = sum(one.locked_micros for one in entries(account) if one.condition_id == condition)
    return max(0, *losses) + locked


def exposures(account: Account) -> list[int]:
    return [exposure(account, condition) for condition in CONDITIONS]


def at_stake(account: Account, leader: Wallet) -> int:
    cost = sum(lot.cost_micros for lot in account.lots.values() if lot.leader == leader)
    return cost + sum(one.locked_micros for one in entries(account) if one.leader == leader)


def spent(world: World) -> int:
    today = (one for one in entries(world.account) if one.requested_at_ms // DAY_MS == day(world))
    return sum(one.filled_notional_micros + one.fees_micros + one.locked_micros for one in today)


def day(world: World) -> int:
    return world.at_ms // DAY_MS


def wanted(world: World, side: Side, number: int, amount: int) -> Intent:
    held = [one for one in TOKENS if one[0] in world.account.positions]
    tokens = held if held and side is Side.SELL else TOKENS
    token, condition = tokens[number % len(tokens)]
    name = f"o{world.account.version}"
    return msgspec.structs.replace(
        intent(side, amount=amount, limit=990_000 if side is Side.BUY else 10_000),
        order_id=OrderId(name),
        signal_id=EventId(name),
        strategy_id=STRATEGIES[number % len(STRATEGIES)],
        token_id=token,
        condition_id=condition,
        leader=LEADERS[number % len(LEADERS)],
        leader_price_micros=480_000 + number * 5_000,
    )


def decide(world: World, asked: Intent) -> list[OrderEvent]:
    rules = market(fee=CURVE)
    answer = approve(world.account, asked, BOOK, rules, world.at_ms, limits=world.limits)
    if not isinstance(answer, ApprovedOrder):
        return [answer]
    request = requested(answer, venue_order_id=venue_id(asked.order_id))
    known = decode(OrderRequested, encode(request))
    assert decided_again(known) == approved_again(known) == answer
    free = approve(world.account, asked, BOOK, rules, world.at_ms, limits=WIDE)
    if answer.side is Side.BUY:
        keeps_every_limit(world, answer)
        assert answer.notional_micros <= asked.notional_micros
        if isinstance(free, ApprovedOrder):
            assert answer.notional_micros <= free.notional_micros
        world.entries.append(world.at_ms)
    else:  # Nothing but the price, which is no question of more or less.
        assert isinstance(free, ApprovedOrder)
        assert answer.size_micros == free.size_micros
    return [request]


def keeps_every_limit(world: World, order: ApprovedOrder) -> None:
    """With the order in it, the account is where it may be."""
    account, its, more = world.account, world.limits, order.lock_micros
    assert order.notional_micros <= world.part(its.order_ppm_max)
    used = exposure(account, order.condition_id) + more
    assert used <= world.part(its.market_exposure_ppm_max)
    assert at_stake(account, order.leader) + more <= world.part(its.leader_exposure_ppm_max)
    assert sum(exposures(account)) + more <= world.part(its.total_exposure_ppm_max)
    assert spent(world) + more <= world.part(its.daily_budget_ppm_max)
    result = account.result_micros
    assert world.at_midnight - result <= world.part(its.daily_loss_ppm_max)
    assert world.highest - result <= world.part(its.drawdown_ppm_max)
    recent = [one for one in world.entries if world.at_ms - one < 60_000]
    assert len(recent) < its.orders_per_minute_max
    gap = abs(order.evidence.levels[0].price_micros - order.evidence.leader_price_micros)
    assert gap <= its.price_gap_micros_max


def matched(world: World, tick: int, part_ppm: int) -> None:
    """An honest match of the oldest open order: within its limit and its size, and its end. The
    account counts by our clocks, so one of us has spoken since midnight."""
    world.hear([msgspec.structs.replace(SPOKE, caught_up_at_ms=world.at_ms)])
    for order in open_orders(world.account)[:1]:
        price = tick * 10_000
        notional = order.unmatched_micros * part_ppm // MICROS
        size = notional * MICROS // price
        if order.side is Side.SELL:
            size = order.unmatched_micros * part_ppm // MICROS
            notional = size * price // MICROS
        told = seen(
            order.order_id,
            f"t{world.account.version}",
            size=size,
            notional=notional,
            fee=taker_fee_micros(size, price, CURVE),
        )
        world.hear(record_fill(world.account, told))
        world.hear(ended(world, order))


def ended(world: World, order: Order) -> list[OrderEvent]:
    return record_cancel(world.account, order.order_id, "killed", world.at_ms)


def resolved(world: World, number: int, first: int) -> None:
    """Nothing is matched in a market that is over."""
    condition = CONDITIONS[number]
    for order in open_orders(world.account):
        if order.condition_id == condition:
            world.hear(ended(world, order))
    tokens = [token for token, of in TOKENS if of == condition]
    payouts = tuple(
        Payout(token_id=token, price_micros=price)
        for token, price in zip(tokens, (first, MICROS - first), strict=True)
    )
    told = MarketResolved(condition_id=condition, payouts=payouts, resolved_at_ms=world.at_ms)
    world.hear(settle(world.account, told, world.at_ms))


def take(world: World, step: Step) -> None:
    what, number, amount = step
    before = exposures(world.account)
    match what:
        case "buy" | "sell":
            side = Side(what.upper())
            asked = wanted(world, side, number, amount)
            world.hear(decide(world, asked))
            return
        case "fill":
            matched(world, number, amount)
        case "cancel":
            for order in open_orders(world.account)[number : number + 1]:
                world.hear(ended(world, order))
        case "settle":
            resolved(world, number, amount)
        case _:
            world.wait(amount)
    after = exposures(world.account)
    assert all(now <= then for now, then in zip(after, before, strict=True))


@forall(st.just(AccountLimits()) | limits, histories)
def test_no_history_of_approved_orders_and_honest_fills_exceeds_a_limit(
    its_limits: AccountLimits, history: list[Step]
) -> None:
    world = new_world(its_limits)
    for step in history:
        take(world, step)
