from hypothesis import given
from hypothesis import strategies as st

from polycopy.executor.core.breaker import (
    CLOSED,
    RULES,
    Breaker,
    Trouble,
    news,
    proven,
    tried,
    troubled,
    why_open,
    words,
)

NO_ANSWER = RULES[Trouble.NO_ANSWER]


def opened(at_ms: int = 0) -> Breaker:
    breaker = Breaker()
    for _ in range(NO_ANSWER.count):
        breaker = troubled(breaker, Trouble.NO_ANSWER, at_ms)
    return breaker


def test_less_trouble_than_the_rule_leaves_it_closed() -> None:
    breaker = Breaker()
    for _ in range(NO_ANSWER.count - 1):
        breaker = troubled(breaker, Trouble.NO_ANSWER, 0)
    assert why_open(breaker, 0) == ""


def test_trouble_within_the_window_opens_it_and_says_why() -> None:
    assert why_open(opened(), 1_000) == (
        "5 order requests without a proven answer within 60 s; next try in 29 s"
    )


def test_trouble_further_apart_than_the_window_never_opens_it() -> None:
    breaker = Breaker()
    for number in range(20):
        breaker = troubled(breaker, Trouble.NO_ANSWER, number * NO_ANSWER.window_ms)
    assert why_open(breaker, 20 * NO_ANSWER.window_ms) == ""


def test_kinds_of_trouble_are_not_added_up() -> None:
    breaker = Breaker()
    for trouble in (Trouble.STALE_BALANCE, Trouble.SETTLEMENT, Trouble.NO_ANSWER):
        for _ in range(2):
            breaker = troubled(breaker, trouble, 0)
    assert why_open(breaker, 0) == ""


def test_a_proven_outcome_closes_it_only_after_its_time() -> None:
    assert why_open(proven(opened(), 1_000), 1_000)
    assert proven(opened(), 30_000) == Breaker()


def test_after_its_time_one_entry_is_let_through() -> None:
    breaker = opened()
    assert why_open(breaker, 30_000) == ""
    assert why_open(tried(breaker, 30_000), 30_001).endswith("one order is trying")
    assert why_open(tried(breaker, 30_000), 90_000) == ""  # It said nothing: the next one tries.


def test_trouble_at_the_trial_opens_it_for_twice_as_long() -> None:
    again = troubled(tried(opened(), 30_000), Trouble.NO_ANSWER, 31_000)
    assert why_open(again, 31_000 + 59_999)
    assert why_open(again, 31_000 + 60_000) == ""


def test_what_was_on_its_way_when_it_opened_does_not_prolong_it() -> None:
    assert troubled(opened(), Trouble.NO_ANSWER, 5).open_until_ms == opened().open_until_ms


def test_an_operator_reads_how_it_is() -> None:
    because = "5 order requests without a proven answer within 60 s"
    assert words(Breaker(), 0) == CLOSED
    assert words(opened(), 1_000) == f"open: {because}; next try in 29 s"
    assert words(opened(), 30_000) == f"open: {because}; the next order tries"
    assert words(tried(opened(), 30_000), 30_001) == f"open: {because}; one order is trying"


def test_an_operator_is_told_once_when_it_opens_and_once_when_it_closes() -> None:
    assert news(Breaker(), opened(), 0).startswith(
        "the circuit breaker opens, no entries: 5 order requests"
    )
    assert news(opened(), troubled(opened(), Trouble.NO_ANSWER, 5), 5) == ""
    assert news(opened(), proven(opened(), 30_000), 30_000).startswith("the circuit breaker closes")
    assert news(Breaker(), proven(Breaker(), 30_000), 30_000) == ""


def test_a_closed_breaker_knows_no_trial() -> None:
    assert tried(Breaker(), 1) == Breaker()


steps = st.lists(st.tuples(st.sampled_from([*Trouble, None]), st.integers(0, 40_000)), max_size=60)


@given(steps)
def test_it_is_never_open_for_longer_than_ten_minutes_and_never_grows(
    told: list[tuple[Trouble | None, int]],
) -> None:
    breaker, at_ms = Breaker(), 0
    for trouble, passed_ms in told:
        at_ms += passed_ms
        breaker = proven(breaker, at_ms) if trouble is None else troubled(breaker, trouble, at_ms)
        assert breaker.open_until_ms - at_ms <= 600_000
        longest = max(rule.window_ms for rule in RULES.values())
        assert all(at_ms - time_ms <= longest for _, time_ms in breaker.times) or trouble is None
