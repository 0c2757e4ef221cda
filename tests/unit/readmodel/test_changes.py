"""What several changes of one row add up to."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.readmodel.changes import Change, merge
from tests.support.projector_tables import Rows, apply

CHANGES = st.lists(
    st.builds(
        Change,
        table=st.just("targets"),
        key=st.sampled_from([("a",), ("b",)]),
        values=st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 3)),
        sequence=st.integers(1, 9),
        new_only=st.booleans(),
    ),
    max_size=12,
)


@given(CHANGES, st.integers(0, 12))
def test_one_batch_gives_the_rows_of_many(changes: list[Change], at: int) -> None:
    one_by_one: Rows = {}
    for change in changes:
        apply(one_by_one, [change])
    in_two: Rows = {}
    apply(in_two, changes[:at])
    apply(in_two, changes[at:])
    assert in_two == one_by_one


@given(CHANGES)
def test_a_row_has_one_change_and_at_most_one_more_that_makes_it(changes: list[Change]) -> None:
    merged = merge(changes)
    rows = [(change.key, change.new_only) for change in merged]
    assert len(rows) == len(set(rows))
    assert merge(merged) == merged
