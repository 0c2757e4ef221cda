from functools import reduce

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.control import AccountLimitsSet, TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId
from polycopy.schemas.limits import AccountLimits
from polycopy.trading.permissions import (
    PermissionEvent,
    Permissions,
    evolve,
    initial,
    limits_of,
    state_of,
)

MAIN, OTHER, EVERY = AccountId("main"), AccountId("other"), AccountId("")
STRICT = list(TradingState)  # The loosest first.


def after(*events: PermissionEvent) -> Permissions:
    return reduce(evolve, events, initial())


def state_set(account: AccountId, state: TradingState) -> TradingStateSet:
    return TradingStateSet(account=account, state=state, operator="me")


def limits_set(account: AccountId, limits: AccountLimits) -> AccountLimitsSet:
    return AccountLimitsSet(account=account, limits=limits, operator="me")


accounts = st.sampled_from((MAIN, OTHER, EVERY))
histories = st.lists(
    st.builds(state_set, accounts, st.sampled_from(TradingState))
    | st.builds(
        lambda account, ppm: limits_set(account, AccountLimits(order_ppm_max=ppm)),
        st.sampled_from((MAIN, OTHER)),
        st.integers(0, 9),
    )
)


def test_until_somebody_says_otherwise_an_account_trades_within_the_defaults() -> None:
    assert state_of(initial(), MAIN) is TradingState.ACTIVE
    assert limits_of(initial(), MAIN) == AccountLimits()


@pytest.mark.parametrize("of_all", TradingState)
@pytest.mark.parametrize("own", TradingState)
def test_the_stricter_of_the_two_switches_holds(own: TradingState, of_all: TradingState) -> None:
    stricter = STRICT[max(STRICT.index(own), STRICT.index(of_all))]
    told = (state_set(MAIN, own), state_set(EVERY, of_all))
    assert state_of(after(*told), MAIN) is state_of(after(*told[::-1]), MAIN) is stricter
    assert state_of(after(*told), OTHER) is of_all


def test_resuming_all_accounts_does_not_resume_one_that_was_halted_by_itself() -> None:
    halted = state_set(MAIN, TradingState.HALTED)
    told = (
        state_set(EVERY, TradingState.HALTED),
        halted,
        state_set(EVERY, TradingState.ACTIVE),
    )
    assert state_of(after(*told), MAIN) is TradingState.HALTED
    assert state_of(after(*told), OTHER) is TradingState.ACTIVE


@forall(histories)
def test_the_last_word_about_an_account_holds(history: list[PermissionEvent]) -> None:
    permissions = after(*history)
    for account in (MAIN, OTHER):
        states = [TradingState.ACTIVE, TradingState.ACTIVE]
        limits = AccountLimits()
        for event in history:
            match event:
                case TradingStateSet(account=said) if said in (account, EVERY):
                    states[said == EVERY] = event.state
                case AccountLimitsSet(account=said) if said == account:
                    limits = event.limits
                case _:
                    pass
        assert state_of(permissions, account) is max(states, key=STRICT.index)
        assert limits_of(permissions, account) == limits
