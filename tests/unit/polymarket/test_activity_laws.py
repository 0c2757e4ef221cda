"""No answer of a stranger raises, and no readable row is lost beside one that is not."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.activity_page import ActivityPage, read_page
from polycopy.polymarket.activity_query import Version
from polycopy.polymarket.data_status import read_lag_ms
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from tests.support.data_venue import ANNA
from tests.unit.polymarket.test_activity_page import body, row

VERSIONS = st.sampled_from(list(Version))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
GOOD = {version: row(version) for version in Version}


@st.composite
def spoilt(draw: st.DrawFn, version: Version) -> dict[str, Any]:
    """A good row with something else in one place."""
    return {**GOOD[version], draw(st.sampled_from(sorted(GOOD[version]))): draw(VALUES)}


@given(VERSIONS, st.integers(0, 599), st.binary(max_size=99))
def test_bytes_of_a_stranger_do_not_raise(version: Version, status: int, raw: bytes) -> None:
    read_page(version, status, raw, ANNA)
    read_lag_ms(status, raw)


@given(VERSIONS, VALUES)
def test_documents_of_a_stranger_do_not_raise(version: Version, value: Any) -> None:
    raw = json.dumps(value).encode()
    read_page(version, 200, raw, ANNA)
    read_lag_ms(200, raw)


@given(st.data(), VERSIONS)
def test_readable_rows_are_told_beside_those_that_are_not(
    data: st.DataObject, version: Version
) -> None:
    rows = data.draw(st.lists(st.just(GOOD[version]) | spoilt(version) | VALUES, max_size=5))

    page = read_page(version, 200, body(version, *rows), ANNA)

    assert isinstance(page, ActivityPage)
    assert page.count == len(rows) == len(page.rows) + page.skipped
    readable = [each for each in page.rows if not isinstance(each, Unreadable)]
    assert len(readable) >= rows.count(GOOD[version])
    assert {each.wallet for each in readable if isinstance(each, LeaderRow)} <= {ANNA}
