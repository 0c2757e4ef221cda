"""Laws: any repetition over connections and any order of frames give the same trades.

A repetition over the same connection is more fills (`test_core`): equal rows are real.
"""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.control import TargetAdded
from polycopy.schemas.event import encode
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import LIMIT
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest import core
from polycopy.stream_ingest.core import Frame, State
from tests.support.rtds_frames import TRADED_AT_S, frame

WALLETS = ["0x" + "ab" * 20, "0x" + "cd" * 20]
ROWS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "proxyWallet": st.sampled_from([*WALLETS, "0x" + "00" * 20]),
        "transactionHash": st.integers(0, 2).map(lambda n: f"0x{n:064x}"),
        "side": st.sampled_from(["BUY", "SELL"]),
        "size": st.integers(1, 20),
        "price": st.sampled_from([0.4, 0.62000007]),
    }
)
FRAMES = st.lists(ROWS.map(lambda row: frame(**row)), max_size=15)


def following() -> State:
    state = core.initial()
    for wallet in WALLETS:
        state = core.evolve(state, TargetAdded(wallet=Wallet(wallet)))
    return state


def run(state: State, frames: list[Frame]) -> tuple[State, list[TradeObserved]]:
    said: list[TradeObserved] = []
    for one in frames:
        state, more = core.feed(state, one)
        said += [item for item in more if isinstance(item, TradeObserved)]
    return state, said


def over(raws: list[bytes], *, slot: int = 1, session: str = "1-0") -> list[Frame]:
    return [Frame(raw, slot, session, TRADED_AT_S * 1000 + 2_000) for raw in raws]


def final_sizes(said: list[TradeObserved]) -> dict[str, int]:
    return {core.group_key(trade): trade.size_micros for trade in said}


@given(FRAMES, st.data())
def test_order_does_not_change_the_sizes(raws: list[bytes], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(raws))
    assert final_sizes(run(following(), over(raws))[1]) == final_sizes(
        run(following(), over(shuffled))[1]
    )


@given(FRAMES, st.data())
def test_copies_over_other_connections_change_nothing(
    raws: list[bytes], data: st.DataObject
) -> None:
    missed = data.draw(st.sets(st.integers(0, len(raws))))
    copies = over([raw for i, raw in enumerate(raws) if i not in missed], slot=2, session="2-0")
    mixed = data.draw(st.permutations([*over(raws), *copies]))
    assert final_sizes(run(following(), mixed)[1]) == final_sizes(run(following(), over(raws))[1])


SOURCES = st.tuples(
    st.integers(1, 2), st.sampled_from(["a", "b"]), st.sampled_from(["trades", "orders_matched"])
)


@given(st.lists(ROWS, max_size=8), st.sets(SOURCES, min_size=1, max_size=4), st.data())
def test_what_comes_again_over_a_connection_a_session_or_as_a_type_never_makes_a_size_double(
    rows: list[dict[str, Any]], sources: set[tuple[int, str, str]], data: st.DataObject
) -> None:
    frames: list[Frame] = []
    for slot, session, kind in sorted(sources):
        heard = data.draw(st.sets(st.integers(0, 7)))  # The rest is lost.
        raws = [frame(kind, **row) for place, row in enumerate(rows) if place in heard]
        frames += over(raws, slot=slot, session=session)
    mixed = data.draw(st.permutations(frames))
    whole = final_sizes(run(following(), over([frame(**row) for row in rows]))[1])
    for key, size_micros in final_sizes(run(following(), mixed)[1]).items():
        assert size_micros <= whole[key]


@given(FRAMES)
def test_increases_add_up_to_the_size(raws: list[bytes]) -> None:
    totals: dict[str, int] = {}
    for trade in run(following(), over(raws))[1]:
        key = core.group_key(trade)
        totals[key] = totals.get(key, 0) + trade.increase_micros
        assert trade.increase_micros > 0
        assert totals[key] == trade.size_micros


@given(FRAMES, st.integers(0, 15))
def test_a_restart_says_nothing_twice_and_never_too_much(raws: list[bytes], cut: int) -> None:
    _, before = run(following(), over(raws[:cut]))
    restarted = following()
    for trade in before:
        restarted = core.evolve(restarted, trade)
    _, replayed = run(restarted, over(raws[:cut], session="1-9"))
    assert replayed == []
    _, after = run(restarted, over(raws[cut:], session="1-9"))
    whole = final_sizes(run(following(), over(raws))[1])
    for key, size_micros in final_sizes([*before, *after]).items():
        assert size_micros <= whole[key]


@given(FRAMES, st.integers(1, 3))
def test_a_small_table_never_says_too_much(raws: list[bytes], groups_max: int) -> None:
    small = core.initial(groups_max=groups_max)
    for wallet in WALLETS:
        small = core.evolve(small, TargetAdded(wallet=Wallet(wallet)))
    state, said = run(small, over(raws))
    assert len(state.groups) == len(state.keys) <= groups_max
    whole = final_sizes(run(following(), over(raws))[1])
    for key, trades in itertools.groupby(sorted(said, key=core.group_key), core.group_key):
        assert sum(trade.increase_micros for trade in trades) <= whole[key]


HUGE = st.sampled_from(["1000000000000", "999999999999.999999", "400000000000", "0.000001"])


@given(st.lists(st.tuples(HUGE, st.sampled_from([1, 0.5, 0.000001])), max_size=12))
def test_whatever_is_said_fits_into_64_bits(rows: list[tuple[str, float]]) -> None:
    raws = [frame(size=size, price=price) for size, price in rows]
    said = run(following(), over(raws))[1]
    for trade in said:
        assert 0 < trade.size_micros <= LIMIT
        assert 0 <= trade.notional_micros <= LIMIT
    assert bool(said) == bool(rows)


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(["size", "price", "title", "timestamp", "asset"]), JSON))
def test_whatever_is_said_can_be_written(changes: dict[str, Any]) -> None:
    _, said = core.feed(following(), over([frame(**changes)])[0])
    for item in said:
        assert isinstance(item, Unreadable) or encode(item)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_nothing_is_said_that_happened_later_than_five_minutes_from_now(
    traded_at_s: int, received_at_ms: int
) -> None:
    one = Frame(frame(timestamp=traded_at_s), 1, "1-0", received_at_ms)
    for trade in run(following(), [one])[1]:
        assert trade.traded_at_ms <= received_at_ms + 5 * 60_000


@given(st.binary(), st.integers(1, 4))
def test_no_bytes_are_too_strange(raw: bytes, slot: int) -> None:
    core.feed(following(), over([raw], slot=slot)[0])
