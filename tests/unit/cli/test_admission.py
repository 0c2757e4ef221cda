"""Which account a new strategy can have."""

import msgspec
import pytest

from polycopy.cli.core.admission import refusal
from polycopy.schemas.control import Strategy, VenueName
from polycopy.schemas.ids import AccountId, StrategyId
from tests.unit.cli import makers

MADE = makers.strategy(StrategyId("any"), VenueName.PAPER, AccountId("any"))
MAIN, OTHER = AccountId("main"), AccountId("other")


def strategy(name: str, account: str, venue: VenueName) -> Strategy:
    return msgspec.structs.replace(
        MADE, strategy_id=StrategyId(name), account=AccountId(account), venue=venue
    )


PAPER, REAL = VenueName.PAPER, VenueName.POLYMARKET


def test_a_forward_test_has_an_account_of_its_own() -> None:
    first = strategy("first", "first", PAPER)
    assert refusal(first, [], {MAIN}) == ""
    why = refusal(strategy("second", "first", PAPER), [first], {MAIN, AccountId("first")})
    assert why.startswith("account first is that of strategy first")
    assert "choose another account" in why


def test_paper_money_never_meets_real_money() -> None:
    test = strategy("test", "mine", PAPER)
    real = strategy("real", "main", REAL)
    assert "is for real orders" in refusal(strategy("a", "main", PAPER), [], {MAIN})
    assert "is that of strategy real" in refusal(strategy("a", "main", PAPER), [real], {MAIN})
    assert "is a forward test's" in refusal(strategy("a", "mine", REAL), [test], {MAIN})


def test_strategies_with_real_orders_share_the_account_that_an_executor_serves() -> None:
    first = strategy("first", "main", REAL)
    assert refusal(first, [], {MAIN}) == ""
    assert refusal(strategy("second", "main", REAL), [first], {MAIN}) == ""


@pytest.mark.parametrize(
    ("served", "words"),
    [(set(), "it does for none"), ({MAIN, OTHER}, "it does for main: ")],
    ids=["nobody", "another"],
)
def test_an_account_whose_key_nobody_holds_is_refused_with_those_that_are_served(
    served: set[AccountId], words: str
) -> None:
    """`other` was taken over as well, and is a forward test's."""
    known = [strategy("test", "other", PAPER)]
    assert words in refusal(strategy("a", "unknown", REAL), known, served)
