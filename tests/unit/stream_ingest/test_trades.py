"""What is said of leader trades that the activity feed brings."""

from decimal import Decimal

import pytest

from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import StrategyPaused
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import StrategyId, Wallet
from polycopy.schemas.money import LIMIT, Side
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core import settling, trades
from polycopy.stream_ingest.core.settling import SETTLED_AFTER_MS
from tests.support.recordings import json_lines
from tests.support.rtds_frames import (
    CONDITION,
    TOKEN,
    TRADED_AT_S,
    TRANSACTION,
    WALLET,
    frame,
    recorded,
)
from tests.support.teller import AT_MS, RECEIVED_AT_MS, Teller, heard, poll, row

OTHER = Wallet("0x" + "cd" * 20)


def test_a_followed_wallets_trade_is_said() -> None:
    assert Teller().feed(heard(frame())) == [
        TradeObserved(
            transaction_hash=TRANSACTION,
            wallet=WALLET,
            token_id=TOKEN,
            side=Side.BUY,
            condition_id=CONDITION,
            size_micros=10_000_000,
            increase_micros=10_000_000,
            notional_micros=5_200_000,
            price_micros=520_000,
            source="rtds.trades",
            rows=1,
            traded_at_ms=TRADED_AT_S * 1000,
            received_at_ms=RECEIVED_AT_MS,
            sent_at_ms=TRADED_AT_S * 1000 + 1_900,
            outcome="Yes",
            slug="a-market",
            title="Will it?",
        )
    ]


def test_a_stranger_says_nothing() -> None:
    teller = Teller()
    before = teller.state
    assert teller.feed(heard(frame(proxyWallet="0x" + "00" * 20))) == []
    assert teller.state is before


def test_a_wallet_is_followed_from_a_moment_on() -> None:
    """Times of trades are whole seconds: one in the second of the moment counts."""
    assert Teller(since_ms=AT_MS + 1_000).sizes(heard(frame())) == []
    assert Teller(since_ms=AT_MS + 999).sizes(heard(frame())) == [10_000_000]


def test_a_wallet_that_is_no_longer_followed_says_nothing() -> None:
    teller = Teller()
    teller.state = trades.follow(teller.state, {})
    assert teller.sizes(heard(frame())) == []


def test_rows_of_one_transaction_that_differ_in_anything_add_up() -> None:
    """Also in the millisecond in which the venue sent them."""
    rows = [heard(frame()), heard(frame(price=0.53)), heard(frame(name="else"))]
    assert Teller().sizes(*rows) == [10_000_000, 20_000_000, 30_000_000]


def test_a_frame_that_is_the_same_to_the_last_byte_counts_once_and_is_a_doubt() -> None:
    teller = Teller(asked=True)
    assert teller.sizes(heard(frame()), heard(frame())) == [10_000_000]
    assert teller.doubts == [WALLET]
    assert teller.sizes(poll(row(), row())) == [20_000_000]


def test_with_nobody_to_ask_each_frame_is_a_fill() -> None:
    assert Teller().sizes(heard(frame()), heard(frame())) == [10_000_000, 20_000_000]


def test_equal_rows_in_one_frame_are_two() -> None:
    both = b"[" + frame() + b"," + frame() + b"]"
    assert Teller().sizes(heard(both)) == [20_000_000]


def test_the_increase_is_what_the_log_does_not_hold_yet() -> None:
    teller = Teller()
    teller.feed(heard(frame(size=10, price=0.5)))
    [trade] = teller.feed(heard(frame(size=30, price=0.6)))
    assert isinstance(trade, TradeObserved)
    assert trade.size_micros == 40_000_000
    assert trade.increase_micros == 30_000_000
    assert trade.notional_micros == 23_000_000
    assert trade.price_micros == 575_000
    assert trade.rows == 2


def test_the_same_rows_over_a_second_connection_add_nothing() -> None:
    assert Teller().sizes(heard(frame()), heard(frame(), slot=2, session="2-0")) == [10_000_000]


def test_two_types_are_two_reports_of_one_trade() -> None:
    teller = Teller()
    frames = [
        heard(frame("trades", size=4)),
        heard(frame("orders_matched", size=10)),
        heard(frame("trades", size=6)),
    ]
    assert teller.sizes(*frames) == [4_000_000, 10_000_000]
    assert [group.said_micros for group in teller.state.groups.values()] == [10_000_000]


def test_the_other_type_still_tells_of_an_increase() -> None:
    teller = Teller()
    teller.feed(heard(frame("orders_matched", size=10)))
    [trade] = teller.feed(heard(frame("trades", size=12)))
    assert isinstance(trade, TradeObserved)
    assert (trade.source, trade.increase_micros) == ("rtds.trades", 2_000_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"transactionHash": "0x" + "c2" * 32, "size": 11},
        {"asset": "7"},
        {"side": "SELL"},
        {"proxyWallet": OTHER},
    ],
)
def test_what_differs_in_the_key_is_another_trade(changes: dict[str, str]) -> None:
    teller = Teller(WALLET, OTHER)
    teller.feed(heard(frame()))
    assert len(teller.sizes(heard(frame(**changes)))) == 1


def test_what_the_log_holds_is_not_said_again() -> None:
    teller = Teller()
    teller.feed(heard(frame()))
    restarted = teller.restarted()
    assert restarted.feed(heard(frame(), session="1-9")) == []
    [more] = restarted.feed(heard(frame(size=15), session="1-8"))
    assert isinstance(more, TradeObserved)
    assert (more.size_micros, more.increase_micros) == (15_000_000, 5_000_000)


def test_a_sum_cut_by_a_reconnect_is_low_and_never_double() -> None:
    before = [heard(frame(size=10)), heard(frame(size=5))]
    again = [heard(frame(size=10), session="1-9"), heard(frame(size=5), session="1-9")]
    rest = [heard(frame(size=4), session="1-9")]
    assert Teller().sizes(*before, *again) == [10_000_000, 15_000_000]
    assert Teller().sizes(*before, *rest) == [10_000_000, 15_000_000]


def test_a_row_without_a_hash_is_captured_and_the_wallet_is_looked_at() -> None:
    teller = Teller()
    before = teller.state
    assert teller.feed(heard(frame(transactionHash=None))) == []
    assert [one.reason for one in teller.unread] == ["no transaction hash"]
    assert teller.doubts == [WALLET]
    assert teller.state.groups == before.groups


def test_rows_beyond_any_real_size_are_captured_and_the_rest_is_said() -> None:
    """Each row alone is as large as a number on the wire may be."""
    raw = frame(size="1000000000000", price=1)
    teller = Teller()
    assert teller.sizes(heard(raw)) == [LIMIT]
    for one in [frame(size="1000000000000", price=0.9), frame(size="0.000001", price=0)]:
        assert teller.feed(heard(one)) == []
        assert teller.unread.pop() == Unreadable(reason="beyond any real size", raw=one)
    assert teller.sizes(heard(frame(side="SELL"))) == [10_000_000]


def test_the_table_is_bounded_and_what_it_dropped_is_looked_up() -> None:
    old = [
        heard(
            frame(transactionHash=f"0x{number:064x}", timestamp=TRADED_AT_S + number, size=number)
        )
        for number in range(1, 4)
    ]
    teller = Teller(groups_max=2)
    assert len(teller.sizes(*old)) == 3
    assert len(teller.state.groups) == 3  # Nothing is dropped as long as more may be said of it.
    for key in list(teller.state.pending):
        teller.state = settling.put_away(teller.state, key, RECEIVED_AT_MS + SETTLED_AFTER_MS)
    teller.sizes(heard(frame(transactionHash=f"0x{8:064x}")))
    assert len(teller.state.groups) == len(teller.state.keys) == 3
    assert teller.feed(heard(old[0].raw, session="1-9")) == []
    young = heard(frame(transactionHash=f"0x{9:064x}", timestamp=TRADED_AT_S + 9))
    assert teller.sizes(young) == [10_000_000]


def test_what_was_never_heard_is_said_however_old_it_is() -> None:
    teller = Teller()
    teller.state = trades.forgetful(teller.state, until_ms=AT_MS + 10_000)
    assert teller.sizes(heard(frame())) == [10_000_000]


def test_a_trade_that_is_heard_a_minute_late_is_marked() -> None:
    for late_ms, is_stale in [(60_000, False), (60_001, True)]:
        [trade] = Teller().feed(heard(frame(), at_ms=AT_MS + late_ms))
        assert isinstance(trade, TradeObserved)
        assert trade.stale is is_stale


AHEAD = "more than five minutes ahead of our clock"


@pytest.mark.parametrize(
    "timestamp", [99_999_999_999, "9999-12-31T23:59:59Z", RECEIVED_AT_MS + 300_001, 10**15 - 1]
)
def test_a_row_from_the_future_is_captured_and_neither_said_nor_remembered(
    timestamp: int | str,
) -> None:
    raw = frame(timestamp=timestamp)
    teller = Teller()
    before = teller.state
    assert teller.feed(heard(raw)) == []
    assert teller.unread == [Unreadable(reason=AHEAD, raw=raw)]
    assert teller.state is before


def test_a_venue_clock_five_minutes_ahead_is_borne() -> None:
    assert Teller().sizes(heard(frame(timestamp=RECEIVED_AT_MS + 300_000))) == [10_000_000]


def test_other_events_change_nothing() -> None:
    state = Teller().state
    event = StrategyPaused(strategy_id=StrategyId("copy"))
    new = draft(
        event,
        subject="control.strategy.copy.paused",
        origin=Origin(source="t", time_ms=0, causation_id="t"),
    )
    known = Recorded(sequence=1, subject=new.subject, envelope=new.envelope, event=event)
    assert trades.evolve(state, known) is state


def test_the_recorded_tape_is_said_by_groups() -> None:
    rows = json_lines("trades/tape_full_fields.jsonl.gz")
    teller = Teller(*{Wallet(one["wallet"].lower()) for one in rows})
    for one in rows:
        teller.feed(heard(recorded(one), at_ms=one["timestamp"] * 1000))
    expected: dict[tuple[str, ...], int] = {}
    for one in rows:
        key = (one["tx_hash"].lower(), one["wallet"].lower(), one["asset"], one["side"])
        expected[key] = expected.get(key, 0) + round(Decimal(one["size"]) * 1_000_000)
    assert len(rows) == 1_427
    groups = teller.state.groups.values()
    assert len(groups) == len(expected) == 1_424
    assert sorted(group.said_micros for group in groups) == sorted(expected.values())
