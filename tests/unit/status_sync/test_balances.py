"""The wallet against the log: an alarm that invents nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed
from polycopy.schemas.ids import OrderId, TokenId
from polycopy.schemas.money import LIMIT
from polycopy.schemas.orders import OrderEvent, OrderLost, PositionSettled
from polycopy.status_sync.core import balances
from polycopy.status_sync.core.balances import PUSD, Balances, Look
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.order_state import DUST_MICROS
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    ONE,
    OPENING,
    TOKEN,
    confirmed,
    filled,
    placed,
    requested,
    reverted,
)
from tests.unit.status_sync.test_reconcile import after, learn

RULES = Rules()
AT_MS = 100_000
LATER_MS = AT_MS + RULES.balance_every_ms
BUY: list[OrderEvent] = [*OPENING, requested(), placed()]
BOUGHT: list[OrderEvent] = [*BUY, filled(), confirmed()]
"""20 shares for 10 of 1000 dollars. All events are of the first millisecond."""
LOST = OrderLost(order_id=OrderId("a"), findings=(), denials=3, denied_since_ms=1, lost_at_ms=2)


def due(held: Ledger, looks: Balances, at_ms: int = AT_MS) -> dict[TokenId, int]:
    """What is looked at, and what is expected of it."""
    found = balances.due(held, looks, RULES, at_ms)
    return {look.token_id: look.expected_micros for look in found}


def look_at(
    held: Ledger, looks: Balances, at_ms: int, **venue: int
) -> tuple[Balances, list[OrderEvent]]:
    """One go at everything that is due. The venue has what the log says, but for `shares` of TOKEN
    and `dollars`."""
    said: list[OrderEvent] = []
    for look in balances.due(held, looks, RULES, at_ms):
        looks = balances.looked(looks, look, at_ms)
        name = "dollars" if look.token_id == PUSD else "shares"
        micros = venue.get(name, look.expected_micros)
        looks, new = balances.judge(held, looks, look, micros, RULES, at_ms)
        said += new
    return looks, said


def test_what_is_held_and_what_may_be_spent_is_looked_at() -> None:
    assert due(after(*BOUGHT), Balances()) == {PUSD: 990 * ONE, TOKEN: 20 * ONE}
    assert due(after(*OPENING), Balances()) == {PUSD: 1_000 * ONE}


def test_it_is_looked_at_once_a_minute() -> None:
    looks, _ = look_at(after(*BOUGHT), Balances(), AT_MS)

    assert due(after(*BOUGHT), looks, LATER_MS - 1) == {}
    assert set(due(after(*BOUGHT), looks, LATER_MS)) == {PUSD, TOKEN}


@pytest.mark.parametrize("history", [BUY, [*BUY, filled()], [*OPENING, requested()]])
def test_nothing_is_looked_at_while_something_is_in_flight(history: list[OrderEvent]) -> None:
    assert due(after(*history), Balances()) == {}


def test_nothing_is_looked_at_just_after_it_settled() -> None:
    held = after(*BOUGHT)
    held = msgspec.structs.replace(
        held, touched=held.touched.set(TOKEN, AT_MS), touched_at_ms=AT_MS
    )

    assert due(held, Balances(), AT_MS + RULES.balance_settled_ms - 1) == {}
    assert set(due(held, Balances(), AT_MS + RULES.balance_settled_ms)) == {PUSD, TOKEN}


def test_another_token_in_flight_holds_up_only_the_dollars() -> None:
    other = msgspec.structs.replace(
        requested("b"), token_id=TokenId("99"), venue_order_id=requested("b").venue_order_id
    )

    assert set(due(after(*BOUGHT, other), Balances())) == {TOKEN}


def test_a_token_that_was_sold_or_reverted_is_looked_at_for_a_while() -> None:
    gone = after(*BUY, filled(), reverted())

    assert due(gone, Balances())[TOKEN] == 0
    assert TOKEN not in due(gone, Balances(), AT_MS + 3_600_001)


def test_a_balance_beyond_all_amounts_is_disputed_with_the_largest_there_is() -> None:
    held = after(*BOUGHT)
    looks, _ = look_at(held, Balances(), AT_MS, shares=2**255)

    _, [disputed] = look_at(held, looks, LATER_MS, shares=2**255)

    assert isinstance(disputed, BalanceDisputed)
    assert disputed.venue_micros == LIMIT


def test_what_waits_to_be_redeemed_is_not_looked_at() -> None:
    settled = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=TOKEN,
        size_micros=20 * ONE,
        payout_micros=20 * ONE,
        settled_at_ms=2_000,
    )

    assert TOKEN not in due(after(*BOUGHT, settled), Balances())
    assert TOKEN not in due(after(*BOUGHT, settled, confirmed()), Balances())


@pytest.mark.parametrize("shares", [0, 19 * ONE, 21 * ONE])
def test_shares_that_differ_twice_in_a_row_are_disputed(shares: int) -> None:
    held = after(*BOUGHT)
    looks, said = look_at(held, Balances(), AT_MS, shares=shares)
    assert said == []

    _, said = look_at(held, looks, LATER_MS, shares=shares)

    assert said == [
        BalanceDisputed(
            account=ACCOUNT,
            token_id=TOKEN,
            expected_micros=20 * ONE,
            venue_micros=shares,
            checked_at_ms=LATER_MS,
        )
    ]


def test_one_look_that_agrees_begins_all_over() -> None:
    held = after(*BOUGHT)
    looks, _ = look_at(held, Balances(), AT_MS, shares=0)
    looks, _ = look_at(held, looks, LATER_MS)
    looks, said = look_at(held, looks, LATER_MS + RULES.balance_every_ms, shares=0)

    assert said == []


def test_what_happened_in_between_begins_all_over() -> None:
    held = after(*BOUGHT)
    looks, _ = look_at(held, Balances(), AT_MS, shares=0)
    more: list[OrderEvent] = [requested("b"), placed("b"), filled("b", "t2"), confirmed("b", "t2")]
    held = msgspec.structs.replace(learn(held, more), touched=held.touched.set(TOKEN, AT_MS))

    looks, said = look_at(held, looks, LATER_MS, shares=0)
    assert said == []
    _, said = look_at(held, looks, LATER_MS + RULES.balance_every_ms, shares=0)
    assert [type(event) for event in said] == [BalanceDisputed]


def test_what_moves_while_it_is_asked_for_says_nothing() -> None:
    held = after(*BOUGHT)
    looks, _ = look_at(held, Balances(), AT_MS, shares=0)
    [look] = [one for one in balances.due(held, looks, RULES, LATER_MS) if one.token_id == TOKEN]

    moved = learn(held, [requested("b")])

    assert balances.judge(moved, looks, look, 0, RULES, LATER_MS) == (looks, [])


def test_a_dispute_is_said_once_and_ends_with_the_first_look_that_agrees() -> None:
    held, looks, events = after(*BOUGHT), Balances(), list[OrderEvent]()
    for number, shares in enumerate([0, 0, 0, 1, 20 * ONE, 20 * ONE]):
        at_ms = AT_MS + number * RULES.balance_every_ms
        looks, said = look_at(held, looks, at_ms, shares=shares)
        held = learn(held, said)
        held = msgspec.structs.replace(held, touched_at_ms=1)
        events += said

    assert [type(event) for event in events] == [BalanceDisputed, BalanceAgreed]
    assert not held.account.disputes


def test_of_dollars_only_too_few_are_disputed() -> None:
    held = after(*BOUGHT)
    for dollars, disputed in [(991 * ONE, False), (990 * ONE - DUST_MICROS, False), (989, True)]:
        looks, _ = look_at(held, Balances(), AT_MS, dollars=dollars)
        _, said = look_at(held, looks, LATER_MS, dollars=dollars)
        assert [type(event) for event in said] == [BalanceDisputed] * disputed


def test_a_lost_order_hides_nothing_from_the_look() -> None:
    """It may have been filled all the same: then the balance is what tells."""
    assert due(after(*OPENING, requested(), LOST), Balances()) == {TOKEN: 0, PUSD: 1_000 * ONE}


def test_those_that_waited_longest_are_looked_at_first_and_not_all_at_once() -> None:
    tokens = [TokenId(str(number)) for number in range(1, 31)]
    held = after(*OPENING)
    held = msgspec.structs.replace(held, touched=held.touched.update(dict.fromkeys(tokens, 1)))

    first = balances.due(held, Balances(), RULES, AT_MS)
    looks = Balances()
    for look in first:
        looks = balances.looked(looks, look, AT_MS)
    second = balances.due(held, looks, RULES, AT_MS)

    assert (len(first), len(second)) == (20, 11)
    assert not {look.token_id for look in first} & {look.token_id for look in second}


@given(st.integers(0, 40 * ONE), st.lists(st.integers(0, 40 * ONE) | st.none(), max_size=6))
def test_no_order_of_looks_disputes_what_agreed_in_between(
    first: int, then: list[int | None]
) -> None:
    """None: the venue could not be asked, which says nothing and takes nothing back."""
    held, looks, odd = after(*BOUGHT), Balances(), 0
    for number, shares in enumerate([first, *then]):
        at_ms = AT_MS + number * RULES.balance_every_ms
        look = Look(token_id=TOKEN, expected_micros=20 * ONE, touched_at_ms=1)
        if shares is None:
            looks = balances.looked(looks, look, at_ms)
            continue
        odd = odd + 1 if abs(shares - 20 * ONE) > DUST_MICROS else 0
        looks, said = balances.judge(held, looks, look, shares, RULES, at_ms)
        held = msgspec.structs.replace(learn(held, said), touched_at_ms=1)
        disputed = TOKEN in held.account.disputes
        assert disputed is (odd >= 2)


def test_a_look_of_a_clock_that_was_ahead_does_not_put_off_the_next() -> None:
    looks, _ = look_at(after(*BOUGHT), Balances(), 10 * LATER_MS)

    assert set(due(after(*BOUGHT), looks, LATER_MS)) == {PUSD, TOKEN}
