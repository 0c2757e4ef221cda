"""Which trades a frame says."""

from decimal import Decimal

import msgspec
import pytest

from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.control import StrategyPaused, TargetAdded, TargetRemoved
from polycopy.schemas.ids import StrategyId, Wallet
from polycopy.schemas.money import LIMIT, Side
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest import core
from polycopy.stream_ingest.core import DropReason, Frame, State
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

RECEIVED_AT_MS = TRADED_AT_S * 1000 + 2_000


def following(*wallets: str, groups_max: int = core.GROUPS_MAX) -> State:
    state = core.initial(groups_max=groups_max)
    for wallet in wallets or (WALLET,):
        state = core.evolve(state, TargetAdded(wallet=Wallet(wallet)))
    return state


def heard(raw: bytes, *, slot: int = 1, session: str = "1-0") -> Frame:
    return Frame(raw, slot, session, RECEIVED_AT_MS)


def sizes(said: list[TradeObserved | Unreadable]) -> list[int]:
    return [item.size_micros for item in said if isinstance(item, TradeObserved)]


def all_sizes(state: State, frames: list[Frame]) -> tuple[State, list[int]]:
    found: list[int] = []
    for one in frames:
        state, said = core.feed(state, one)
        found += sizes(said)
    return state, found


def test_a_followed_wallets_trade_is_said() -> None:
    _, said = core.feed(following(), heard(frame()))
    assert said == [
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
    state = following()
    assert core.feed(state, heard(frame(proxyWallet="0x" + "00" * 20))) == (state, [])


def test_a_wallet_is_followed_from_its_addition_to_its_removal() -> None:
    state = core.initial()
    assert core.feed(state, heard(frame()))[1] == []
    state = core.evolve(following(), TargetRemoved(wallet=WALLET))
    assert core.feed(state, heard(frame()))[1] == []
    assert core.evolve(state, TargetRemoved(wallet=WALLET)) == state


def test_equal_rows_of_one_transaction_over_one_connection_are_as_many_fills() -> None:
    _, said = all_sizes(following(), 3 * [heard(frame())])
    assert said == [10_000_000, 20_000_000, 30_000_000]


def test_the_increase_is_what_the_log_does_not_hold_yet() -> None:
    state, first = core.feed(following(), heard(frame(size=10, price=0.5)))
    _, second = core.feed(state, heard(frame(size=30, price=0.6)))
    [trade] = second
    assert isinstance(trade, TradeObserved)
    assert len(first) == 1
    assert trade.size_micros == 40_000_000
    assert trade.increase_micros == 30_000_000
    assert trade.notional_micros == 23_000_000
    assert trade.price_micros == 575_000
    assert trade.rows == 2


def test_the_same_rows_over_a_second_connection_add_nothing() -> None:
    frames = [heard(frame()), heard(frame(), slot=2, session="2-0")]
    assert all_sizes(following(), frames)[1] == [10_000_000]


def test_two_types_are_two_reports_of_one_trade() -> None:
    frames = [
        heard(frame("trades", size=4)),
        heard(frame("orders_matched", size=10)),
        heard(frame("trades", size=6)),
    ]
    state, said = all_sizes(following(), frames)
    assert said == [4_000_000, 10_000_000]
    assert [group.said_micros for group in state.groups.values()] == [10_000_000]


def test_the_other_type_still_tells_of_an_increase() -> None:
    state, _ = all_sizes(following(), [heard(frame("orders_matched", size=10))])
    _, said = core.feed(state, heard(frame("trades", size=12)))
    [trade] = said
    assert isinstance(trade, TradeObserved)
    assert (trade.source, trade.increase_micros) == ("rtds.trades", 2_000_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"transactionHash": "0x" + "c2" * 32},
        {"asset": "7"},
        {"side": "SELL"},
        {"proxyWallet": "0x" + "cd" * 20},
    ],
)
def test_what_differs_in_the_key_is_another_trade(changes: dict[str, str]) -> None:
    state = following(WALLET, "0x" + "cd" * 20)
    state, _ = core.feed(state, heard(frame()))
    _, said = core.feed(state, heard(frame(**changes)))
    assert sizes(said) == [10_000_000]


def test_what_the_log_holds_is_not_said_again() -> None:
    _, said = core.feed(following(), heard(frame()))
    [trade] = said
    assert isinstance(trade, TradeObserved)
    restarted = core.evolve(following(), trade)
    assert core.feed(restarted, heard(frame(), session="1-9"))[1] == []
    [more] = core.feed(restarted, heard(frame(size=15), session="1-9"))[1]
    assert isinstance(more, TradeObserved)
    assert (more.size_micros, more.increase_micros) == (15_000_000, 5_000_000)


def test_a_sum_cut_by_a_reconnect_is_low_and_never_double() -> None:
    before = [heard(frame(size=10)), heard(frame(size=5))]
    again = [heard(frame(size=10), session="1-9"), heard(frame(size=5), session="1-9")]
    rest = [heard(frame(size=4), session="1-9")]
    assert all_sizes(following(), [*before, *again])[1] == [10_000_000, 15_000_000]
    assert all_sizes(following(), [*before, *rest])[1] == [10_000_000, 15_000_000]


def test_a_row_that_cannot_be_used_is_captured() -> None:
    raw = frame(transactionHash=None)
    state = following()
    assert core.feed(state, heard(raw)) == (
        state,
        [Unreadable(reason="no transaction hash", raw=raw)],
    )


def test_rows_beyond_any_real_size_are_captured_and_the_rest_is_said() -> None:
    """Each row alone is as large as a number on the wire may be."""
    raw = frame(size="1000000000000", price=1)
    state, first = core.feed(following(), heard(raw))
    assert sizes(first) == [LIMIT]
    for one in [raw, frame(size="0.000001", price=0)]:
        assert core.feed(state, heard(one)) == (
            state,
            [Unreadable(reason="beyond any real size", raw=one)],
        )
    assert sizes(core.feed(state, heard(frame(side="SELL")))[1]) == [10_000_000]


def test_the_table_is_bounded_and_says_nothing_twice_for_it() -> None:
    old = [
        heard(frame(transactionHash=f"0x{number:064x}", timestamp=TRADED_AT_S + number))
        for number in range(1, 4)
    ]
    state, said = all_sizes(following(groups_max=2), old)
    assert len(said) == 3
    assert len(state.groups) == len(state.keys) == 2
    again = heard(old[0].raw, session="1-9")
    assert core.feed(state, again) == (
        state,
        [Unreadable(reason=DropReason.TOO_OLD, raw=again.raw)],
    )
    young = heard(frame(transactionHash=f"0x{9:064x}", timestamp=TRADED_AT_S + 9))
    assert sizes(core.feed(state, young)[1]) == [10_000_000]


def test_a_venue_clock_that_runs_ahead_does_not_close_the_table() -> None:
    state = following(groups_max=1)
    far = heard(frame(timestamp=TRADED_AT_S + 300, transactionHash=f"0x{1:064x}"))
    state, _ = core.feed(state, far)
    later = Frame(frame(transactionHash=f"0x{2:064x}", timestamp=TRADED_AT_S + 60), 1, "1-0", 0)
    later = msgspec.structs.replace(later, received_at_ms=RECEIVED_AT_MS + 60_000)
    state, said = core.feed(state, later)
    assert state.horizon_ms == RECEIVED_AT_MS
    newest = heard(frame(transactionHash=f"0x{3:064x}", timestamp=TRADED_AT_S + 90))
    newest = msgspec.structs.replace(newest, received_at_ms=RECEIVED_AT_MS + 90_000)
    assert len(said) == len(core.feed(state, newest)[1]) == 1


AHEAD = "more than five minutes ahead of our clock"


@pytest.mark.parametrize(
    "timestamp", [99_999_999_999, "9999-12-31T23:59:59Z", RECEIVED_AT_MS + 300_001, 10**15 - 1]
)
def test_a_row_from_the_future_is_captured_and_neither_said_nor_remembered(
    timestamp: int | str,
) -> None:
    raw = frame(timestamp=timestamp)
    state = following()
    assert core.feed(state, heard(raw)) == (state, [Unreadable(reason=AHEAD, raw=raw)])
    known, _ = core.feed(state, heard(frame()))
    assert core.feed(known, heard(raw)) == (known, [Unreadable(reason=AHEAD, raw=raw)])


def test_a_venue_clock_five_minutes_ahead_is_borne() -> None:
    raw = frame(timestamp=RECEIVED_AT_MS + 300_000)
    assert sizes(core.feed(following(), heard(raw))[1]) == [10_000_000]


def test_a_forgetful_state_says_nothing_of_what_it_forgot() -> None:
    state = core.forgetful(following(), until_ms=TRADED_AT_S * 1000)
    [refused] = core.feed(state, heard(frame()))[1]
    assert isinstance(refused, Unreadable)
    assert len(core.feed(state, heard(frame(timestamp=TRADED_AT_S + 1)))[1]) == 1


def test_other_events_change_nothing() -> None:
    state = following()
    assert core.evolve(state, StrategyPaused(strategy_id=StrategyId("copy"))) is state


def test_the_recorded_tape_is_said_by_groups() -> None:
    rows = json_lines("trades/tape_full_fields.jsonl.gz")
    state = following(*{row["wallet"].lower() for row in rows})
    state, _ = all_sizes(state, [heard(recorded(row)) for row in rows])
    expected: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = (row["tx_hash"].lower(), row["wallet"].lower(), row["asset"], row["side"])
        expected[key] = expected.get(key, 0) + round(Decimal(row["size"]) * 1_000_000)
    assert len(rows) == 1_427
    assert len(state.groups) == len(expected) == 1_424
    assert sorted(group.said_micros for group in state.groups.values()) == sorted(expected.values())
