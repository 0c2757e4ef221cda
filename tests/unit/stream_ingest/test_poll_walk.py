"""A walk over the pages of a wallet, which the paper venue's own code answers."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.activity_page import ActivityPage, read_page
from polycopy.polymarket.activity_query import ROWS_MAX, Version
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.money import MICROS, Side
from polycopy.stream_ingest.core import poll_walk
from polycopy.stream_ingest.core.poll_walk import PAGES_MAX, Walk
from tests.support.data_venue import ANNA, AT_S, BERT, Chain, did

BOTH = pytest.mark.parametrize("version", list(Version))
NOW_MS = (AT_S + 5_000) * 1000
Rows = dict[str, list[LeaderRow]]


def chain_of(seconds: list[int], *, fills: int = 1) -> Chain:
    """Trades of Anna's of 1, 2, 3 … shares at these seconds, each fill of its own row."""
    chain = Chain()
    for number, at_s in enumerate(sorted(seconds)):
        fill = did(ANNA, Side.BUY, number + 1, 40)
        chain.trade(did(BERT, Side.SELL, number + 1, 40), *[fill] * fills, at_s=at_s)
    return chain


def begun(version: Version, **more: Any) -> Walk:
    return poll_walk.begin(version, ANNA, session="s", **{"start_s": AT_S, **more})


def page(chain: Chain, walk: Walk, *, number: int = 0) -> ActivityPage:
    query = walk.query
    asked = "&".join(f"{k}={v}" for k, v in query.parameters(str(number)).items())
    answer = chain.answer(f"{query.path}?{asked}", at_s=5_000)
    found = read_page(query.version, answer.status, answer.body, ANNA)
    assert isinstance(found, ActivityPage), found
    return found


def walked(chain: Chain, walk: Walk) -> tuple[Walk, Rows]:
    """To the end of the walk, and its rows by session."""
    rows: Rows = {}
    while not walk.is_over:
        found = page(chain, walk, number=walk.pages)
        told = [each for each in found.rows if isinstance(each, LeaderRow)]
        rows.setdefault(walk.page_session, []).extend(told)
        walk = poll_walk.turned(walk, found, NOW_MS)
    return walk, rows


def sizes(rows: Rows) -> dict[str, int]:
    """By transaction: within a session sizes add up, over sessions the largest counts."""
    found: dict[str, int] = {}
    for told in rows.values():
        sums: dict[str, int] = {}
        for row in told:
            sums[row.transaction_hash] = sums.get(row.transaction_hash, 0) + row.size_micros
        for key, size_micros in sums.items():
            found[key] = max(found.get(key, 0), size_micros)
    return found


def true_sizes(chain: Chain) -> dict[str, int]:
    return {
        settled.transaction_hash: sum(
            each.size_micros for each in settled.executions if each.wallet == ANNA
        )
        for settled in chain.ledger
    }


@BOTH
def test_one_page_is_a_walk(version: Version) -> None:
    walk, rows = walked(chain_of([10, 20]), begun(version))

    assert (walk.done, walk.pages, walk.fault) == (True, 1, "")
    assert walk.newest_ms == (AT_S + 20) * 1000
    assert [len(told) for told in rows.values()] == [2]


@BOTH
def test_no_row_is_an_end_too(version: Version) -> None:
    walk, rows = walked(Chain(), begun(version))

    assert (walk.done, walk.newest_ms, sizes(rows)) == (True, -1, {})


@given(
    st.sampled_from(list(Version)),
    st.lists(st.integers(0, 30), max_size=25),
    st.integers(1, 3),
    st.integers(3, 9),
)
def test_whatever_the_pages_every_trade_has_its_size(
    version: Version, seconds: list[int], fills: int, limit: int
) -> None:
    chain = chain_of(seconds, fills=fills)
    rest, rows, walks = 0, Rows(), 0
    while True:
        walk, more = walked(chain, begun(version, limit=limit, end_s=rest))
        rows |= {f"{walks} {session}": told for session, told in more.items()}
        walks += 1
        assert not walk.fault
        if walk.done:
            break
        rest = walk.last_s

    found, true = sizes(rows), true_sizes(chain)
    if version is Version.V2 or _fits(chain, limit):
        assert found == true
    assert set(found) == set(true)
    assert all(found[key] <= true[key] for key in true)


def _fits(chain: Chain, limit: int) -> bool:
    """No second of version 1 fills a page."""
    of_second: dict[int, int] = {}
    for settled in chain.ledger:
        count = len(settled.executions) - 1
        of_second[settled.block_s] = of_second.get(settled.block_s, 0) + count
    return all(count < limit for count in of_second.values())


@BOTH
def test_a_long_walk_is_cut_and_tells_where(version: Version) -> None:
    chain = chain_of([2 * number for number in range(PAGES_MAX * 4)])

    walk, _ = walked(chain, begun(version, limit=3))

    assert (walk.cut, walk.done, walk.pages) == (True, False, PAGES_MAX)
    assert walk.newest_ms == (AT_S + 2 * (PAGES_MAX * 4 - 1)) * 1000
    assert AT_S < walk.last_s < walk.newest_ms // 1000


def test_rows_add_up_over_a_walk_of_version_2_and_within_a_page_of_version_1() -> None:
    chain = chain_of(list(range(0, 12, 2)))

    assert set(walked(chain, begun(Version.V2, limit=3))[1]) == {"s"}
    assert set(walked(chain, begun(Version.V1, limit=3))[1]) >= {"s.0", "s.1"}


def test_a_row_of_the_future_does_not_move_the_newest() -> None:
    chain = chain_of([10, 9_000])

    walk = begun(Version.V2)
    turned = poll_walk.turned(walk, page(chain, walk), (AT_S + 20) * 1000)

    assert turned.newest_ms == (AT_S + 10) * 1000


def test_a_page_of_a_hundred_may_be_a_full_one_of_version_1() -> None:
    """The API has cut limits before: no end is believed in that is not shown."""
    chain = chain_of([2 * number for number in range(150)])
    walk = begun(Version.V1)
    cut = msgspec.structs.replace(page(chain, walk))
    cut = msgspec.structs.replace(cut, rows=cut.rows[:100], count=100, last_s=AT_S + 100)
    assert walk.query.limit == ROWS_MAX

    turned = poll_walk.turned(walk, cut, NOW_MS)

    assert not turned.is_over
    assert turned.query.end_s == AT_S + 100


@BOTH
def test_pages_that_are_not_newest_first_are_a_fault(version: Version) -> None:
    walk = begun(version, limit=3)
    chain = chain_of(list(range(0, 20, 2)))
    second = poll_walk.turned(walk, page(chain, walk), NOW_MS)

    again = poll_walk.turned(second, page(chain, walk), NOW_MS)

    assert again.fault == "the pages are not newest first"


def test_a_cursor_that_leads_back_is_a_fault() -> None:
    chain = chain_of([8] * 9)
    walk = begun(Version.V2, limit=3)
    first = page(chain, walk)
    second = poll_walk.turned(walk, first, NOW_MS)

    assert poll_walk.turned(second, first, NOW_MS).fault == "the pages go round in a circle"


@BOTH
def test_the_sum_is_never_larger_than_what_was_traded(version: Version) -> None:
    """One second fills several pages."""
    chain = chain_of([8] * 9, fills=2)

    walk, rows = walked(chain, begun(version, limit=4))

    assert walk.done
    assert max(sizes(rows).values()) <= max(true_sizes(chain).values()) == 18 * MICROS
