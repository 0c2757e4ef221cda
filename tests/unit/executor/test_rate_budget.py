"""What the venue still takes of us."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.executor.core import rate_budget
from polycopy.executor.core.rate_budget import (
    TIERS,
    Budget,
    Cost,
    Rate,
    Spent,
    TooLong,
    Which,
    Window,
    cost,
    spend,
    told,
)
from polycopy.paper_venue.core.limits import edge_limits, signer_limits
from polycopy.paper_venue.core.limits.signer_limits import SignerLimits
from polycopy.paper_venue.core.protocol.messages import Host
from polycopy.polymarket.rate_headers import RateNotice

AT = 5_000_000
FOR_EVER = 10**9
ORDER = cost("POST", "/order")
CANCEL = cost("DELETE", "/order")
BOOK = cost("GET", "/book")
UPDATE = cost("GET", "/balance-allowance/update")


def cancels(orders: int) -> Cost:
    return cost("DELETE", "/orders", orders=orders)


def taken(budget: Budget, of: Cost, at_ms: int = AT, *, count: int = 1) -> tuple[Budget, list[int]]:
    """The budget after so many requests at once, and what each had to wait."""
    waits: list[int] = []
    for _ in range(count):
        spent = spend(budget, of, at_ms=at_ms, wait_ms_max=FOR_EVER)
        assert isinstance(spent, Spent)
        budget = spent.budget
        waits.append(spent.wait_ms)
    return budget, waits


def heard(
    budget: Budget, of: Cost, notice: RateNotice, status: int = 200, at_ms: int = AT
) -> Budget:
    return told(budget, of, notice, http_status=status, at_ms=at_ms, venue_s=1_795_000_000)


def test_a_full_bucket_is_spent_at_once_and_then_refills_at_its_rate() -> None:
    budget, waits = taken(Budget(), ORDER, count=62)

    assert waits == [0] * 60 + [25, 50]
    assert taken(budget, ORDER, AT + 50)[1] == [25]
    assert taken(budget, ORDER, AT + 1_550 + 50, count=61)[1] == [0] * 60 + [25]


def test_a_cancel_waits_for_no_order_and_no_read() -> None:
    budget, _ = taken(Budget(), ORDER, count=400)
    budget, waits = taken(budget, BOOK, count=9_000)
    assert waits[-1] > 0
    budget = heard(budget, ORDER, RateNotice(retry_after_s=60), 429)
    budget = heard(budget, BOOK, RateNotice(retry_after_s=60), 429)

    assert taken(budget, CANCEL, count=121)[1] == [0] * 120 + [13]


def test_an_order_and_a_read_do_not_wait_for_each_other() -> None:
    budget, waits = taken(Budget(), ORDER, count=100)
    assert waits[-1] == 1_000

    budget, waits = taken(budget, BOOK, count=1_425)
    assert waits == [0] * 1_425
    assert taken(budget, BOOK)[1] == [11_000 - AT % 1_000]


def test_a_twentieth_of_each_window_stays_free() -> None:
    waits = taken(Budget(), UPDATE, count=48)[1]

    assert waits == [0] * 47 + [11_000]


def test_a_batch_costs_as_many_tokens_as_it_has_orders() -> None:
    budget, [first] = taken(Budget(), cancels(100))
    _, [second] = taken(budget, cancels(100))

    assert (first, second) == (0, 1_000)
    assert rate_budget.at_once_max(budget, Which.CANCELS) == 120


def test_what_would_wait_too_long_takes_nothing() -> None:
    budget, _ = taken(Budget(), ORDER, count=100)

    assert spend(budget, ORDER, at_ms=AT, wait_ms_max=1_000) == TooLong(wait_ms=1_025)
    assert isinstance(spend(budget, ORDER, at_ms=AT, wait_ms_max=1_025), Spent)


def test_the_venue_s_tier_is_learnt() -> None:
    budget, _ = taken(Budget(), ORDER, count=60)

    budget = heard(budget, ORDER, RateNotice(remaining=0, tier="silver"))

    assert taken(budget, ORDER)[1] == [5]
    assert taken(budget, ORDER, AT + 10_000, count=301)[1] == [0] * 300 + [5]
    assert heard(budget, ORDER, RateNotice(tier="titanium")).tier == "silver"


def test_what_the_venue_says_is_left_is_believed_where_it_is_less() -> None:
    """Somebody else may trade with the same key."""
    budget, _ = taken(Budget(), ORDER, count=2)

    less = heard(budget, ORDER, RateNotice(remaining=3))
    more = heard(budget, ORDER, RateNotice(remaining=59))
    owing = heard(budget, CANCEL, RateNotice(remaining=-8))

    assert taken(less, ORDER, count=4)[1] == [0, 0, 0, 25]
    assert taken(more, ORDER, count=59)[1] == [0] * 58 + [25]
    assert taken(owing, CANCEL)[1] == [113]
    assert taken(owing, ORDER)[1] == [0]


@pytest.mark.parametrize(
    ("notice", "closed_ms"),
    [
        (RateNotice(retry_after_s=7), 7_000),
        (RateNotice(remaining=0, reset_s=1_795_000_003), 3_000),
        (RateNotice(remaining=0, reset_s=1_795_000_003, retry_after_s=2), 2_000),
        (RateNotice(), 1_000),
        (RateNotice(reset_s=1), 1_000),
        (RateNotice(retry_after_s=10**9), 600_000),
    ],
)
def test_a_429_closes_what_it_answered_for_as_long_as_it_asks(
    notice: RateNotice, closed_ms: int
) -> None:
    budget = heard(Budget(), ORDER, notice, 429)

    assert rate_budget.closed_ms(budget, ORDER, AT) == closed_ms
    assert rate_budget.closed_ms(budget, ORDER, AT + closed_ms) == 0
    assert taken(budget, ORDER)[1] == [closed_ms]
    assert taken(budget, BOOK)[1] == taken(budget, CANCEL)[1] == [0]


def test_a_second_429_never_opens_sooner() -> None:
    budget = heard(Budget(), ORDER, RateNotice(retry_after_s=9), 429)

    budget = heard(budget, ORDER, RateNotice(retry_after_s=1), 429, AT + 100)

    assert rate_budget.closed_ms(budget, ORDER, AT) == 9_000


def test_an_answer_that_was_let_in_closes_nothing() -> None:
    """Its `reset_s` may be the current moment or any other."""
    budget = heard(Budget(), ORDER, RateNotice(remaining=5, reset_s=1_795_000_900, warned=True))

    assert taken(budget, ORDER)[1] == [0]


def test_the_figures_are_those_of_the_venue_that_we_play() -> None:
    for tier in signer_limits.TIERS:
        ours = TIERS[tier.name]
        assert ours[Which.ORDERS] == Rate(tier.orders.per_s, tier.orders.burst)
        assert ours[Which.CANCELS].per_s == tier.cancels.per_s
        assert ours[Which.CANCELS].burst <= tier.cancels.burst
    paths = [
        *(("POST", "/order"), ("DELETE", "/order"), ("DELETE", "/orders"), ("GET", "/book")),
        *(("GET", "/data/orders"), ("GET", "/data/trades"), ("GET", "/data/order/0xab")),
        *(("GET", "/balance-allowance"), ("GET", "/balance-allowance/update"), ("GET", "/time")),
        ("GET", "/clob-markets/0xab"),
    ]
    for method, path in paths:
        theirs = edge_limits.windows(Host.CLOB, method, path)
        windows = cost(method, path).windows
        assert [(one.name, one.limit, one.span_ms) for one in windows] == [
            (one.name, one.limit, one.span_us // 1_000) for one in theirs
        ]


REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 3_000) | st.just(0),
        st.sampled_from([ORDER, CANCEL, cancels(50), cancels(119)]),
    ),
    max_size=60,
).flatmap(lambda steps: st.integers(1, 3).map(lambda times: steps * times))


@given(REQUESTS, st.sampled_from(sorted(TIERS)))
def test_the_venue_turns_nobody_away_who_has_waited_his_time(
    requests: list[tuple[int, Cost]], tier: str
) -> None:
    venue, budget, at_ms = SignerLimits(), Budget(tier=tier), AT
    venue.put("us", tier)
    leaving: list[tuple[int, int, Cost]] = []
    for number, (pause_ms, of) in enumerate(requests):
        at_ms += pause_ms
        budget, [wait_ms] = taken(budget, of, at_ms)
        leaving.append((at_ms + wait_ms, number, of))

    for leaves_ms, _, of in sorted(leaving, key=lambda one: one[:2]):
        which = signer_limits.Which(of.bucket or "")
        spent = venue.spend("us", signer_limits.Cost(which, of.tokens), leaves_ms * 1_000)
        assert not spent.short


@given(st.lists(st.integers(0, 40) | st.integers(0, 1_500), max_size=80), st.integers(0, 1_000))
def test_no_span_of_a_window_holds_more_than_its_limit(pauses: list[int], start: int) -> None:
    window = Window("narrow", 5, 1_000)
    of = Cost(name="narrow", windows=(window,))
    budget, at_ms, leaves = Budget(), AT + start, []
    for pause_ms in pauses:
        at_ms += pause_ms
        budget, [wait_ms] = taken(budget, of, at_ms)
        leaves.append(at_ms + wait_ms)

    for end in leaves:
        assert sum(end - window.span_ms < one <= end for one in leaves) <= 4


def test_what_is_long_past_is_forgotten() -> None:
    budget = Budget()
    for step in range(200):
        budget, _ = taken(budget, BOOK, AT + step * 1_000)

    assert all(len(counted) <= 11 for counted in budget.counts.values())


@given(
    st.integers(0, 200),
    st.integers(0, 5_000),
    st.integers(-500, 2_000) | st.none(),
    st.sampled_from(["", "standard", "elite"]),
)
def test_no_answer_makes_more_of_a_bucket_than_time_does(
    spent: int, later_ms: int, remaining: int | None, tier: str
) -> None:
    budget, _ = taken(Budget(), ORDER, count=spent)
    budget = msgspec.structs.replace(budget, tier=tier or budget.tier)
    before = taken(budget, ORDER, AT + later_ms)[1]

    after = heard(budget, ORDER, RateNotice(remaining=remaining, tier=tier), at_ms=AT + later_ms)

    assert taken(after, ORDER, AT + later_ms)[1] >= before


@pytest.mark.parametrize("of", [ORDER, CANCEL])
def test_a_venue_that_names_an_absurd_debt_is_left_alone_for_ten_minutes(of: Cost) -> None:
    owing = heard(Budget(), of, RateNotice(remaining=-(10**12)))
    left = spend(owing, of, at_ms=AT, wait_ms_max=0)
    assert isinstance(left, TooLong)
    assert left.wait_ms <= 601_000
