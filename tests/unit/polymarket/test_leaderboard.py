"""Leaderboards of both versions of the Data API."""

import csv
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.leaderboard import (
    BoardPage,
    query_name,
    query_v1,
    query_v2,
    read_v1,
    read_v2,
)
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.control import Pool, PoolOrder, PoolPeriod
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.traders import PoolMember
from tests.support.recordings import recording

WALLET = Wallet("0x" + "ab" * 20)
POOL = Pool(
    pool_id=PoolId("x"),
    period=PoolPeriod.WEEK,
    order=PoolOrder.VOLUME,
    category="Sports",
    size=10,
)


def row_v2(**changes: Any) -> dict[str, Any]:
    return {
        "rank": 1,
        "user_id": "0x" + "aB" * 20,
        "pnl": -16688.285937550827,
        "volume": 2359645.479622,
        "user_name": "Bonereaper",
        "profile_image": "",
        "x_username": "",
        "verified": False,
    } | changes


def row_v1(**changes: Any) -> dict[str, Any]:
    return {
        "rank": "7",
        "proxyWallet": "0x" + "aB" * 20,
        "userName": "Bonereaper",
        "vol": 2.5,
        "pnl": 1,
        "profileImage": "",
        "xUsername": "",
        "verifiedBadge": False,
    } | changes


def body_v2(*rows: Any, cursor: str | None = None) -> bytes:
    pagination = {"limit": 2, "offset": 0, "has_more": bool(cursor), "next_cursor": cursor}
    return json.dumps({"data": rows, "pagination": pagination}).encode()


def page(read: BoardPage | Unreadable) -> BoardPage:
    assert isinstance(read, BoardPage)
    return read


def test_a_row_of_version_2_is_a_member() -> None:
    read = page(read_v2(body_v2(row_v2(), cursor="next")))
    assert read.rows == (
        PoolMember(
            wallet=WALLET,
            rank=1,
            pnl_micros=-16_688_285_938,
            volume_micros=2_359_645_479_622,
            name="Bonereaper",
        ),
    )
    assert (read.next_cursor, read.unreadable) == ("next", ())


def test_a_row_of_version_1_is_a_member() -> None:
    read = page(read_v1(json.dumps([row_v1()]).encode()))
    assert read.rows == (
        PoolMember(
            wallet=WALLET,
            rank=7,
            pnl_micros=1_000_000,
            volume_micros=2_500_000,
            name="Bonereaper",
        ),
    )
    assert read.next_cursor == ""


@pytest.mark.parametrize("field", ["pnl", "volume", "user_name", "rank"])
@pytest.mark.parametrize("value", [None, "x", {}, [], "1e99", "9" * 80])
def test_a_figure_that_cannot_be_read_costs_nobody_his_place(field: str, value: Any) -> None:
    read = page(read_v2(body_v2(row_v2(), row_v2(**{field: value}))))
    assert [row.wallet for row in read.rows] == [WALLET, WALLET]


def test_a_row_without_a_rank_has_its_place() -> None:
    read = page(read_v2(body_v2(row_v2(), row_v2(rank=None))))
    assert [row.rank for row in read.rows] == [1, 2]


def test_a_row_without_a_wallet_is_beside_those_that_can_be_read() -> None:
    read = page(read_v2(body_v2(row_v2(user_id="0xab"), row_v2())))
    assert len(read.rows) == 1
    assert "user_id is no address" in read.unreadable[0].reason


@pytest.mark.parametrize("body", [b"", b"[]", b"{}x", b'{"data": 3}', b"null", b'"x"'])
def test_a_body_that_is_none_of_version_2_is_unreadable(body: bytes) -> None:
    assert isinstance(read_v2(body), Unreadable)


@pytest.mark.parametrize("body", [b"", b"{}", b"3", b"[}"])
def test_a_body_that_is_none_of_version_1_is_unreadable(body: bytes) -> None:
    assert isinstance(read_v1(body), Unreadable)


def test_a_board_without_anybody_is_empty() -> None:
    assert page(read_v2(b'{"data": []}')).rows == ()
    assert page(read_v1(b"[]")).rows == ()


def test_the_questions_are_in_the_words_of_each_version() -> None:
    assert query_v2(POOL, limit=10) == {
        "time_period": "week",
        "category": "sports",
        "sort_by": "VOLUME",
        "limit": "10",
    }
    assert query_v2(POOL, limit=10, cursor="c")["cursor"] == "c"
    assert query_v1(POOL, limit=10, offset=20) == {
        "timePeriod": "WEEK",
        "category": "SPORTS",
        "orderBy": "VOL",
        "limit": "10",
        "offset": "20",
    }
    assert query_name("Bob") == {"userName": "Bob", "timePeriod": "ALL", "limit": "50"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_stranger_sends_is_read_or_refused(body: bytes) -> None:
    assert isinstance(read_v2(body), BoardPage | Unreadable)
    assert isinstance(read_v1(body), BoardPage | Unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


@given(st.sampled_from([*row_v2(), *row_v1()]), json_values)
def test_whatever_stands_in_a_field_is_read_or_refused(field: str, value: Any) -> None:
    read = page(read_v2(body_v2(row_v2(**{field: value}))))
    assert len(read.rows) + len(read.unreadable) == 1
    read = page(read_v1(json.dumps([row_v1(**{field: value})]).encode()))
    assert len(read.rows) + len(read.unreadable) == 1


def test_the_traders_of_a_recorded_day_are_all_read() -> None:
    text = recording("leaderboard/leaderboard_2026-07-02.csv.gz").decode()
    recorded = list(csv.DictReader(text.splitlines()))
    rows = [
        f'{{"rank":{row["rank_pnl"] or 0},"user_id":"{row["address"]}","pnl":{row["pnl"]},'
        f'"volume":{row["vol"]},"user_name":{json.dumps(row["username"])}}}'
        for row in recorded
    ]
    read = page(read_v2(f'{{"data":[{",".join(rows)}]}}'.encode()))
    assert len(read.rows) == len(recorded) > 100
    assert read.unreadable == ()
    for row, member in zip(recorded, read.rows, strict=True):
        assert member.name == row["username"]
        assert abs(member.pnl_micros - float(row["pnl"]) * 1e6) <= 1
