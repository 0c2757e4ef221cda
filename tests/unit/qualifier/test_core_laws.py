"""Laws of the qualifier over any strategies and any history of trades."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from polycopy.qualifier import core
from polycopy.qualifier.core import Evaluate
from polycopy.schemas.control import FixedSizing, ProportionalSizing, Strategy, StrategyCreated
from polycopy.schemas.ids import AccountId, EventId, StrategyId, TokenId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.trades import TradeObserved
from tests.unit.qualifier.makers import LEADER, NOW_MS, OTHER, recorded, strategy, trade

amounts = st.integers(min_value=1, max_value=500 * MICROS)
prices = st.integers(min_value=0, max_value=MICROS)
sides = st.sampled_from(Side)
sizings = st.builds(FixedSizing, notional_micros=amounts) | st.builds(
    ProportionalSizing, ratio_ppm=st.integers(min_value=1, max_value=2 * MICROS)
)
some_strategies = st.builds(
    strategy,
    sizing=sizings,
    targets=st.sampled_from([(), (LEADER,), (OTHER,)]),
    sides=st.sampled_from([(Side.BUY,), (Side.SELL,), (Side.BUY, Side.SELL)]),
    price_min_micros=prices,
    price_max_micros=prices,
    leader_notional_min_micros=amounts,
    slippage_micros_max=st.integers(min_value=0, max_value=50_000),
    order_notional_min_micros=amounts,
    order_notional_max_micros=amounts,
)
some_trades = st.builds(
    trade,
    shares=st.integers(min_value=1, max_value=10_000),
    price_micros=prices,
    side=sides,
    token_id=st.sampled_from([TokenId("7"), TokenId("8")]),
    traded_at_ms=st.integers(min_value=NOW_MS - 90_000, max_value=NOW_MS),
)

rows_of_a_trade = st.lists(
    st.tuples(st.integers(1, 5_000), st.integers(min_value=50_000, max_value=950_000)),
    min_size=1,
    max_size=8,
)


def heard(rows: Sequence[tuple[int, int]]) -> list[TradeObserved]:
    """What is observed of a BUY whose rows, (shares, price micros), are heard one by one."""
    size, cost, seen = 0, 0, list[TradeObserved]()
    for shares, price_micros in rows:
        size, cost = size + shares, cost + shares * price_micros
        seen.append(trade(size, cost // size, increase=shares, notional_micros=cost))
    return seen


def named(some: Sequence[Strategy]) -> list[StrategyCreated]:
    """The same strategies with an id of their own each."""
    return [
        StrategyCreated(
            strategy=Strategy(
                **{
                    **{name: getattr(one, name) for name in one.__struct_fields__},
                    "strategy_id": StrategyId(f"s{number}"),
                    "account": AccountId(f"a{number}"),
                }
            )
        )
        for number, one in enumerate(some)
    ]


def state_of(some: Sequence[Strategy]) -> core.State:
    events = [recorded(event, sequence=n + 1) for n, event in enumerate(named(some))]
    return core.fold(events)


def evaluate(number: int, seen: TradeObserved) -> Evaluate:
    return Evaluate(
        trade_id=EventId(str(number)), sequence=100 + 2 * number, trade=seen, at_ms=NOW_MS
    )


def run(state: core.State, commands: Sequence[Evaluate]) -> tuple[core.State, list[TradeEvaluated]]:
    said: list[TradeEvaluated] = []
    for command in commands:
        for event in core.decide(state, command):
            said.append(event)
            new = recorded(event, sequence=command.sequence + 1, key=command.trade_id)
            state = core.evolve(state, new)
    return state, said


@given(st.lists(some_strategies, max_size=4), st.lists(some_trades, max_size=6))
def test_redelivery_adds_nothing(some: list[Strategy], trades: list[TradeObserved]) -> None:
    commands = [evaluate(number, seen) for number, seen in enumerate(trades)]
    state, said = run(state_of(some), commands)
    assert len(said) == len(trades)
    again, nothing = run(state, commands)
    assert nothing == []
    assert again == state


@given(st.lists(some_strategies, max_size=4), some_trades)
def test_no_copy_is_larger_than_its_limit_nor_smaller_than_its_minimum(
    some: list[Strategy], seen: TradeObserved
) -> None:
    (event,) = core.decide(state_of(some), evaluate(0, seen))
    for decision, one in zip(event.decisions, some, strict=True):
        worth = decision.notional_micros + decision.size_micros * seen.price_micros // MICROS
        assert worth <= one.order_notional_max_micros
        if decision.qualified and seen.side is Side.BUY:
            assert worth >= one.order_notional_min_micros


@given(st.lists(some_strategies, max_size=4), some_trades)
def test_there_is_an_amount_exactly_where_there_is_no_reason(
    some: list[Strategy], seen: TradeObserved
) -> None:
    (event,) = core.decide(state_of(some), evaluate(0, seen))
    for decision in event.decisions:
        amount = decision.notional_micros if seen.side is Side.BUY else decision.size_micros
        other = decision.size_micros if seen.side is Side.BUY else decision.notional_micros
        assert decision.qualified == (amount > 0)
        assert other == 0
        assert decision.qualified == (decision.limit_price_micros > 0)


@given(st.lists(some_strategies, max_size=4), some_trades)
def test_no_copy_pays_more_or_takes_less_than_the_slippage_allows(
    some: list[Strategy], seen: TradeObserved
) -> None:
    (event,) = core.decide(state_of(some), evaluate(0, seen))
    for decision, one in zip(event.decisions, some, strict=True):
        if not decision.qualified:
            continue
        if seen.side is Side.BUY:
            assert decision.limit_price_micros <= seen.price_micros + one.slippage_micros_max
            assert decision.limit_price_micros <= one.price_max_micros
        else:
            assert decision.limit_price_micros >= seen.price_micros - one.slippage_micros_max


@given(
    sizing=sizings,
    parts=st.lists(st.integers(min_value=1, max_value=500), min_size=1, max_size=8),
    price_micros=st.integers(min_value=50_000, max_value=950_000),
)
def test_the_parts_of_a_trade_never_copy_more_than_the_whole(
    sizing: FixedSizing | ProportionalSizing, parts: list[int], price_micros: int
) -> None:
    wide = strategy(
        sizing=sizing, order_notional_min_micros=MICROS, order_notional_max_micros=10**15
    )
    commands = [
        evaluate(n, trade(sum(parts[: n + 1]), price_micros, increase=part))
        for n, part in enumerate(parts)
    ]
    _, in_parts = run(state_of([wide]), commands)
    _, at_once = run(state_of([wide]), [evaluate(0, trade(sum(parts), price_micros))])
    total = sum(event.decisions[0].notional_micros for event in in_parts)
    assert total <= at_once[0].decisions[0].notional_micros


@given(
    sizing=sizings,
    rows=rows_of_a_trade,
    limits=st.tuples(amounts, amounts).map(sorted),
    restarts=st.sets(st.integers(0, 8)),
)
def test_however_a_trade_is_cut_it_is_bought_up_to_the_limit_and_the_share_of_the_whole(
    sizing: FixedSizing | ProportionalSizing,
    rows: list[tuple[int, int]],
    limits: list[int],
    restarts: set[int],
) -> None:
    least, most = limits
    one = strategy(sizing=sizing, order_notional_min_micros=least, order_notional_max_micros=most)
    log, said = [recorded(named([one])[0], sequence=1)], list[TradeEvaluated]()
    state = core.fold(log)
    for number, seen in enumerate(heard(rows)):
        state = core.fold(log) if number in restarts else state
        state, events = run(state, [evaluate(number, seen), evaluate(number, seen)])
        said += events
        log += [recorded(e, sequence=101 + 2 * number, key=str(number)) for e in events]
    assert core.fold(log) == state
    whole = heard(rows)[-1]
    asked = (
        sizing.notional_micros
        if isinstance(sizing, FixedSizing)
        else whole.notional_micros * sizing.ratio_ppm // MICROS
    )
    total = sum(event.decisions[0].notional_micros for event in said)
    assert len(said) == len(rows)
    assert total <= min(asked, most)
    assert min(asked, most) - total < least  # And what is missing was too little to be copied.
