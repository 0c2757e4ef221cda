"""Filters, held against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.runtime.filters import check_filters, covers_all, matches, overlap
from polycopy.schemas.subjects import EVENT_SUBJECTS

TOKENS = st.sampled_from(["a", "b"])
SUBJECTS = st.lists(TOKENS, min_size=1, max_size=4).map(".".join)
FILTERS = st.builds(
    lambda body, rest: ".".join([*body, *rest]),
    st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3),
    st.sampled_from([[], [">"]]),
)


@pytest.mark.parametrize(
    ("subject_filter", "subject", "expected"),
    [
        ("orders.main.*", "orders.main.placed", True),
        ("orders.main.*", "orders.main", False),
        ("orders.main.*", "orders.main.placed.again", False),
        ("orders.>", "orders.main.placed", True),
        ("orders.>", "orders", False),
        ("orders.main.placed", "orders.main.placed", True),
        ("orders.other.placed", "orders.main.placed", False),
        (">", "orders", True),
    ],
)
def test_a_filter_takes_what_nats_would(subject_filter: str, subject: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert matches(subject_filter, subject) is expected


@given(FILTERS, FILTERS, SUBJECTS)
def test_filters_that_take_the_same_subject_overlap(one: str, other: str, subject: str) -> None:
    if matches(one, subject) and matches(other, subject):
        assert overlap(one, other)
        with pytest.raises(ValueError, match="overlap"):
            check_filters([one, other])


@given(FILTERS, FILTERS)
def test_overlap_knows_no_order_and_has_a_witness(one: str, other: str) -> None:
    assert overlap(one, other) == overlap(other, one)
    if overlap(one, other):
        assert any(matches(one, subject) and matches(other, subject) for subject in _all())


@given(SUBJECTS)
def test_a_subject_is_a_filter_for_itself_alone(subject: str) -> None:
    assert [found for found in _all() if matches(subject, found)] == [subject]


def test_everything_is_covered_by_the_one_wildcard_or_by_all_subjects() -> None:
    assert covers_all([">"])
    assert covers_all(EVENT_SUBJECTS)
    assert not covers_all(EVENT_SUBJECTS[1:])


def _all() -> list[str]:
    subjects, longest = [["a"], ["b"]], [["a"], ["b"]]
    for _ in range(4):
        longest = [[*subject, token] for subject in longest for token in "ab"]
        subjects += longest
    return [".".join(subject) for subject in subjects]
