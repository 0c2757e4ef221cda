"""Laws: whatever the sources lose, repeat and reorder, a size is right or low, never double, and
right as soon as one source brought everything.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.event import encode
from polycopy.schemas.ids import TransactionHash, Wallet
from polycopy.schemas.money import LIMIT, Side, decimal_text
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core import groups, trades
from polycopy.stream_ingest.core.reports import Frame, Report
from polycopy.stream_ingest.core.trades import Said
from tests.support.rtds_frames import TRADED_AT_S, frame
from tests.support.teller import (
    AT_MS,
    RECEIVED_AT_MS,
    Teller,
    final_sizes,
    heard,
    knowing,
    logs,
    poll,
    row,
)

WALLETS = [Wallet("0x" + "ab" * 20), Wallet("0x" + "cd" * 20)]


def rows_of(sizes_a_transaction: int) -> st.SearchStrategy[LeaderRow]:
    """Of four transactions. Where there are no more sizes than that, they share none: no trade is
    like another one."""
    return st.builds(
        lambda wallet, number, side, size: row(
            wallet=wallet,
            transaction_hash=TransactionHash(f"0x{number:064x}"),
            side=side,
            size_micros=(size + number * sizes_a_transaction) * 1_000_000,
        ),
        st.sampled_from([*WALLETS, Wallet("0x" + "00" * 20)]),
        st.integers(0, 3),
        st.sampled_from(Side),
        st.integers(1, 2),
    )


TRUTH = st.lists(rows_of(2), max_size=6)
"""What happened: equal rows are fills of their own."""
ALIKE = st.lists(rows_of(0), max_size=6)
"""The same, with trades that are like others."""


def on_the_socket(
    rows: Sequence[LeaderRow], *, slot: int = 1, session: str = "a", kind: str = "trades"
) -> list[Frame]:
    """Each row in a frame of its own, sent a millisecond after the one before."""
    return [
        heard(_frame(one, kind, number), slot=slot, session=session)
        for number, one in enumerate(rows)
    ]


def truly(rows: Sequence[LeaderRow]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for one in rows:
        if one.wallet in WALLETS:
            key = groups.key_of(one)
            sizes[key] = sizes.get(key, 0) + one.size_micros
    return sizes


def some(data: st.DataObject, items: Sequence[Any]) -> list[Any]:
    """Some of them, some of those twice, in any order."""
    if not items:
        return []
    picked = data.draw(st.lists(st.integers(0, len(items) - 1), max_size=2 * len(items)))
    return [items[place] for place in picked]


@given(TRUTH, st.data())
def test_one_source_that_brings_everything_is_enough(
    rows: list[LeaderRow], data: st.DataObject
) -> None:
    """Beside it others bring what they like."""
    ways: list[list[Frame | Report]] = [
        [*data.draw(st.permutations(on_the_socket(rows)))],
        [poll(*rows, walk="whole")],
        [logs(*data.draw(st.permutations(_placed(rows))))],
    ]
    whole = data.draw(st.sampled_from(ways))
    others = data.draw(st.permutations(_parts(rows, data)))
    items = data.draw(st.permutations([*whole, *others]))
    teller = _teller()
    said = teller.feed(*items)
    assert final_sizes(said) == truly(rows)
    _adds_up(said)


@given(TRUTH, st.data())
def test_nothing_is_ever_said_to_be_larger_than_it_is(
    rows: list[LeaderRow], data: st.DataObject
) -> None:
    teller = _teller()
    said = teller.feed(*data.draw(st.permutations(_parts(rows, data))))
    truth = truly(rows)
    assert all(size <= truth[key] for key, size in final_sizes(said).items())
    _adds_up(said)


@given(TRUTH, st.data(), st.integers(0, 20))
def test_a_restart_changes_nothing(rows: list[LeaderRow], data: st.DataObject, cut: int) -> None:
    teller = _teller()
    items = data.draw(st.permutations(_parts(rows, data)))
    before = teller.feed(*items[:cut])
    restarted = teller.restarted(groups_max=data.draw(st.sampled_from([2, 1_000])))
    restarted.state = knowing(restarted.state)
    again = restarted.feed(*[_renamed(item) for item in items[:cut]])
    after = restarted.feed(*items[cut:], poll(*rows, walk="whole"))
    assert again == []
    assert final_sizes([*before, *after]) == truly(rows)
    _adds_up([*before, *after])


@given(TRUTH, st.data())
def test_two_side_by_side_say_what_one_says(rows: list[LeaderRow], data: st.DataObject) -> None:
    one = _teller()
    other = _teller()
    other.log = one.log
    items = [*_parts(rows, data), poll(*rows, walk="whole")]
    for teller, item in data.draw(
        st.permutations([(teller, item) for teller in (one, other) for item in items])
    ):
        teller.feed(item)
    said = [recorded.event for recorded in one.log]
    assert final_sizes(said) == truly(rows)  # type: ignore[arg-type]
    _adds_up(said)  # type: ignore[arg-type]


@given(TRUTH, st.data(), st.integers(1, 4))
def test_a_small_table_is_as_good_as_a_large_one(
    rows: list[LeaderRow], data: st.DataObject, groups_max: int
) -> None:
    small = Teller(*WALLETS, groups_max=groups_max, asked=True)
    small.state = knowing(small.state)
    said = small.feed(*_parts(rows, data), *on_the_socket(rows, session="z"))
    assert len(small.state.groups) == len(small.state.keys)
    truth = truly(rows)
    assert final_sizes(said).keys() == truth.keys()
    assert all(size <= truth[key] for key, size in final_sizes(said).items())
    _adds_up(said)


@given(ALIKE, st.data())
def test_with_the_last_word_on_every_trade_is_said_once_it_is_confirmed(
    rows: list[LeaderRow], data: st.DataObject
) -> None:
    """However alike the trades are: what the chain or the Data API has stands by itself."""
    teller = Teller(*WALLETS, asked=True)
    teller.state = knowing(teller.state)
    said = teller.feed(*data.draw(st.permutations(_parts(rows, data))))
    said += teller.feed(poll(*rows, walk="whole"))
    said += teller.tick(RECEIVED_AT_MS + 1_000)
    assert final_sizes(said) == truly(rows)
    assert all(isinstance(event, TradeObserved) for event in said)


HUGE = st.sampled_from(["1000000000000", "999999999999.999999", "400000000000", "0.000001"])


@given(st.lists(st.tuples(HUGE, st.sampled_from([1, 0.5, 0.000001])), max_size=12))
def test_whatever_is_said_fits_into_64_bits(rows: list[tuple[str, float]]) -> None:
    raws = [frame(size=size, price=price) for size, price in rows]
    said = Teller(*WALLETS).feed(*map(heard, raws))
    for trade in said:
        assert isinstance(trade, TradeObserved)
        assert 0 < trade.size_micros <= LIMIT
        assert 0 <= trade.notional_micros <= LIMIT
    assert bool(said) == bool(rows)


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(["size", "price", "title", "timestamp", "asset"]), JSON))
def test_whatever_is_said_can_be_written(changes: dict[str, Any]) -> None:
    teller = Teller(*WALLETS)
    for item in teller.feed(heard(frame(**changes))):
        assert encode(item)
    assert all(isinstance(one, Unreadable) for one in teller.unread)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_nothing_is_said_that_happened_later_than_five_minutes_from_now(
    traded_at_s: int, received_at_ms: int
) -> None:
    one = Frame(frame(timestamp=traded_at_s), 1, "1-0", received_at_ms)
    for trade in Teller(*WALLETS).feed(one):
        assert isinstance(trade, TradeObserved)
        assert trade.traded_at_ms <= received_at_ms + 5 * 60_000


@given(st.binary(), st.integers(1, 4))
def test_no_bytes_are_too_strange(raw: bytes, slot: int) -> None:
    Teller(*WALLETS).feed(heard(raw, slot=slot))


def _teller() -> Teller:
    teller = Teller(*WALLETS, asked=True)
    teller.state = knowing(teller.state)
    return teller


def _parts(rows: Sequence[LeaderRow], data: st.DataObject) -> list[Frame | Report]:
    """What two connections, three walks and two chain sessions bring of it."""
    items: list[Frame | Report] = []
    for slot, session, kind in [(1, "b", "trades"), (2, "c", "trades"), (1, "b", "orders_matched")]:
        items += some(data, on_the_socket(rows, slot=slot, session=session, kind=kind))
    for walk in ("1", "2"):
        items.append(poll(*rows[: data.draw(st.integers(0, len(rows)))], walk=walk))
    for session in ("d", "e"):
        items += [logs(one, session=session) for one in some(data, _placed(rows))]
    return items


def _placed(rows: Sequence[LeaderRow]) -> list[LeaderRow]:
    return [msgspec.structs.replace(one, place=str(at)) for at, one in enumerate(rows)]


def _renamed(item: Frame | Report) -> Frame | Report:
    """The same rows over another connection."""
    if isinstance(item, Frame):
        return msgspec.structs.replace(item, session=f"{item.session}'")
    return msgspec.structs.replace(item, session=f"{item.session}'")


def _frame(one: LeaderRow, kind: str, number: int) -> bytes:
    return frame(
        kind,
        proxyWallet=one.wallet,
        transactionHash=one.transaction_hash,
        side=one.side.value,
        size=float(decimal_text(one.size_micros)),
        timestamp=TRADED_AT_S,
        name=f"row {number}",
    )


def _adds_up(said: Sequence[Said]) -> None:
    for _, told in itertools.groupby(sorted(said, key=trades.key_of), trades.key_of):
        events = [event for event in told if isinstance(event, TradeObserved)]
        assert all(event.increase_micros > 0 for event in events)
        assert sum(event.increase_micros for event in events) == max(
            event.size_micros for event in events
        )


assert AT_MS < RECEIVED_AT_MS
