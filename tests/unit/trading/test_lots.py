"""Which shares a sale sells, and what the lots of an account add up to."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.ids import OrderId, StrategyId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent, OrderRequested, PositionSettled
from polycopy.trading.account import fold
from polycopy.trading.account_state import Account
from polycopy.trading.lots import Lot
from tests.support import trading as make
from tests.support.trading import ACCOUNT, CONDITION, ONE, OPENING, TOKEN

ANN, BEN = Wallet("0x" + "aa" * 20), Wallet("0x" + "bb" * 20)
NOBODY = Wallet("")
OTHER = StrategyId("copy-two")


def by(event: OrderRequested, leader: Wallet, strategy: StrategyId = make.STRATEGY) -> OrderEvent:
    return msgspec.structs.replace(event, leader=leader, strategy_id=strategy)


def bought(name: str, leader: Wallet, strategy: StrategyId = make.STRATEGY) -> list[OrderEvent]:
    """Twenty shares for ten dollars."""
    return [by(make.requested(name), leader, strategy), make.filled(name, f"t-{name}")]


def sale(
    leader: Wallet = NOBODY, size: int = 30 * ONE, strategy: StrategyId = make.STRATEGY
) -> OrderEvent:
    return by(make.requested("s", side=Side.SELL, size=size, notional=ONE), leader, strategy)


def sold(size: int, notional: int, trade: str = "t-s") -> OrderEvent:
    return make.filled("s", trade, size=size, notional=notional, side=Side.SELL, partially=True)


def sizes(account: Account) -> dict[str, int]:
    return {lot_id: lot.size_micros // ONE for lot_id, lot in account.lots.items()}


def after(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *bought("a", ANN), *bought("b", BEN), *events])


def test_a_sale_sells_first_what_its_leader_s_trades_bought() -> None:
    account = after(sale(leader=BEN), sold(25 * ONE, 15 * ONE))
    assert sizes(account) == {"a": 15, "b": 0}


def test_then_what_its_strategy_bought_and_then_the_oldest() -> None:
    account = fold(
        ACCOUNT,
        [
            *OPENING,
            *bought("a", ANN),
            *bought("b", ANN, OTHER),
            *bought("c", BEN, OTHER),
            sale(leader=BEN, size=50 * ONE, strategy=OTHER),
            sold(45 * ONE, 30 * ONE),
        ],
    )
    assert sizes(account) == {"a": 15, "b": 0, "c": 0}


def test_without_a_leader_the_oldest_goes_first() -> None:
    assert sizes(after(sale(), sold(25 * ONE, 15 * ONE))) == {"a": 0, "b": 15}


def test_what_is_allotted_to_an_open_sale_is_not_allotted_twice() -> None:
    second = msgspec.structs.replace(
        make.requested("s2", side=Side.SELL, size=20 * ONE, notional=ONE), leader=ANN
    )
    account = after(sale(leader=ANN, size=20 * ONE), second)
    assert [part.lot_id for part in account.orders[OrderId("s2")].allotments] == ["b"]
    position = account.positions[TOKEN]
    assert (position.locked_size_micros, position.available_size_micros) == (40 * ONE, 0)


def test_a_late_part_of_a_buy_changes_the_cost_of_what_was_sold_before() -> None:
    """Ten at 0.50 and, told only after the sale of five at 0.80, ten at 0.30."""
    first = make.filled("a", "t1", size=10 * ONE, notional=5 * ONE, partially=True)
    late = make.filled("a", "t2", size=10 * ONE, notional=3 * ONE)
    events = [*OPENING, make.requested("a"), first, sale(size=5 * ONE), sold(5 * ONE, 4 * ONE)]
    before, told = fold(ACCOUNT, events), fold(ACCOUNT, [*events, late])
    assert before.realised_micros == 4 * ONE - 2_500_000
    assert told.realised_micros == 4 * ONE - 2 * ONE
    assert told.positions[TOKEN].cost_micros == 6 * ONE


def test_a_sale_that_is_taken_back_gives_back_its_shares_and_their_cost() -> None:
    events = (sale(leader=ANN), sold(25 * ONE, 15 * ONE))
    account = after(*events, make.reverted("s", "t-s"), make.confirmed("a", "t-a"))
    assert sizes(account) == {"a": 20, "b": 20}
    assert account.realised_micros == 0
    assert account.positions[TOKEN].cost_micros == 20 * ONE


def test_what_is_sold_beyond_what_was_bought_has_no_cost_and_all_is_profit() -> None:
    account = fold(ACCOUNT, [*OPENING, sale(size=5 * ONE), sold(5 * ONE, 3 * ONE)])
    position = account.positions[TOKEN]
    assert (position.size_micros, position.cost_micros) == (-5 * ONE, 0)
    assert account.realised_micros == 3 * ONE


def test_a_resolved_market_pays_every_lot_its_part() -> None:
    paid = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=TOKEN,
        size_micros=35 * ONE,
        payout_micros=35 * ONE,
        settled_at_ms=1,
    )
    account = after(sale(leader=ANN, size=5 * ONE), sold(5 * ONE, 3 * ONE), paid)
    lots = account.lots
    assert [lots[OrderId(name)].paid_out_micros for name in "ab"] == [15 * ONE, 20 * ONE]
    assert TOKEN not in account.positions
    assert account.realised_micros == 3 * ONE + 35 * ONE - 20 * ONE


amounts = st.integers(1, 10**12)


@given(amounts, amounts, st.data())
def test_a_lot_s_cost_lies_between_nothing_and_what_was_paid(
    size: int, paid: int, data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, size))
    lot = Lot(
        lot_id=OrderId("a"),
        token_id=TOKEN,
        condition_id=CONDITION,
        strategy_id=make.STRATEGY,
        trade_id=make.requested().trade_id,
        leader=ANN,
        number=1,
        bought_size_micros=size,
        paid_micros=paid,
        sold_size_micros=gone,
    )
    assert 0 <= lot.cost_micros <= paid
    exact = paid * (size - gone) / size
    assert exact - 1 <= lot.cost_micros + paid * 1e-12
    assert (lot.cost_micros == 0) is (gone == size)
