"""A leader's transaction is settled when all of it was evaluated and all its orders have ended."""

from polycopy.cli.core import progress
from polycopy.schemas.ids import TransactionHash, Wallet
from tests.unit.cli.makers import LEADER, copied_trade, transaction

FOLLOWED = frozenset({LEADER})


def state_until(sequence: int) -> progress.Progress:
    state = progress.initial()
    for recorded in copied_trade().events[:sequence]:
        state = progress.evolve(state, recorded)
    return state


def test_nothing_is_settled_before_the_evaluation() -> None:
    assert len(progress.not_evaluated(state_until(6), transaction(1_000), FOLLOWED)) == 1


def test_rows_of_one_trade_are_added_up() -> None:
    state = state_until(7)
    assert progress.not_evaluated(state, transaction(400, 600), FOLLOWED) == []
    assert len(progress.not_evaluated(state, transaction(400, 601), FOLLOWED)) == 1


def test_rows_of_wallets_that_nobody_follows_are_not_waited_for() -> None:
    nobody = frozenset({Wallet("0x" + "00" * 20)})
    assert progress.not_evaluated(progress.initial(), transaction(1_000), nobody) == []


def test_a_qualified_decision_is_waited_for_until_its_order_ends() -> None:
    assert len(progress.not_ended(state_until(7), transaction(1_000), FOLLOWED)) == 1
    assert len(progress.not_ended(state_until(9), transaction(1_000), FOLLOWED)) == 1
    assert progress.not_ended(state_until(10), transaction(1_000), FOLLOWED) == []


def test_a_fill_of_a_live_order_is_awaited_until_it_is_confirmed() -> None:
    assert progress.awaited_fills(state_until(9)) == 0
    assert progress.awaited_fills(state_until(10)) == 1
    assert progress.awaited_fills(state_until(11)) == 0


def test_another_transaction_is_another_matter() -> None:
    other = transaction(1_000, transaction_hash=TransactionHash("0x" + "99" * 32))
    assert len(progress.not_evaluated(state_until(11), other, FOLLOWED)) == 1


def test_orders_and_fills_are_counted() -> None:
    state = state_until(11)
    assert (state.orders, state.fills, state.sequence) == (1, 1, 11)
