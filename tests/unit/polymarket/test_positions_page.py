"""Positions, trades and resolutions as the Data API writes them in both versions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.data_page import DataPage
from polycopy.polymarket.market_of_token import MarketOfToken, parse_market_of_token
from polycopy.polymarket.positions_page import (
    PositionRow,
    TradeRow,
    parse_closed,
    parse_held,
    parse_trades,
)
from polycopy.polymarket.resolutions import Resolution, parse_resolutions
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash
from polycopy.schemas.money import Side
from tests.support.recordings import recording

CONDITION = ConditionId("0x" + "ab" * 32)
HASH = TransactionHash("0x" + "c1" * 32)
PARSERS: list[Callable[[bytes], object]] = [
    parse_held,
    parse_closed,
    parse_trades,
    parse_resolutions,
    parse_market_of_token,
]
SECOND: dict[str, Any] = {
    "token_id": "11",
    "condition_id": CONDITION,
    "current_size": 30,
    "avg_price": 0.4,
    "entry_cost_usdc": 12,
    "total_size": 100,
    "realized_pnl": 7.5,
    "unrealized_pnl": -12,
    "redeemable": True,
    "last_event_at": 1_795_000_000,
    "end_date": "2026-12-01",
    "name": "anna",
}
FIRST: dict[str, Any] = {
    "asset": "11",
    "conditionId": CONDITION,
    "size": 30,
    "avgPrice": 0.4,
    "initialValue": 12,
    "totalBought": 100,
    "realizedPnl": 7.5,
    "cashPnl": -12,
    "redeemable": True,
    "endDate": "2026-12-01",
}
HELD = PositionRow(
    token_id=TokenId("11"),
    condition_id=CONDITION,
    bought_micros=100_000_000,
    entry_price_micros=400_000,
    cost_micros=40_000_000,
    gain_micros=-4_500_000,
    over=True,
    held=True,
    last_event_ms=1_795_000_000_000,
    ends_at_ms=1_796_083_200_000,
    name="anna",
)
TRADE: dict[str, Any] = {
    "transaction_hash": HASH,
    "token_id": "11",
    "condition_id": CONDITION,
    "side": "SELL",
    "size": 10,
    "price": 0.3,
    "usdc_size": 2.9,
    "timestamp": 1_795_000_000,
    "name": "anna",
}


def second(*rows: Any, cursor: str | None = None) -> bytes:
    return json.dumps({"data": list(rows), "pagination": {"next_cursor": cursor}}).encode()


def first(*rows: Any) -> bytes:
    return json.dumps(list(rows)).encode()


def test_both_versions_tell_the_same_of_what_is_held() -> None:
    read = parse_held(second(SECOND, cursor="more"))

    assert read == DataPage(rows=(HELD,), told=1, next_cursor="more")
    old = parse_held(first(FIRST))
    assert isinstance(old, DataPage)
    (row,) = old.rows
    assert (row.cost_micros, row.gain_micros, row.over) == (40_000_000, -4_500_000, True)
    assert (row.last_event_ms, row.ends_at_ms) == (0, HELD.ends_at_ms)


def test_what_is_gone_is_over_and_has_nothing_left() -> None:
    gone = {**SECOND, "current_size": 0.02, "redeemable": False, "unrealized_pnl": 5}
    read = parse_closed(second(gone))

    assert isinstance(read, DataPage)
    (row,) = read.rows
    assert (row.over, row.held, row.gain_micros) == (True, False, 7_500_000)
    old = parse_closed(first({**FIRST, "timestamp": 1_795_000_000}))
    assert isinstance(old, DataPage)
    assert old.rows[0].last_event_ms == 1_795_000_000_000


def test_what_is_held_in_an_open_market_is_not_over() -> None:
    read = parse_held(second({**SECOND, "redeemable": False}))

    assert isinstance(read, DataPage)
    assert not read.rows[0].over


def test_nothing_held_costs_its_average_price() -> None:
    read = parse_held(first({**FIRST, "size": 0, "initialValue": 0}))

    assert isinstance(read, DataPage)
    assert read.rows[0].cost_micros == 40_000_000


def test_nothing_loses_more_than_it_cost() -> None:
    """What the API rounds may say so."""
    read = parse_held(second({**SECOND, "realized_pnl": -30, "unrealized_pnl": -12}))

    assert isinstance(read, DataPage)
    assert read.rows[0].cost_micros == 42_000_000


@pytest.mark.parametrize("changes", [{"total_size": 10**9, "avg_price": 1}, {"realized_pnl": 1e9}])
def test_amounts_that_nobody_has_are_unreadable(changes: dict[str, Any]) -> None:
    read = parse_closed(second({**SECOND, **changes}, SECOND))

    assert isinstance(read, DataPage)
    assert (len(read.rows), len(read.unreadable), read.told) == (1, 1, 2)


def test_a_trade_is_read_in_both_versions() -> None:
    expected = TradeRow(
        transaction_hash=HASH,
        token_id=TokenId("11"),
        condition_id=CONDITION,
        side=Side.SELL,
        size_micros=10_000_000,
        notional_micros=2_900_000,
        traded_at_ms=1_795_000_000_000,
        name="anna",
    )
    old = {
        **{name: TRADE[name] for name in ("side", "size", "price", "timestamp", "name")},
        "transactionHash": HASH,
        "asset": "11",
        "conditionId": CONDITION,
        "usdcSize": 2.9,
    }

    assert parse_trades(second(TRADE)) == DataPage(rows=(expected,), told=1)
    assert parse_trades(first(old)) == DataPage(rows=(expected,), told=1)


def test_dollars_that_are_not_told_are_size_times_price() -> None:
    read = parse_trades(second({**TRADE, "usdc_size": None}))

    assert isinstance(read, DataPage)
    assert read.rows[0].notional_micros == 3_000_000


def test_a_trade_without_a_hash_or_of_too_much_is_unreadable() -> None:
    read = parse_trades(
        second({**TRADE, "transaction_hash": ""}, {**TRADE, "usdc_size": 10**9}, TRADE)
    )

    assert isinstance(read, DataPage)
    assert (len(read.rows), len(read.unreadable)) == (1, 2)


RESOLVED: dict[str, Any] = {
    "condition_id": CONDITION,
    "status": "resolved",
    "payouts": [1_000_000, 0],
    "resolved_at": "2026-12-01T12:00:00Z",
    "last_update_timestamp": "2026-12-02T12:00:00Z",
}


def test_a_resolution_tells_what_shares_pay() -> None:
    posed = {
        "condition_id": CONDITION,
        "status": "posed",
        "payouts": [9],
        "last_update_timestamp": 1,
    }
    even = {**RESOLVED, "payouts": [500_000, 500_000]}
    read = parse_resolutions(second(RESOLVED, posed, even))

    assert isinstance(read, DataPage)
    assert read.rows[0] == Resolution(
        condition_id=CONDITION,
        status="resolved",
        payouts_micros=(1_000_000, 0),
        resolved_at_ms=1_796_126_400_000,
    )
    assert [row.payouts_micros for row in read.rows[1:]] == [(), (500_000, 500_000)]


def test_a_resolution_without_payouts_has_none_and_a_wrong_sum_is_unreadable() -> None:
    read = parse_resolutions(
        second({**RESOLVED, "payouts": None}, {**RESOLVED, "payouts": [1_000_000, 1]})
    )

    assert isinstance(read, DataPage)
    assert [row.payouts_micros for row in read.rows] == [()]
    assert [fault.reason for fault in read.unreadable] == ["payouts add up to 1000001 micros"]


def test_a_token_belongs_to_a_market() -> None:
    body = {"condition_id": CONDITION, "primary_token_id": "11", "secondary_token_id": "22"}

    assert parse_market_of_token(json.dumps(body).encode()) == MarketOfToken(
        condition_id=CONDITION, tokens=(TokenId("11"), TokenId("22"))
    )
    assert isinstance(parse_market_of_token(b"{}"), Unreadable)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("body", [b"", b"{}", b"7", b"[", b'{"data":null}', b'{"data":7}'])
def test_what_is_no_page_is_unreadable(parse: Callable[[bytes], object], body: bytes) -> None:
    assert isinstance(parse(body), Unreadable)


@pytest.mark.parametrize("parse", PARSERS)
@given(body=st.binary(max_size=40))
def test_whatever_bytes_come_nothing_is_raised(
    parse: Callable[[bytes], object], body: bytes
) -> None:
    parse(body)


@pytest.mark.parametrize("parse", PARSERS)
@given(
    changes=st.dictionaries(
        st.sampled_from(sorted({*SECOND, *FIRST, *TRADE, *RESOLVED})),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(),
    )
)
def test_whatever_a_row_holds_the_page_is_read(
    parse: Callable[[bytes], object], changes: dict[str, Any]
) -> None:
    row = {**SECOND, **FIRST, **TRADE, **RESOLVED, **changes}
    read = parse(json.dumps({"data": [row]}).encode())

    assert isinstance(read, Unreadable) or (
        isinstance(read, DataPage) and len(read.rows) + len(read.unreadable) == 1
    )


def test_recorded_positions_are_read() -> None:
    read = parse_held(recording("rest_nexiumito/data_api_positions_sample.json"))

    assert isinstance(read, DataPage)
    assert (len(read.rows), read.unreadable) == (50, ())
    over = [row for row in read.rows if row.over]
    assert sum(row.gain_micros > 0 for row in over) == 2
    assert all(row.cost_micros + row.gain_micros >= 0 for row in read.rows)


def test_recorded_activity_is_read() -> None:
    read = parse_trades(recording("rest_nexiumito/activity_sample.json.gz"))

    assert isinstance(read, DataPage)
    assert len(read.rows) + len(read.unreadable) == 100
    assert all(row.notional_micros <= row.size_micros for row in read.rows)
