"""Trades that nobody can read, by name, and who says that he looked at them."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId, VenueOrderId, VenueTradeId
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core.rows import Row, RowsUnread, doubt, looked_at, parts_unread, row_of
from tests.support.trading import ACCOUNT, ONE, OPENING, requested
from tests.unit.status_sync.test_reconcile import after, trade

ID = "28c4d2eb-bbea-40e7-a9f0-b2fdb56b2c2e"
RESTING = requested(order_type=OrderType.GTC, lock=10 * ONE)


def resumed(
    reason: str, *, account: str = ACCOUNT, state: TradingState = TradingState.ACTIVE
) -> TradingStateSet:
    return TradingStateSet(account=AccountId(account), state=state, operator="anna", reason=reason)


def named(raw: bytes) -> str:
    return row_of(Unreadable(reason="x", raw=raw)).name


def test_a_trade_is_called_by_the_venue_s_id_of_it() -> None:
    assert named(json.dumps({"id": ID, "price": "2"}).encode()) == ID


@pytest.mark.parametrize(
    "raw",
    [b"7", b"not json", b"{}", b'{"id": ""}', b'{"id": "a b"}', b'{"id": ["x"]}'],
)
def test_one_without_an_id_that_can_be_said_is_called_by_its_bytes(raw: bytes) -> None:
    assert len(named(raw)) == 16
    assert named(raw) != named(raw + b" ")
    assert looked_at(resumed(f"row {named(raw)}"), ACCOUNT) == {named(raw)}


@given(st.binary(max_size=60))
def test_whatever_the_row_its_name_can_be_said(raw: bytes) -> None:
    assert looked_at(resumed(f"row {named(raw)}: not ours"), ACCOUNT) == {named(raw)}


@pytest.mark.parametrize(
    "reason", [f"row {ID}", f"looked at row {ID}: all is there", f"row t1, row {ID}."]
)
def test_who_resumes_the_account_and_names_a_row_has_looked_at_it(reason: str) -> None:
    assert ID in looked_at(resumed(reason), ACCOUNT)


@pytest.mark.parametrize(
    "said",
    [
        resumed(""),
        resumed("all is well"),
        resumed(ID),
        resumed(f"row {ID}", account=""),
        resumed(f"row {ID}", account="other"),
        resumed(f"row {ID}", state=TradingState.HALTED),
        resumed(f"row {ID}", state=TradingState.REDUCING),
    ],
    ids=["nothing", "no row", "no word", "all accounts", "another account", "halted", "reducing"],
)
def test_no_other_word_makes_a_row_looked_at(said: TradingStateSet) -> None:
    assert looked_at(said, ACCOUNT) == frozenset()


def test_a_part_of_a_name_names_nothing() -> None:
    assert ID not in looked_at(resumed(f"row {ID[:-1]}, row {ID}0"), ACCOUNT)


def test_what_is_in_doubt_is_named_in_one_line() -> None:
    rows = [Row(name=f"t{number}", why="no price") for number in range(7)]

    assert doubt("trades", []) == ""
    assert str(RowsUnread("trades", rows)) == (
        "7 trades that may be ours could not be read: "
        "row t0, row t1, row t2, row t3, row t4 (no price)"
    )


@pytest.mark.parametrize(("maker", "ours"), [("", True), ("0xa", True), ("0xz", False)])
def test_a_part_that_cannot_be_read_may_be_ours(maker: str, *, ours: bool) -> None:
    spoilt = msgspec.structs.replace(
        trade(taker="z"),
        venue_trade_id=VenueTradeId(ID),
        unread_makers=(VenueOrderId(maker),),
    )

    rows = parts_unread(after(*OPENING, RESTING).account, [spoilt])

    assert [row.name for row in rows] == ([ID] if ours else [])
