"""The journal keeps the newest entries, each with its number for good."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.kept import Kept


@given(st.integers(1, 8), st.integers(0, 40), st.integers(1, 5))
def test_a_reader_that_keeps_up_sees_every_entry_once(most: int, entries: int, limit: int) -> None:
    kept: Kept[int] = Kept(most)
    seen: list[int] = []
    following = 0
    for entry in range(entries):
        kept.append(entry)
        if (entry + 1) % most == 0 or entry == entries - 1:
            while page := kept.since(following, limit):
                seen += page
                following = max(following, kept.first) + len(page)
    assert seen == list(range(entries))
    assert kept.total == entries


@given(st.integers(1, 8), st.integers(0, 40), st.integers(0, 50), st.integers(1, 50))
def test_a_page_is_what_is_left_from_a_number_on(
    most: int, entries: int, since: int, limit: int
) -> None:
    kept: Kept[int] = Kept(most)
    for entry in range(entries):
        kept.append(entry)
    whole = list(range(entries))[-most:]
    assert list(kept) == whole
    assert len(kept) == len(whole)
    assert kept.first == entries - len(whole)
    assert kept.since(since, limit) == [each for each in whole if each >= since][:limit]
