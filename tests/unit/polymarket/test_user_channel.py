"""What the venue tells about our own orders and trades."""

import json
from pathlib import PurePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import user_channel
from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.reports import (
    OrderReport,
    OrderStatus,
    ReportKind,
    TradeReport,
    TradeStatus,
    fills,
    order_status,
    trade_status,
)
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import FillRole
from tests.support.recordings import recording

ORDER: dict[str, Any] = {
    "asset_id": "7132",
    "associate_trades": None,
    "created_at": "1703875200000",
    "event_type": "order",
    "expiration": None,
    "id": "0xAB",
    "market": "0xdd22",
    "order_type": "GTC",
    "original_size": "100.0",
    "outcome": "Yes",
    "owner": "00000000-0000-0000-0000-000000000001",
    "price": "0.5",
    "side": "BUY",
    "size_matched": "25.0",
    "status": "LIVE",
    "timestamp": "1703875200001",
    "type": "UPDATE",
}
MAKER: dict[str, Any] = {
    "asset_id": "7132",
    "matched_amount": "5",
    "order_id": "0xCD",
    "price": "0.5",
}
TRADE: dict[str, Any] = {
    "asset_id": "7132",
    "event_type": "trade",
    "id": "83b5c849",
    "maker_orders": [MAKER],
    "market": "0xdd22",
    "match_time": "1762776367",
    "price": "0.5",
    "side": "BUY",
    "size": "5",
    "status": "MATCHED",
    "taker_order_id": "0xAB",
    "trader_side": "TAKER",
}


def order(**changes: Any) -> OrderReport:
    [found] = user_channel.feed(json.dumps(ORDER | changes))
    assert isinstance(found, OrderReport), found
    return found


def trade(**changes: Any) -> TradeReport:
    [found] = user_channel.feed(json.dumps(TRADE | changes))
    assert isinstance(found, TradeReport), found
    return found


def test_an_order_is_read() -> None:
    assert order() == OrderReport(
        kind=ReportKind.UPDATE,
        venue_order_id=VenueOrderId("0xab"),
        condition_id=ConditionId("0xdd22"),
        token_id=TokenId("7132"),
        side=Side.BUY,
        status=OrderStatus.LIVE,
        status_text="LIVE",
        original_size_micros=100_000_000,
        matched_size_micros=25_000_000,
        price_micros=500_000,
        order_type="GTC",
        created_at_ms=1_703_875_200_000,
        at_ms=1_703_875_200_001,
        outcome="Yes",
        owner="00000000-0000-0000-0000-000000000001",
    )


KILLED = "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."


@pytest.mark.parametrize(("text", "kind"), [(KILLED, "FOK"), (KILLED, ""), ("CANCELED", "FOK")])
def test_empty_texts_of_a_killed_order_read_as_nothing(text: str, kind: str) -> None:
    killed = order(size_matched="", created_at="", outcome="", status=text, order_type=kind)
    assert (killed.matched_size_micros, killed.created_at_ms, killed.expires_at_ms) == (0, 0, 0)


@pytest.mark.parametrize("status", ["LIVE", "MATCHED", "CANCELED", "INVALID", "CANCELED_x", ""])
@pytest.mark.parametrize("empty", [{"size_matched": ""}, {"size_matched": None}, {}])
def test_a_size_that_is_not_told_is_not_nothing(status: str, empty: dict[str, Any]) -> None:
    told = {name: value for name, value in ORDER.items() if name != "size_matched"}
    [found] = user_channel.feed(json.dumps(told | empty | {"status": status}))
    assert isinstance(found, OrderReport)
    assert found.matched_size_micros is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LIVE", OrderStatus.LIVE),
        ("ORDER_STATUS_LIVE", OrderStatus.LIVE),
        ("ORDER_STATUS_CANCELED_MARKET_RESOLVED", OrderStatus.CANCELED),
        ("CANCELED_order couldn't be fully filled. FOK orders are", OrderStatus.CANCELED),
        ("CANCELED_EXPIRED_ORDER", OrderStatus.EXPIRED),
        ("matched", OrderStatus.MATCHED),
        ("UNMATCHED", OrderStatus.UNMATCHED),
        ("INVALID", OrderStatus.INVALID),
        ("", OrderStatus.UNKNOWN),
        ("SOMETHING_NEW", OrderStatus.UNKNOWN),
    ],
)
def test_status_words_of_orders(text: str, expected: OrderStatus) -> None:
    assert order_status(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRADE_STATUS_CONFIRMED", TradeStatus.CONFIRMED),
        ("MATCHED_NOT_BROADCASTED", TradeStatus.MATCHED),
        ("FAILED", TradeStatus.FAILED),
        ("RETRYING", TradeStatus.RETRYING),
        ("ELSE", TradeStatus.UNKNOWN),
    ],
)
def test_status_words_of_trades(text: str, expected: TradeStatus) -> None:
    assert trade_status(text) is expected


def test_every_order_of_a_trade_has_a_fill_of_its_own() -> None:
    second = MAKER | {"order_id": "0xEF", "matched_amount": "1.5", "price": "0.49"}
    seen = trade(maker_orders=[MAKER, second], trader_side="MAKER")
    assert seen.trader_side is FillRole.MAKER
    assert [(f.venue_order_id, f.size_micros, f.price_micros, f.role) for f in fills(seen)] == [
        ("0xab", 5_000_000, 500_000, FillRole.TAKER),
        ("0xcd", 5_000_000, 500_000, FillRole.MAKER),
        ("0xef", 1_500_000, 490_000, FillRole.MAKER),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Side.SELL),
        ({"asset_id": "999"}, Side.BUY),
        ({"side": "BUY"}, Side.BUY),
    ],
)
def test_the_side_of_a_maker_is_worked_out_where_it_is_missing(
    changes: dict[str, str], expected: Side
) -> None:
    [maker] = trade(maker_orders=[MAKER | changes]).maker_orders
    assert maker.side is expected


@pytest.mark.parametrize(
    ("bad", "unread"),
    [
        (7, ""),
        ({"order_id": ""}, ""),
        (MAKER | {"order_id": None}, ""),
        (MAKER | {"order_id": "0xEF", "price": "2"}, "0xef"),
        (MAKER | {"order_id": "0xEF", "matched_amount": ""}, "0xef"),
    ],
)
def test_a_maker_that_cannot_be_read_costs_no_other_part_and_is_told(
    bad: object, unread: str
) -> None:
    seen = trade(maker_orders=[bad, MAKER], trader_side="MAKER")
    assert [part.venue_order_id for part in fills(seen)] == ["0xab", "0xcd"]
    assert seen.unread_makers == (unread,)


def test_a_broken_decoration_costs_no_fill() -> None:
    changes = {"last_update": "soon", "outcome": 7.5, "owner": [], "err_msg": {}, "bucket_index": 0}
    seen = trade(**changes, match_time={}, fee_rate_bps="many")
    assert (seen.updated_at_ms, seen.matched_at_ms, seen.owner, seen.error) == (0, 0, "", "")
    assert order(created_at="soon", expiration=[], associate_trades=[7, None]).created_at_ms == 0


def test_a_trade_without_makers_or_hash_is_read() -> None:
    seen = trade(maker_orders=None, transaction_hash="")
    assert seen.maker_orders == ()
    assert seen.transaction_hash == ""


def test_the_shape_decides_where_the_event_type_is_missing() -> None:
    assert trade(event_type=None).venue_trade_id == "83b5c849"
    assert order(event_type=None).venue_order_id == "0xab"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (TRADE | {"id": ""}, "no trade id"),
        (ORDER | {"id": ""}, "no id"),
        (TRADE | {"price": "2"}, "price is above 1"),
        (TRADE | {"maker_orders": {}}, "maker_orders is no list"),
        (ORDER | {"original_size": ""}, "no original_size"),
        (ORDER | {"event_type": "news"}, "neither order nor trade: 'news'"),
        (ORDER | {"event_type": 5}, "neither order nor trade: '5'"),
    ],
)
def test_what_cannot_be_used_is_kept_with_the_reason(
    message: dict[str, Any], expected: str
) -> None:
    [found] = user_channel.feed(json.dumps(message))
    assert isinstance(found, Unreadable)
    assert found.reason == expected
    assert json.loads(found.raw)["market"] == "0xdd22"


@pytest.mark.parametrize("raw", ["", b"", "PONG", b"PONG", "[]"])
def test_frames_without_data_say_nothing(raw: str | bytes) -> None:
    assert user_channel.feed(raw) == []


def test_a_frame_may_hold_several_messages() -> None:
    found = user_channel.feed(json.dumps([ORDER, TRADE, 7]))
    assert [type(item) for item in found] == [OrderReport, TradeReport, Unreadable]


@given(st.binary() | st.text())
def test_no_bytes_are_too_strange(raw: bytes | str) -> None:
    user_channel.feed(raw)


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(
    st.sampled_from([ORDER, TRADE]),
    st.dictionaries(st.sampled_from([*ORDER, *TRADE]), JSON, max_size=4),
)
def test_no_message_is_too_strange(message: dict[str, Any], changes: dict[str, Any]) -> None:
    assert len(user_channel.feed(json.dumps(message | changes))) == 1


def test_the_subscription_holds_the_key() -> None:
    words = {"api_key": "key", "secret": "c2Vj", "passphrase": "pass"}
    credentials = ApiCredentials(address="0x1", **words)
    assert json.loads(user_channel.subscribe_message(credentials)) == {
        "type": "user",
        "auth": {"apiKey": "key", "secret": "c2Vj", "passphrase": "pass"},
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("py/ws_messages/order_cancel.json", OrderReport),
        ("py/ws_messages/order_placement.json", OrderReport),
        ("py/ws_messages/user_trade1.json", TradeReport),
        ("py/ws_messages/user_trade2.json", TradeReport),
        ("py/ws_messages/user_trade3.json", TradeReport),
        ("py/ws_messages/user_trade4.json", TradeReport),
        ("rust/ws_user_order_cancellation.json", OrderReport),
        ("rust/ws_user_order_fok_killed.json", OrderReport),
        ("rust/ws_user_order_matched.json", OrderReport),
        ("rust/ws_user_order_msg.json", OrderReport),
        ("rust/ws_user_order_placement.json", OrderReport),
        ("rust/ws_user_order_update.json", OrderReport),
        ("rust/ws_user_order_venue_cancel.json", OrderReport),
        ("rust/ws_user_trade.json", TradeReport),
        ("rust/ws_user_trade_msg.json", TradeReport),
    ],
    ids=lambda value: PurePath(value).stem if isinstance(value, str) else "",
)
def test_recorded_messages_are_read(name: str, kind: type) -> None:
    [found] = user_channel.feed(recording(f"nautilus/{name}"))
    assert type(found) is kind
    assert isinstance(found, OrderReport | TradeReport)
    assert found.status_text == json.loads(recording(f"nautilus/{name}"))["status"]
